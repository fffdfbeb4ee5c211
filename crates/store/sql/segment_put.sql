-- `noted` is when it was last referred to.
INSERT INTO segment (digest, noted, bytes) VALUES ($1, $2, $3)
ON CONFLICT (digest) DO UPDATE SET noted = excluded.noted WHERE segment.noted < excluded.noted
