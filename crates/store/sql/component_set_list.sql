SELECT number, digest, seq FROM component_set ORDER BY number
