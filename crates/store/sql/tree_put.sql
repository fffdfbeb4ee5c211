INSERT INTO tree (one, size, peaks) VALUES (1, $1, $2)
ON CONFLICT (one) DO UPDATE SET size = excluded.size, peaks = excluded.peaks
