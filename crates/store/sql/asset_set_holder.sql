UPDATE asset_set SET holder = $2 || standing || $3 WHERE asset = $1
