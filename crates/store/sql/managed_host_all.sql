SELECT seq, address, removed, at, document FROM managed_host ORDER BY seq
