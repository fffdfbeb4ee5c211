# A key that ends with its sign takes its value without a blank.
function said() { return ENVIRON["KEY"] (ENVIRON["KEY"] ~ /[^ \t]=$/ ? "" : " ") value }
# Whether a line says it as its reader takes it: with the sign of its key, or with none.
function says(text,   wanted) {
    if (ENVIRON["KEY"] ~ /[^ \t]=$/) return text == said()
    wanted = squeezed((ENVIRON["KEY"] ~ /=$/ ? "= " : "") value)
    text = squeezed(text)
    sub(/^[^ =]+ ?/, "", text)
    return text == wanted
}
word_of($0) == key {
    found = 1
    if (says($0)) { print; next }
    print mark " was: " $0
    print said()
    next
}
{ print }
END {
    if (!found) {
        print mark " added the next line"
        print said()
    }
}
