DELETE FROM segment WHERE digest = $1
