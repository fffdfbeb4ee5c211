SELECT seq, of_seq, noted, document FROM announcement ORDER BY seq
