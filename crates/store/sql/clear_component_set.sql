DELETE FROM component_set
