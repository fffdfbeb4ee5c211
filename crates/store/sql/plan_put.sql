INSERT INTO plan (digest, seq, asset, author, proposed, expires, document)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (digest) DO NOTHING
