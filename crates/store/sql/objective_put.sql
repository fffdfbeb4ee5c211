INSERT INTO objective (seq, name, verdict, at, document) VALUES ($1, $2, $3, $4, $5)
