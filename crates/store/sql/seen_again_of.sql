-- What was seen of one asset in the look at `at` was seen again at `seen_at`: its later looks repeated
-- it unchanged.
SELECT o.asset, o.standing, o.at, MAX(s.at) AS seen_at
FROM observation AS o
JOIN seen AS s
    ON s.asset = o.asset AND s.standing = o.standing
    AND s.sensor = o.sensor AND s.coverage = o.coverage
WHERE o.asset = $1
GROUP BY o.asset, o.standing, o.at
