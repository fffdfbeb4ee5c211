DELETE FROM session WHERE name = $1
