SELECT seq, document FROM case_step WHERE id = $1 ORDER BY seq
