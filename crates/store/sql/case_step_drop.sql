DELETE FROM case_step WHERE seq = $1
