INSERT INTO component (
    set_number,
    position,
    ecosystem,
    name,
    version,
    path,
    line,
    col
)
SELECT
    $1,
    r.position,
    r.ecosystem,
    r.name,
    r.version,
    r.path,
    r.line,
    r.col
FROM json_to_recordset(CAST($2 AS JSON)) AS r (
    position BIGINT,
    ecosystem TEXT,
    name TEXT,
    version TEXT,
    path TEXT,
    line BIGINT,
    col BIGINT
)
