SELECT seq, name, verdict, at, document FROM objective ORDER BY seq
