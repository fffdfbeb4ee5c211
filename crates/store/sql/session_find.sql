SELECT name, form_token, until FROM session WHERE hash = $1 AND until > $2
