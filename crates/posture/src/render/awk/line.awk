# A key that ends with its sign takes its value without a blank.
function said() { return ENVIRON["KEY"] (ENVIRON["KEY"] ~ /[^ \t]=$/ ? "" : " ") value }
word_of($0) == key {
    found = 1
    if (value_of($0) == value) { print; next }
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
