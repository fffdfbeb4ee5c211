SELECT bytes FROM segment WHERE digest = $1
