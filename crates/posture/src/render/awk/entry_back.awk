# Whether a line is as it was left. One that somebody changed since stays, with what was kept of it.
function ours(text, before) {
    return text == (style == "shell" && before ~ /^[ \t]*export[ \t]/ ? "export " : "") line
}
function theirs(i) {
    print FILENAME ":" i ": `" key "` was changed since, and stays" >"/dev/stderr"
}
# Whether nothing but what goes stands between a line and the next section.
function empty(i) {
    for (; i <= NR; i++) {
        if (lines[i] == added && ours(lines[i + 1], "")) i++
        else if (trimmed(lines[i]) ~ /^\[.*\]$/) return 1
        else if (trimmed(lines[i]) != "") return 0
    }
    return 1
}
END {
    inside = ""
    for (i = 1; i <= NR; i++) {
        opens(lines[i])
        if (lines[i] == added && lines[i + 1] == header && section != "") {
            inside = section
            if (empty(i + 2)) { i++; continue }
        }
        before = begins(lines[i], was) ? substr(lines[i], length(was) + 1) : ""
        if ((gives(before) || lines[i] == added) && gives(lines[i + 1])) {
            if (ours(lines[i + 1], before)) {
                if (lines[i] != added) print before
                i++
                continue
            }
            theirs(i + 1)
        }
        if (begins(lines[i], off) && gives(substr(lines[i], length(off) + 1)))
            print substr(lines[i], length(off) + 1)
        else print lines[i]
    }
}
