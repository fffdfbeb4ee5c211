SELECT seq, kind, header, salt, payload, payload_digest, leaf
FROM entry
WHERE seq < $1
ORDER BY seq DESC
LIMIT $2
