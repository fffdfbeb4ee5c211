INSERT INTO tile (number, hash) VALUES ($1, $2)
