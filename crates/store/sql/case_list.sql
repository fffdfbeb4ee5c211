SELECT s.seq, s.document
FROM case_step AS s
WHERE
    s.last_at >= $1
    AND (CAST($2 AS BIGINT) = 0 OR s.answer IS NULL)
    AND (CAST($3 AS TEXT) IS NULL OR s.owner = $3)
    AND s.seq = (SELECT MAX(later.seq) FROM case_step AS later WHERE later.id = s.id)
    AND NOT EXISTS (
        SELECT 1
        FROM case_replaced AS r
        JOIN case_step AS b ON b.seq = r.seq
        WHERE r.id = s.id
    )
ORDER BY s.last_at DESC, s.seq DESC
LIMIT $4
