DELETE FROM acceptance WHERE seq = $1
