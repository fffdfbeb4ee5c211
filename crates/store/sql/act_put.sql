INSERT INTO act (seq, plan, state, at) VALUES ($1, $2, $3, $4)
