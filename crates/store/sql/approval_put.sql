INSERT INTO approval (seq, plan, who, yes, at, document) VALUES ($1, $2, $3, $4, $5, $6)
