-- Every case to which nobody has given an answer; there is no limit, as what they cite must stay.
SELECT s.document
FROM case_step AS s
WHERE
    s.answer IS NULL
    AND s.seq = (SELECT MAX(later.seq) FROM case_step AS later WHERE later.id = s.id)
    AND NOT EXISTS (
        SELECT 1
        FROM case_replaced AS r
        JOIN case_step AS b ON b.seq = r.seq
        WHERE r.id = s.id
    )
