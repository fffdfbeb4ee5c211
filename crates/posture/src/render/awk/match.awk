# The next word of `rest`, as sshd cuts keywords and conditions: words end at blanks, at one sign `=`,
# and at the end of a quoted part.
function next_word(   word, sign, at) {
    if (!match(rest, /[ \t\r"=]/)) { word = rest; rest = ""; return word }
    word = substr(rest, 1, RSTART - 1)
    sign = substr(rest, RSTART, 1)
    rest = substr(rest, RSTART + 1)
    if (sign == "\"") {
        at = index(rest, "\"")
        word = word (at ? substr(rest, 1, at - 1) : rest)
        rest = at ? substr(rest, at + 1) : ""
    }
    sub(/^[ \t\r]+/, "", rest)
    if (sign != "\"" && sign != "=" && sub(/^=/, "", rest)) sub(/^[ \t\r]+/, "", rest)
    return word
}
# The keyword of a line; what stands behind it is `rest` then.
function keyword(text,   word) {
    rest = text
    sub(/^[ \t\r]+/, "", rest)
    sub(/[ \t\r]+$/, "", rest)
    word = next_word()
    return tolower(word == "" ? next_word() : word)
}
# The conditions of a line `Match`, each once and sorted; nothing for any other line.
function conditions(text,   word, all, count, i, j, list) {
    if (keyword(text) != "match") return ""
    count = 0
    while (rest != "") {
        word = next_word()
        if (word ~ /^#/) break
        word = tolower(word)
        if (word != "invalid-user") word = word " " next_word()
        for (i = 1; i <= count && all[i] < word; i++) ;
        if (i <= count && all[i] == word) continue
        for (j = count++; j >= i; j--) all[j + 1] = all[j]
        all[i] = word
    }
    list = "match"
    for (i = 1; i <= count; i++) list = list "\n" all[i]
    return list
}
BEGIN { wanted = conditions("Match " ENVIRON["CRITERIA"]) }
(now = conditions($0)) != "" { below = 1; inside = now == wanted; known = 0 }
# What an included file says before its first such line may count below one of another file.
!other && (below || FILENAME !~ /\/sshd_config$/) && !(inside && word_of($0) == key) {
    if (keyword($0) == key && value_of($0) != value) other = FNR
}
inside && !known && word_of($0) == key {
    known = found = 1
    if (value_of($0) != value) {
        match($0, /^[ \t]*/)
        print mark " was: " $0
        print substr($0, 1, RLENGTH) ENVIRON["KEY"] " " value
        next
    }
}
{ print }
END {
    if (!found && other) {
        why = FILENAME ":" other ": nothing says " ENVIRON["KEY"] " under Match "
        why = why ENVIRON["CRITERIA"] " here, and this line says it otherwise: change it by hand"
        print why >"/dev/stderr"
        # What differs is not taken for a file that is as it should be.
        print mark
        exit 1
    }
}
