INSERT INTO inbox (
    id,
    kind,
    happened,
    noted,
    who,
    salt,
    payload,
    payload_digest
)
SELECT
    unhex(r.value ->> 'id'),
    r.value ->> 'kind',
    r.value ->> 'happened',
    r.value ->> 'noted',
    r.value ->> 'who',
    unhex(r.value ->> 'salt'),
    CAST(substr($2, r.value ->> 'first', r.value ->> 'length') AS TEXT),
    unhex(r.value ->> 'payload_digest')
FROM jsonb_each($1) AS r
