INSERT INTO event_segment (seq, kind, from_at, to_at, records, digest)
VALUES ($1, $2, $3, $4, $5, $6)
