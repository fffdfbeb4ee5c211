DELETE FROM not_assessed
