SELECT sensor, coverage, digest FROM asset_set
WHERE asset = $1 AND standing = $2
ORDER BY sensor, coverage
