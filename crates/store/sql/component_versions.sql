-- From one version to the next, so that the number of sets does not matter.
WITH RECURSIVE v (version) AS (
    SELECT MIN(c.version) FROM component AS c WHERE c.name = $2 AND c.ecosystem = $1
    UNION ALL
    SELECT (
        SELECT MIN(c.version) FROM component AS c
        WHERE c.name = $2 AND c.ecosystem = $1 AND c.version > v.version
    )
    FROM v
    WHERE v.version IS NOT NULL
)

SELECT version FROM v WHERE version IS NOT NULL ORDER BY version
