DELETE FROM case_replaced
