SELECT seq, last, once, kind, account, subject, body, state, unsure, attempts, at, receipt
FROM tell
ORDER BY seq
