-- Of a set that more hold than are named.
SELECT string_agg(h.holder, '
') AS holders
FROM (
    SELECT u.holder
    FROM asset_set AS u
    JOIN component_set AS s ON s.digest = u.digest
    WHERE s.number = $1
    ORDER BY u.holder
    LIMIT $2
) AS h
