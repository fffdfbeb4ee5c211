INSERT INTO component_set (number, digest, seq)
SELECT COALESCE(MAX(number), 0) + 1, $1, $2 FROM component_set
RETURNING number
