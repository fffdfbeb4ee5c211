-- One row for each copy of an asset: a document is one line, and 10,000 rows would cost more on
-- their way through the driver than all else.
SELECT
    asset,
    standing,
    string_agg(document, '
') AS documents
FROM finding
WHERE
    (CAST($1 AS TEXT) IS NULL OR asset = $1)
    AND (CAST($2 AS BIGINT) IS NULL OR standing = $2)
    AND (CAST($3 AS BIGINT) IS NULL OR kind = $3)
    AND state <= $4
GROUP BY asset, standing
