awk -F: '
$1 != ENVIRON["ACCOUNT"] { next }
FILENAME == "/etc/passwd" { there = 1; word = $2 }
FILENAME == "/etc/shadow" && word == "x" { word = $2 }
END { exit there && word !~ /^[!*]/ }
' /etc/passwd /etc/shadow
