DELETE FROM component_set
WHERE digest = $1 AND NOT EXISTS (SELECT 1 FROM asset_set WHERE asset_set.digest = $1)
