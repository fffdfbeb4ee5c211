SELECT size, peaks FROM tree WHERE one = 1
