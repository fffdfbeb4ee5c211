UPDATE entry SET salt = NULL, payload = NULL WHERE seq = $1
