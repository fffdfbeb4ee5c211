INSERT INTO asset_set (asset, standing, sensor, coverage, seq, digest, holder)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (asset, standing, sensor, coverage) DO UPDATE SET
    seq = excluded.seq,
    digest = excluded.digest,
    holder = excluded.holder
