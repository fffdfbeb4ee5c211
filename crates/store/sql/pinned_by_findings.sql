-- The looks that wrote what open findings look like now.
SELECT payload
FROM entry
WHERE seq IN (SELECT seq FROM finding WHERE state <= 1)
