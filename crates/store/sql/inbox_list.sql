SELECT id, kind, happened, noted, who, payload_digest FROM inbox ORDER BY id
