DELETE FROM asset_set WHERE asset = $1 AND standing = $2 AND sensor = $3 AND coverage = 1
