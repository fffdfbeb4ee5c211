INSERT INTO not_assessed (
    asset,
    standing,
    sensor,
    key,
    seq,
    document
)
SELECT
    r.value ->> 'asset',
    r.value ->> 'standing',
    r.value ->> 'sensor',
    unhex(r.value ->> 'key'),
    r.value ->> 'seq',
    r.value ->> 'document'
FROM jsonb_each($1) AS r
