SELECT version, at, document FROM state WHERE name = $1
