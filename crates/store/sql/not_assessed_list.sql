SELECT asset, standing, sensor, key, seq, document FROM not_assessed
