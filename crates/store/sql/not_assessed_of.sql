SELECT document
FROM not_assessed
WHERE
    (CAST($1 AS TEXT) IS NULL OR asset = $1)
    AND (CAST($2 AS BIGINT) IS NULL OR standing = $2)
ORDER BY asset, standing, sensor, key
