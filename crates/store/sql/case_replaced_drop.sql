DELETE FROM case_replaced WHERE seq = $1
