SELECT
    o.coverage,
    o.noted,
    o.at,
    o.look,
    o.document,
    s.at AS seen_at,
    a.document AS asset_document
FROM observation AS o
JOIN asset AS a ON a.id = o.asset
LEFT JOIN seen AS s
    ON s.asset = o.asset AND s.standing = o.standing
    AND s.sensor = o.sensor AND s.coverage = o.coverage
WHERE
    o.asset = $1 AND o.standing = $2
    AND (o.sensor = $3 OR (CAST($3 AS TEXT) IS NULL AND o.sensor <> 'advisories'))
ORDER BY o.seq DESC
LIMIT 1
