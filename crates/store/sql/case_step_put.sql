INSERT INTO case_step (seq, id, first_at, last_at, severity, owner, answer, document)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
