INSERT INTO segment (digest, noted, bytes) VALUES ($1, $2, $3)
ON CONFLICT (digest) DO NOTHING
