SELECT body, next_at, lease_until, attempts FROM job WHERE seq = $1
