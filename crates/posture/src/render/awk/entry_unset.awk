END {
    inside = ""
    for (i = 1; i <= NR; i++) {
        if (opens(lines[i])) print lines[i]
        else print (gives(lines[i]) ? off : "") lines[i]
    }
}
