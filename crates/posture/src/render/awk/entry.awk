# A line that gives a key a value, as its reader takes it, in the section that is open.
function trimmed(text) {
    sub(/^[ \t\r]+/, "", text)
    sub(/[ \t\r]+$/, "", text)
    return text
}
function begins(text, start) { return substr(text, 1, length(start)) == start }
# Whether a section begins; which one is then `inside`.
function opens(text) {
    text = trimmed(text)
    if (style != "ini" || text !~ /^\[.*\]$/) return 0
    inside = substr(text, 2, length(text) - 2)
    return 1
}
function gives(text, at) {
    text = trimmed(text)
    if (text ~ /^[#;]/ || inside != section) return 0
    if (style == "blanks") {
        sub(/[ \t].*$/, "", text)
        return text == key
    }
    if (style == "shell") sub(/^export[ \t]+/, "", text)
    at = index(text, "=")
    if (!at) return style != "shell" && text == key
    text = substr(text, 1, at - 1)
    return (style == "shell" ? text : trimmed(text)) == key
}
function said(text, quote) {
    text = trimmed(text)
    if (style == "blanks") {
        if (!sub(/^[^ \t]+[ \t]+/, "", text)) return ""
        gsub(/[ \t]+/, " ", text)
        return text
    }
    if (!sub(/^[^=]*=/, "", text)) return ""
    text = trimmed(text)
    quote = substr(text, 1, 1)
    if (style == "shell" && length(text) > 1 && (quote == "\"" || quote == "\047") &&
        index(substr(text, 2), quote) == length(text) - 1)
        text = substr(text, 2, length(text) - 2)
    return text
}
function right(text) {
    if (said(text) == value) return 1
    text = trimmed(text)
    if (style == "shell") sub(/^export[ \t]+/, "", text)
    return text == line
}
BEGIN {
    style = ENVIRON["STYLE"]
    section = ENVIRON["SECTION"]
    key = ENVIRON["KEY"]
    value = ENVIRON["VALUE"]
    line = ENVIRON["LINE"]
    header = "[" section "]"
    added = ENVIRON["MARK"] " added the next line"
    was = ENVIRON["MARK"] " was: "
    off = ENVIRON["MARK"] " off: "
}
{ lines[NR] = $0 }
