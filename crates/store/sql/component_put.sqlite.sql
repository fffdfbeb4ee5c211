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
    r.value ->> 'position',
    r.value ->> 'ecosystem',
    r.value ->> 'name',
    r.value ->> 'version',
    r.value ->> 'own_name',
    r.value ->> 'package',
    r.value ->> 'path',
    r.value ->> 'line',
    r.value ->> 'col'
FROM jsonb_each($2) AS r
