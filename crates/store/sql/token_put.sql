INSERT INTO token (hash, name, issued) VALUES ($1, $2, $3)
