INSERT INTO not_assessed (
    asset,
    standing,
    sensor,
    key,
    seq,
    document
)
SELECT
    r.asset,
    r.standing,
    r.sensor,
    decode(r.key, 'hex'),
    r.seq,
    r.document
FROM json_to_recordset(CAST($1 AS JSON)) AS r (
    asset TEXT,
    standing BIGINT,
    sensor TEXT,
    key TEXT,
    seq BIGINT,
    document TEXT
)
