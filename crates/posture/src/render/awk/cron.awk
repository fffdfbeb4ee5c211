# Whether a line of a table of cron runs a command, for a user where lines name one.
function runs(text, fields, i) {
    sub(/^[ \t\r]+/, "", text)
    sub(/[ \t\r]+$/, "", text)
    if (text ~ /^#/ || text ~ /^["\047]?[A-Za-z0-9_]+["\047]?[ \t]*=/) return 0
    fields = text ~ /^@/ ? 1 : 5
    for (i = 0; i < fields; i++)
        if (!sub(/^[^ \t]+[ \t]+/, "", text)) return 0
    if (user != "") {
        if (substr(text, 1, length(user)) != user) return 0
        text = substr(text, length(user) + 1)
        if (!sub(/^[ \t]+/, "", text)) return 0
    }
    gsub(/[ \t]+/, " ", text)
    return text == command
}
function begins(text, start) { return substr(text, 1, length(start)) == start }
BEGIN {
    user = ENVIRON["OWNER"]
    command = ENVIRON["COMMAND"]
    off = ENVIRON["MARK"] " off: "
}
