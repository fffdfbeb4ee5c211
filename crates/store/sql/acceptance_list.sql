SELECT seq, covers, subject, until, document FROM acceptance ORDER BY seq
