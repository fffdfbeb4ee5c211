SELECT digest FROM segment ORDER BY digest
