function word_of(text) {
    sub(/^[ \t]*-?[ \t]*/, "", text)
    sub(/[ \t=].*$/, "", text)
    gsub("/", ".", text)
    return tolower(text)
}
function squeezed(text) {
    gsub(/[ \t\r]+/, " ", text)
    sub(/^ /, "", text)
    sub(/ $/, "", text)
    return text
}
function value_of(text) {
    text = squeezed(text)
    if (!sub(/^[^ =]+/, "", text)) return ""
    # One after another: mawk 1.3.4 does not find the longest match of signs that may all be missing.
    sub(/^ /, "", text)
    sub(/^=/, "", text)
    sub(/^ /, "", text)
    return text
}
BEGIN { mark = ENVIRON["MARK"]; key = word_of(ENVIRON["KEY"]); value = ENVIRON["VALUE"] }
