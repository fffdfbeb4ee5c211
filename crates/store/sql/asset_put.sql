INSERT INTO asset (id, seq, document) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, document = excluded.document
WHERE asset.document <> excluded.document
