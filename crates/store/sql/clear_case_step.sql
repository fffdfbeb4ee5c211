DELETE FROM case_step
