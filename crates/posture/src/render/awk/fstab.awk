# The line for the point FIELD has OPTIONS, and none that takes one of them back; ADD is appended
# where there is no such line.
function point_of(text,  part) {
    if (text ~ /^[ \t]*#/ || split(text, part) < 3) return ""
    if (part[2] != "/") sub(/\/+$/, "", part[2])
    return part[2]
}
function key_of(word) {
    sub(/=.*/, "", word)
    if (word == "ro" || word == "rw") return "rw"
    sub(/^no/, "", word)
    return word
}
function merged(old,  all, count, i, j, out, keep, has) {
    out = ""
    count = split(old, all, ",")
    for (i = 1; i <= count; i++) {
        keep = all[i] != ""
        for (j = 1; j <= wanted; j++) {
            if (all[i] == want[j]) has[j] = 1
            else if (key_of(all[i]) == key_of(want[j])) keep = 0
        }
        if (keep) out = out (out == "" ? "" : ",") all[i]
    }
    for (j = 1; j <= wanted; j++) if (!(j in has)) out = out (out == "" ? "" : ",") want[j]
    return out
}
function changed(text,  head, i) {
    head = ""
    for (i = 1; i <= 3; i++) {
        match(text, /^[ \t]*[^ \t\r]+/)
        head = head substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
    }
    if (!match(text, /^[ \t]+[^ \t\r]+/)) return head " " merged("") text
    match(text, /^[ \t]+/)
    head = head substr(text, 1, RLENGTH)
    text = substr(text, RLENGTH + 1)
    match(text, /^[^ \t\r]+/)
    return head merged(substr(text, 1, RLENGTH)) substr(text, RLENGTH + 1)
}
BEGIN {
    mark = ENVIRON["MARK"]
    field = ENVIRON["FIELD"]
    wanted = split(ENVIRON["OPTIONS"], want, ",")
}
point_of($0) == field {
    found = 1
    now = changed($0)
    if (now != $0) print mark " was: " $0
    print now
    next
}
{ print }
END {
    if (!found && ENVIRON["ADD"] != "") {
        print mark " added the next line"
        print ENVIRON["ADD"]
    }
}
