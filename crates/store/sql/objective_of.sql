SELECT seq, name, verdict, at, document FROM objective WHERE name = $1 ORDER BY seq
