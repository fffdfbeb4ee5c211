END {
    inside = ""
    for (i = 1; i <= NR; i++) {
        if (opens(lines[i])) {
            if (inside == section && !first) first = i
        } else if (gives(lines[i])) found = 1
    }
    inside = ""
    if (!found && style == "ini" && section == "") { print added; print line }
    for (i = 1; i <= NR; i++) {
        if (opens(lines[i])) {
            print lines[i]
            if (!found && i == first) { print added; print line }
        } else if (gives(lines[i]) && !right(lines[i])) {
            print was lines[i]
            print (style == "shell" && lines[i] ~ /^[ \t]*export[ \t]/ ? "export " : "") line
        } else print lines[i]
    }
    if (!found && style != "ini") { print added; print line }
    if (!found && section != "" && !first) { print added; print header; print added; print line }
}
