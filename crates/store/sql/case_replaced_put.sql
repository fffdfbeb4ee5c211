INSERT INTO case_replaced (id, seq) VALUES ($1, $2)
