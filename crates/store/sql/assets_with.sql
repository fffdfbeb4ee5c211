SELECT DISTINCT u.asset, u.standing, c.version, c.path, c.line, c.col
FROM component AS c
JOIN component_set AS s ON s.number = c.set_number
JOIN asset_set AS u ON u.digest = s.digest
WHERE c.name = $2 AND c.ecosystem = $1
ORDER BY u.asset, u.standing, c.path, c.line, c.col, c.version
