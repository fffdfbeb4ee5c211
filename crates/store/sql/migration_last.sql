SELECT MAX(number) AS number FROM migration
