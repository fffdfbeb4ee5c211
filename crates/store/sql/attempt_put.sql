INSERT INTO attempt (job, number) VALUES ($1, $2)
