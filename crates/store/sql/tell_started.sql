-- One that began again before anybody knew how it had ended may have arrived twice.
UPDATE tell SET
    last = $2,
    unsure = CASE WHEN state = 1 THEN 1 ELSE unsure END,
    state = 1,
    attempts = attempts + 1,
    at = $3
WHERE seq = $1
