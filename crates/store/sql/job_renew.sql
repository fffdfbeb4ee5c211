UPDATE job SET lease_until = $2 WHERE seq = $1
