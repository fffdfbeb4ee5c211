SELECT asset, standing, sensor, coverage, holder FROM asset_set
