INSERT INTO migration (number, name, noted) VALUES ($1, $2, $3)
