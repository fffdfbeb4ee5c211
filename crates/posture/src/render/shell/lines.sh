# Edits of lines. What is replaced stays above as a comment that begins with $mark. Keys are
# compared as words, without regard to case, and with the slashes of sysctl(8) as dots.
key_words='
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
    if (!sub(/^[^ =]+ ?=? ?/, "", text)) return ""
    return text
}
BEGIN { mark = ENVIRON["MARK"]; key = word_of(ENVIRON["KEY"]); value = ENVIRON["VALUE"] }
'
# shellcheck disable=SC2016 # the programs are awk
edit() {
    [ -e "$1" ] || failed "$1 is not there"
    begin "$1"
    MARK=$mark KEY=$2 VALUE=$3 CRITERIA=${5-} awk "$key_words$4" "$target" >"$aside"
}

# Every line of file $1 that begins with the word $2 says $3; one is appended if there is none.
set_line() {
    edit "$1" "$2" "$3" '
    word_of($0) == key {
        found = 1
        if (value_of($0) == value) { print; next }
        print mark " was: " $0
        print ENVIRON["KEY"] " " value
        next
    }
    { print }
    END {
        if (!found) {
            print mark " added the next line"
            print ENVIRON["KEY"] " " value
        }
    }'
    finish "$1 says $2 $3"
}

# Lines of file $1 that give the kernel parameter $2 another value than $3 become comments.
silence() {
    edit "$1" "$2" "$3" '
    word_of($0) == key && value_of($0) != value { print mark " off: " $0; next }
    { print }'
    finish "$1 gives $2 no other value"
}

# The first option $2 of each block "Match $4" of file $1 says $3.
set_match() {
    edit "$1" "$2" "$3" '
    word_of($0) == "match" { inside = value_of($0) == ENVIRON["CRITERIA"]; known = 0 }
    inside && !known && word_of($0) == key {
        known = 1
        if (value_of($0) != value) {
            match($0, /^[ \t]*/)
            print mark " was: " $0
            print substr($0, 1, RLENGTH) ENVIRON["KEY"] " " value
            next
        }
    }
    { print }' "$4"
    finish "$1 says $2 $3 under Match $4"
}

# What the three above kept of key $2 in file $1 comes back, one time each.
restore() {
    edit "$1" "$2" "" '
    function flush() { if (held != "") print held; held = "" }
    function kept(text, what) {
        what = mark what
        return substr(text, 1, length(what)) == what ? substr(text, length(what) + 1) : ""
    }
    {
        was = kept($0, " was: ")
        off = kept($0, " off: ")
        if (was != "" && word_of(was) == key) { flush(); held = $0; next }
        if (off != "" && word_of(off) == key) { flush(); print off; next }
        if ($0 == mark " added the next line") { flush(); held = $0; next }
        if (held != "" && word_of($0) == key) {
            if (held != mark " added the next line") print kept(held, " was: ")
            held = ""
            next
        }
        flush()
        print
    }
    END { flush() }'
    finish "$1 says of $2 what it said before"
}
