SELECT id, seq, document FROM asset ORDER BY id
