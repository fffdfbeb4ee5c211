DELETE FROM link WHERE hash = $1 AND until > $2 RETURNING name
