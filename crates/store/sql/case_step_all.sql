SELECT seq, id, first_at, last_at, severity, owner, answer, document FROM case_step ORDER BY seq
