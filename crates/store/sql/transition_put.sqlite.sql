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
    r.value ->> 'seq',
    unhex(r.value ->> 'key'),
    r.value ->> 'standing',
    r.value ->> 'from_state',
    r.value ->> 'to_state',
    r.value ->> 'outcome',
    unhex(r.value ->> 'other'),
    r.value ->> 'at'
FROM jsonb_each($1) AS r
