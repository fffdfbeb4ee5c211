SELECT position, ecosystem, name, version, own_name, package, path, line, col
FROM component
WHERE set_number = $1
ORDER BY position
