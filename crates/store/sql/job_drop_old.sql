DELETE FROM job
WHERE seq IN (
    SELECT j.seq
    FROM job AS j
    JOIN tell AS t ON t.seq = j.seq
    WHERE j.next_at IS NULL AND t.state >= 3 AND t.at < $1
    ORDER BY j.seq
    LIMIT $2
)
