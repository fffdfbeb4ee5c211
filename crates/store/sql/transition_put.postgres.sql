INSERT INTO transition (
    seq,
    key,
    standing,
    from_state,
    to_state,
    outcome,
    other,
    at
)
SELECT
    r.seq,
    decode(r.key, 'hex'),
    r.standing,
    r.from_state,
    r.to_state,
    r.outcome,
    decode(r.other, 'hex'),
    r.at
FROM json_to_recordset(CAST($1 AS JSON)) AS r (
    seq BIGINT,
    key TEXT,
    standing BIGINT,
    from_state BIGINT,
    to_state BIGINT,
    outcome BIGINT,
    other TEXT,
    at BIGINT
)
