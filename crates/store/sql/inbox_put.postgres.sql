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
    decode(r.id, 'hex'),
    r.kind,
    r.happened,
    r.noted,
    r.who,
    decode(r.salt, 'hex'),
    convert_from(substring(CAST($2 AS BYTEA) FROM r.first FOR r.length), 'UTF8'),
    decode(r.payload_digest, 'hex')
FROM json_to_recordset(CAST($1 AS JSON)) AS r (
    id TEXT,
    kind BIGINT,
    happened BIGINT,
    noted BIGINT,
    who TEXT,
    salt TEXT,
    payload_digest TEXT,
    first INTEGER,
    length INTEGER
)
