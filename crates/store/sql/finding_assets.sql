SELECT DISTINCT asset, standing FROM finding
WHERE weakness = $1
ORDER BY asset, standing
