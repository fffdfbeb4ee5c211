SELECT seq, 0 AS position, key, standing, from_state, to_state, outcome, other, at FROM transition
