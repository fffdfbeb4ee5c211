INSERT INTO seen (asset, standing, sensor, coverage, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (asset, standing, sensor, coverage) DO UPDATE SET at = excluded.at
