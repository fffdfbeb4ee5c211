-- Paths are whole: of a bare number SQLite would make one for each column of each row.
INSERT INTO transition (
    seq,
    position,
    key,
    standing,
    from_state,
    to_state,
    outcome,
    other,
    at
)
SELECT
    r.value ->> '$[0]',
    r.value ->> '$[1]',
    unhex(r.value ->> '$[2]'),
    r.value ->> '$[3]',
    r.value ->> '$[4]',
    r.value ->> '$[5]',
    r.value ->> '$[6]',
    unhex(r.value ->> '$[7]'),
    r.value ->> '$[8]'
FROM jsonb_each($1) AS r
