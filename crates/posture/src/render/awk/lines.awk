# A line as its reader takes it: its words, in scripts without a comment behind them.
function said(text) {
    if (ENVIRON["SCRIPT"] != "") sub(/[ \t]#.*$/, "", text)
    gsub(/[ \t\r]+/, " ", text)
    sub(/^ /, "", text)
    sub(/ $/, "", text)
    return text
}
function begins(text, start) { return substr(text, 1, length(start)) == start }
BEGIN {
    line = said(ENVIRON["LINE"])
    added = ENVIRON["MARK"] " added the next line"
    off = ENVIRON["MARK"] " off: "
}
