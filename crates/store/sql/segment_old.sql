SELECT digest FROM segment WHERE noted < $1 ORDER BY noted, digest LIMIT $2
