-- One row for each set: thousands of rows would cost more on their way through the driver than all
-- else.
SELECT
    s.number,
    (SELECT string_agg(u.holder, '
') FROM asset_set AS u WHERE u.digest = s.digest) AS holders
FROM component_set AS s
WHERE
    s.number IN (
        SELECT c.set_number FROM component AS c
        WHERE
            c.name = $1 AND c.package = $2
            AND c.set_number BETWEEN $3 AND $4
    )
ORDER BY s.number
