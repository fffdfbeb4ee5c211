DELETE FROM managed_host
