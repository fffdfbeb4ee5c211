DELETE FROM not_assessed WHERE asset = $1 AND standing = $2 AND sensor = $3
