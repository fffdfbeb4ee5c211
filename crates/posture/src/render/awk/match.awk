word_of($0) == "match" { inside = value_of($0) == ENVIRON["CRITERIA"]; known = 0 }
inside && !known && word_of($0) == key {
    known = 1
    if (value_of($0) != value) {
        match($0, /^[ \t]*/)
        print mark " was: " $0
        print substr($0, 1, RLENGTH) ENVIRON["KEY"] " " value
        next
    }
}
{ print }
