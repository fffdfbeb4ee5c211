# Edits of lines. What is replaced stays above as a comment that begins with $mark. Keys are
# compared as words, without regard to case, and with the slashes of sysctl(8) as dots.
key_words='
@words@
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
    @line@'
    finish "$1 says $2 $3"
}

# Lines of file $1 that give the kernel parameter $2 another value than $3 become comments.
silence() {
    edit "$1" "$2" "$3" '
    @silence@'
    finish "$1 gives $2 no other value"
}

# The first option $2 of each block "Match $4" of file $1 says $3.
set_match() {
    edit "$1" "$2" "$3" '
    @match@' "$4"
    finish "$1 says $2 $3 under Match $4"
}

# What the three above kept of key $2 in file $1 comes back, one time each.
restore() {
    edit "$1" "$2" "" '
    @restore@'
    finish "$1 says of $2 what it said before"
}
