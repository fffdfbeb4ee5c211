INSERT INTO checkpoint (size, noted, note) VALUES ($1, $2, $3)
