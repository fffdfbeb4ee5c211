INSERT INTO session (hash, name, form_token, until) VALUES ($1, $2, $3, $4)
