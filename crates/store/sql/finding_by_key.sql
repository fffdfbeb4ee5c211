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
WHERE f.key = $1
ORDER BY f.standing
