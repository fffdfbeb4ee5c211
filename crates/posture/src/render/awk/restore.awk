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
END { flush() }
