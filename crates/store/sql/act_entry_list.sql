SELECT
    p.plan, e.seq, e.kind, e.header, e.salt, e.payload, e.payload_digest, e.leaf
FROM act AS p
JOIN entry AS e ON e.seq = p.seq
ORDER BY p.seq
