INSERT INTO state (name, version, at, document) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET
    version = excluded.version,
    at = excluded.at,
    document = excluded.document
