SELECT look AS digest FROM observation UNION SELECT digest FROM asset_set
