SELECT document FROM asset WHERE id = $1
