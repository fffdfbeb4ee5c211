-- A later attempt, which may be on its way, keeps its lease.
UPDATE job SET
    next_at = $2,
    lease_until = CASE WHEN attempts = $3 THEN NULL ELSE lease_until END
WHERE seq = $1
