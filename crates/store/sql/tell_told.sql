UPDATE tell SET
    last = $2,
    state = $3,
    unsure = CASE WHEN $4 = 1 THEN 1 ELSE unsure END,
    at = $5,
    receipt = COALESCE($6, receipt)
WHERE seq = $1
