SELECT seq, body, next_at FROM job WHERE seq > $1 ORDER BY seq LIMIT $2
