SELECT digest, seq, asset, author, proposed, expires, document FROM plan ORDER BY seq
