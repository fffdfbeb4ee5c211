DELETE FROM component WHERE set_number = $1
