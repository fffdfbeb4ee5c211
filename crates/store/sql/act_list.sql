SELECT seq, plan, state, at FROM act ORDER BY seq
