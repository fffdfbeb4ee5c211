DELETE FROM asset_set
