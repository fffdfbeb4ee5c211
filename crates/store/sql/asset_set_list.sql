SELECT asset, standing, sensor, coverage, seq, digest FROM asset_set
