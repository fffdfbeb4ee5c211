INSERT INTO entry (seq, kind, header, salt, payload, payload_digest, leaf)
SELECT
    r.seq,
    inbox.kind,
    decode(r.header, 'hex'),
    inbox.salt,
    inbox.payload,
    inbox.payload_digest,
    decode(r.leaf, 'hex')
FROM json_to_recordset(CAST($1 AS JSON)) AS r (seq BIGINT, id TEXT, header TEXT, leaf TEXT)
JOIN inbox ON inbox.id = decode(r.id, 'hex')
