INSERT INTO link (hash, name, until) VALUES ($1, $2, $3)
