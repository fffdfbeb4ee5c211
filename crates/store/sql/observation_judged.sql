-- The looks of which packages are kept, and what feeds said of those since; what scanners report is
-- judged by no index.
SELECT o.document, s.at AS seen_at
FROM observation AS o
JOIN asset_set AS u
    ON u.asset = o.asset AND u.standing = o.standing
    AND u.sensor = o.sensor AND u.coverage = o.coverage
LEFT JOIN seen AS s
    ON s.asset = o.asset AND s.standing = o.standing
    AND s.sensor = o.sensor AND s.coverage = o.coverage
WHERE o.sensor NOT LIKE 'import:%'
ORDER BY o.asset, o.standing, o.sensor, o.coverage
