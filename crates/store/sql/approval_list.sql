SELECT seq, plan, who, yes, at, document FROM approval ORDER BY seq
