INSERT INTO observation (
    asset, standing, sensor, coverage, seq, at, noted, look, document
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (asset, standing, sensor, coverage) DO UPDATE SET
    seq = excluded.seq,
    at = excluded.at,
    noted = excluded.noted,
    look = excluded.look,
    document = excluded.document
