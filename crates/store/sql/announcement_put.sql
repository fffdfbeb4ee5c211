INSERT INTO announcement (seq, of_seq, noted, document) VALUES ($1, $2, $3, $4)
