INSERT INTO tell (
    seq, last, once, kind, account, subject, body, state, unsure, attempts, at, receipt
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
