SELECT seq, last, once, kind, account, subject, body, state, unsure, attempts, at, receipt
FROM tell
WHERE
    (CAST($1 AS TEXT) IS NULL OR subject = $1)
    AND (CAST($2 AS BIGINT) = 0 OR state < 3)
    AND seq < $3
ORDER BY seq DESC
LIMIT $4
