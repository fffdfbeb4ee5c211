awk -F: '
$1 == ENVIRON["ACCOUNT"] && $7 != ENVIRON["LOGIN_SHELL"] { other = 1 }
END { exit other }
' /etc/passwd
