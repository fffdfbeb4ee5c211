-- As a reader finds it that meets an older form.
SELECT position, ecosystem, name, version, path, line, col
FROM component
WHERE set_number = $1
ORDER BY position
