SELECT name, issued, revoked FROM token ORDER BY issued, name
