DELETE FROM link WHERE until <= $1
