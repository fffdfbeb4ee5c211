SELECT DISTINCT key FROM finding WHERE key >= $1 AND key <= $2 ORDER BY key LIMIT $3
