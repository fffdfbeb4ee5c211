INSERT INTO managed_host (seq, address, removed, at, document) VALUES ($1, $2, $3, $4, $5)
