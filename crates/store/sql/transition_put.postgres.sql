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
    CAST(r.value ->> 0 AS BIGINT),
    CAST(r.value ->> 1 AS BIGINT),
    decode(r.value ->> 2, 'hex'),
    CAST(r.value ->> 3 AS BIGINT),
    CAST(r.value ->> 4 AS BIGINT),
    CAST(r.value ->> 5 AS BIGINT),
    CAST(r.value ->> 6 AS BIGINT),
    decode(r.value ->> 7, 'hex'),
    CAST(r.value ->> 8 AS BIGINT)
FROM json_array_elements(CAST($1 AS JSON)) AS r (value)
