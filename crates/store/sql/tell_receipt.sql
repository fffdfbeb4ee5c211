-- The first: later messages comment on it, rewrite it or follow it.
SELECT seq, receipt
FROM tell
WHERE subject = $1 AND account = $2 AND receipt IS NOT NULL
ORDER BY seq
LIMIT 1
