# The member KEY, a path with dots, has the JSON value VALUE; without a value it goes, and with it an
# object that has no other. All else of the file stays as it is, to the byte.
function broken(why) {
    print "this file is no JSON that can be changed: " why >"/dev/stderr"
    failed = 1
    exit 1
}
function here() { return substr(text, at, 1) }
function blanks() { while (here() ~ /[ \t\r\n]/) at++ }
function string() {
    at++
    while (at <= size && here() != "\"") at += here() == "\\" ? 2 : 1
    if (at > size) broken("a text does not end")
    at++
}
function value(path, depth) {
    if (depth > 100) broken("it is too deep")
    if (here() == "{") object(path, depth)
    else if (here() == "[") list(depth)
    else if (here() == "\"") string()
    else {
        if (here() !~ /[-0-9a-z]/) broken("a value is missing")
        while (here() ~ /[-+.0-9A-Za-z]/) at++
    }
}
function list(depth) {
    at++
    blanks()
    if (here() == "]") { at++; return }
    while (1) {
        blanks()
        value("\n", depth + 1)
        blanks()
        if (here() == "]") { at++; return }
        if (here() != ",") broken("a comma is missing in a list")
        at++
    }
}
# Notes where the wanted member stands, and the deepest object on the way to it.
function object(path, depth,   open, key, begin, name, whole, last, mine) {
    open = at++
    last = mine = key = 0
    blanks()
    if (here() == "}") at++
    else while (1) {
        blanks()
        if (here() != "\"") broken("a key is missing")
        begin = at
        if (mine) after[mine] = begin
        mine = 0
        string()
        name = substr(text, begin + 1, at - begin - 2)
        # A name with a dot of its own cannot be meant.
        whole = index(name, ".") ? "\n" : depth ? path "." name : name
        blanks()
        if (here() != ":") broken("a colon is missing")
        at++
        blanks()
        known[whole] = 1
        if (whole == wanted) {
            mine = ++count
            key_at[mine] = begin
            value_at[mine] = at
            before[mine] = last
            opened[mine] = open
            after[mine] = closed[mine] = 0
        }
        value(path == "\n" ? path : whole, depth + 1)
        if (whole == wanted) value_end[count] = at
        last = at
        key = begin
        blanks()
        if (here() == "}") { at++; break }
        if (here() != ",") broken("a comma is missing")
        at++
    }
    if (mine) closed[mine] = at - 1
    if (!depth || index(wanted, path ".") == 1) {
        if (!found || length(path) >= length(best)) {
            found = 1
            best = path
            root = !depth
            best_open = open
            best_close = at - 1
            best_last = last
            best_key = key
        }
    }
}
function scan() {
    size = length(text)
    at = 1
    count = found = 0
    best = ""
    split("", known)
    blanks()
    if (here() != "{") broken("it is no object")
    value("", 0)
    blanks()
    if (at <= size) broken("something stands behind its end")
}
# The blanks before a place, back to a line end.
function indent(place,   begin) {
    begin = place
    while (begin > 1 && substr(text, begin - 1, 1) ~ /[ \t\r\n]/) begin--
    return substr(text, begin, place - begin)
}
function put(from, to, with) { text = substr(text, 1, from - 1) with substr(text, to) }
function add(   rest, parts, n, member, line) {
    rest = root ? wanted : substr(wanted, length(best) + 2)
    n = split(rest, parts, ".")
    if ((root ? parts[1] : best "." parts[1]) in known)
        broken("what should hold " wanted " is no object")
    member = ENVIRON["VALUE"]
    for (; n > 1; n--) member = "{\"" parts[n] "\": " member "}"
    member = "\"" parts[1] "\": " member
    line = indent(best_key)
    if (best_last) put(best_last, best_last, "," (line == "" ? " " : line) member)
    else {
        line = substr(text, 1, best_open)
        sub(/^.*\n/, "", line)
        match(line, /^[ \t]*/)
        line = substr(line, 1, RLENGTH)
        put(best_open + 1, best_close, "\n" line "  " member "\n" line)
    }
}
function take(n) {
    if (before[n]) put(before[n], value_end[n], "")
    else if (after[n]) put(key_at[n], after[n], "")
    else put(opened[n] + 1, closed[n], "")
}
{ text = text $0 "\n" }
END {
    if (failed) exit 1
    wanted = ENVIRON["KEY"]
    if (text !~ /[^ \t\r\n]/) text = "{}\n"
    scan()
    if (ENVIRON["VALUE"] != "") {
        for (n = count; n > 0; n--) put(value_at[n], value_end[n], ENVIRON["VALUE"])
        if (!count) add()
    } else while (count) {
        alone = count == 1 && closed[1] && !before[1] && wanted ~ /\./
        for (n = count; n > 0; n--) take(n)
        if (!alone) break
        sub(/\.[^.]*$/, "", wanted)
        scan()
    }
    printf "%s", text
}
