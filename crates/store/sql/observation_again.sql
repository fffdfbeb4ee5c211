UPDATE observation SET seq = $5, noted = $6, document = $7
WHERE asset = $1 AND standing = $2 AND sensor = $3 AND coverage = $4
