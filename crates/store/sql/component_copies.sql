SELECT
    s.number,
    s.digest,
    c.path,
    c.line,
    c.col,
    (SELECT COUNT(*) FROM asset_set AS u WHERE u.digest = s.digest) AS held
FROM component AS c
JOIN component_set AS s ON s.number = c.set_number
WHERE c.name = $1 AND c.package = $2
ORDER BY s.number, c.path, c.line, c.col
