-- The job that has waited longest. Of one subject and account only the oldest goes: an update must
-- not overtake the message that it updates.
UPDATE job SET lease_until = $2, attempts = attempts + 1
WHERE seq = (
    SELECT j.seq
    FROM job AS j
    JOIN tell AS t ON t.seq = j.seq
    WHERE
        j.next_at <= $1
        AND (j.lease_until IS NULL OR j.lease_until <= $1)
        AND NOT EXISTS (
            SELECT 1
            FROM tell AS o
            LEFT JOIN job AS b ON b.seq = o.seq
            WHERE
                t.subject <> '' AND o.subject = t.subject AND o.account = t.account
                AND o.seq < t.seq AND (o.state < 3 OR b.lease_until > $1)
        )
    ORDER BY j.next_at, j.seq
    LIMIT 1
)
RETURNING seq, body, attempts
