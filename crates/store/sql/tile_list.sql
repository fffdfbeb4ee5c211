SELECT number, hash FROM tile ORDER BY number
