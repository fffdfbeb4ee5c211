# Whether nothing but what goes stands between a line and the next section.
function empty(i) {
    for (; i <= NR; i++) {
        if (lines[i] == added && gives(lines[i + 1])) i++
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
        if (lines[i] == added && gives(lines[i + 1])) { i++; continue }
        if (begins(lines[i], was) && gives(substr(lines[i], length(was) + 1)) && gives(lines[i + 1])) {
            print substr(lines[i], length(was) + 1)
            i++
        } else if (begins(lines[i], off) && gives(substr(lines[i], length(off) + 1)))
            print substr(lines[i], length(off) + 1)
        else print lines[i]
    }
}
