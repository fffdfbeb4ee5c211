SELECT size, note FROM checkpoint ORDER BY size
