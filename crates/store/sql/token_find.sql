SELECT name, issued, revoked FROM token WHERE hash = $1 AND revoked IS NULL
