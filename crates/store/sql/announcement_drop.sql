DELETE FROM announcement WHERE seq = $1
