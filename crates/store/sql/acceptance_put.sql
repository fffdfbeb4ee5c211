INSERT INTO acceptance (seq, covers, subject, until, document) VALUES ($1, $2, $3, $4, $5)
