SELECT noted FROM segment WHERE digest = $1
