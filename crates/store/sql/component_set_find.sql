SELECT number FROM component_set WHERE digest = $1
