SELECT o.document, s.at AS seen_at
FROM observation AS o
LEFT JOIN seen AS s
    ON s.asset = o.asset AND s.standing = o.standing
    AND s.sensor = o.sensor AND s.coverage = o.coverage
WHERE
    o.seq = (
        SELECT MAX(later.seq)
        FROM observation AS later
        WHERE
            later.asset = o.asset AND later.standing = o.standing
            AND later.sensor <> 'advisories'
    )
ORDER BY o.asset, o.standing
