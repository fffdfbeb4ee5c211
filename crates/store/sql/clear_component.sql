DELETE FROM component
