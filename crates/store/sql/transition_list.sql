SELECT seq, key, standing, from_state, to_state, outcome, other, at FROM transition
