-- The segments that may hold events from `$1` on and before `$2`; `bytes` is null where they are no
-- longer kept.
SELECT e.seq, e.digest, e.records, s.bytes
FROM event_segment AS e
LEFT JOIN segment AS s ON s.digest = e.digest
WHERE e.to_at >= $1 AND e.from_at < $2 AND e.seq < $3
ORDER BY e.seq DESC
LIMIT 1
