SELECT id, seq FROM case_replaced ORDER BY seq, id
