SELECT t.seq, e.payload
FROM transition AS t
JOIN entry AS e ON e.seq = t.seq
WHERE t.key = $1
ORDER BY t.seq
