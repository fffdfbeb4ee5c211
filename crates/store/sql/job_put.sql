INSERT INTO job (seq, body, next_at, lease_until, attempts) VALUES ($1, $2, $3, NULL, 0)
