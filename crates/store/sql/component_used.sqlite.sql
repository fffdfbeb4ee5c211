-- Which of these names other assets have, and how many of them, as far as anybody asks.
SELECT
    n.name,
    n.assets
FROM (
    SELECT
        r.value AS name,
        (
            SELECT COUNT(*)
            FROM (
                SELECT DISTINCT u.asset
                FROM component AS c
                JOIN component_set AS s ON s.number = c.set_number
                JOIN asset_set AS u ON u.digest = s.digest
                WHERE c.name = r.value AND c.ecosystem = $1 AND u.asset <> $2
                LIMIT $3
            ) AS a
        ) AS assets
    FROM json_each($4) AS r
) AS n
WHERE n.assets > 0
ORDER BY n.name
