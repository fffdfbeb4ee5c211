-- A finding that was seen in the look that its asset's later looks repeated unchanged was seen
-- again in each of them.
SELECT
    f.document,
    (
        SELECT MAX(s.at)
        FROM observation AS o
        JOIN seen AS s
            ON s.asset = o.asset AND s.standing = o.standing
            AND s.sensor = o.sensor AND s.coverage = o.coverage
        WHERE o.asset = f.asset AND o.standing = f.standing AND o.at = f.last_seen
    ) AS seen_at
FROM finding AS f
WHERE
    f.asset = $1
    AND (CAST($2 AS BIGINT) IS NULL OR f.standing = $2)
    AND (CAST($3 AS BIGINT) IS NULL OR f.kind = $3)
    AND f.state <= $4
ORDER BY f.key, f.standing
