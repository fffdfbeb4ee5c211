DELETE FROM link WHERE name = $1
