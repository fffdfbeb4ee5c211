SELECT o.look, s.digest
FROM observation AS o
JOIN asset_set AS s
    ON s.asset = o.asset AND s.standing = o.standing
    AND s.sensor = o.sensor AND s.coverage = o.coverage
WHERE o.asset = $1 AND o.standing = $2 AND o.sensor = $3 AND o.coverage = $4
