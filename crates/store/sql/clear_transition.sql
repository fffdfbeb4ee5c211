DELETE FROM transition
