INSERT INTO entry (seq, kind, header, salt, payload, payload_digest, leaf)
SELECT
    r.value ->> 'seq',
    inbox.kind,
    unhex(r.value ->> 'header'),
    inbox.salt,
    inbox.payload,
    inbox.payload_digest,
    unhex(r.value ->> 'leaf')
FROM jsonb_each($1) AS r
JOIN inbox ON inbox.id = unhex(r.value ->> 'id')
