# What was kept of the line for the point FIELD comes back.
function point_of(text,  part) {
    if (text ~ /^[ \t]*#/ || split(text, part) < 3) return ""
    if (part[2] != "/") sub(/\/+$/, "", part[2])
    return part[2]
}
function kept(text,  what) {
    what = ENVIRON["MARK"] " was: "
    return substr(text, 1, length(what)) == what ? substr(text, length(what) + 1) : ""
}
function flush() { if (held != "") print held; held = "" }
BEGIN { added = ENVIRON["MARK"] " added the next line"; field = ENVIRON["FIELD"] }
{
    was = kept($0)
    if ((was != "" && point_of(was) == field) || $0 == added) { flush(); held = $0; next }
    if (held != "" && point_of($0) == field) {
        if (held != added) print kept(held)
        held = ""
        next
    }
    flush()
    print
}
END { flush() }
