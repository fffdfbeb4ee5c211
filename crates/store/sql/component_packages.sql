-- From one package to the next, so that the number of sets does not matter: by the name of the source
-- package, where there is one, and by the package's own.
WITH RECURSIVE s (package) AS (
    SELECT MIN(c.package) FROM component AS c WHERE c.name = $1
    UNION ALL
    SELECT (
        SELECT MIN(c.package) FROM component AS c
        WHERE c.name = $1 AND c.package > s.package
    )
    FROM s
    WHERE s.package IS NOT NULL
),

o (package) AS (
    SELECT MIN(c.package) FROM component AS c WHERE c.own_name = $1 AND c.own_name <> ''
    UNION ALL
    SELECT (
        SELECT MIN(c.package) FROM component AS c
        WHERE c.own_name = $1 AND c.own_name <> '' AND c.package > o.package
    )
    FROM o
    WHERE o.package IS NOT NULL
)

SELECT package FROM s WHERE package IS NOT NULL
UNION
SELECT package FROM o WHERE package IS NOT NULL
ORDER BY package
