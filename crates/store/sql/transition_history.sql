SELECT seq, payload
FROM entry
WHERE seq IN (SELECT seq FROM transition WHERE key = $1)
ORDER BY seq
