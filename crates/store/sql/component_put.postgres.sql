INSERT INTO component (
    set_number,
    position,
    ecosystem,
    name,
    version,
    own_name,
    package,
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
    r.own_name,
    r.package,
    r.path,
    r.line,
    r.col
FROM json_to_recordset(CAST($2 AS JSON)) AS r (
    position BIGINT,
    ecosystem TEXT,
    name TEXT,
    version TEXT,
    own_name TEXT,
    package TEXT,
    path TEXT,
    line BIGINT,
    col BIGINT
)
