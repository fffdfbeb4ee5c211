awk -F: '
$1 == ENVIRON["ACCOUNT"] {
    found = $(ENVIRON["DAYS_FIELD"] + 0)
    if (found == "") found = -1
    if (found + 0 != ENVIRON["DAYS"] + 0) other = 1
}
END { exit other }
' /etc/shadow
