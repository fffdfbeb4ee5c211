# Of the kernel's table of mounts: fails where what is mounted at FIELD lacks one of OPTIONS. With
# SHOW it only says which flags that has.
function has(list, word) { return index("," list ",", "," word ",") > 0 }
function holds(word) {
    if (word == "rw") return !has(flags, "ro") && !has(whole, "ro")
    if (word == "dev" || word == "suid" || word == "exec") return !has(flags, "no" word)
    if (has(flags, word) || has(whole, word)) return 1
    return word in names && has(whole, names[word])
}
BEGIN {
    split("off noaccess invisible - ptraceable", name, " ")
    for (i in name) {
        names["hidepid=" (i - 1)] = "hidepid=" name[i]
        names["hidepid=" name[i]] = "hidepid=" (i - 1)
    }
}
$5 == ENVIRON["FIELD"] { flags = $6; whole = $NF }
END {
    if (flags == "") exit 0
    if (ENVIRON["SHOW"] != "") { print flags; exit 0 }
    count = split(ENVIRON["OPTIONS"], wanted, ",")
    for (i = 1; i <= count; i++) if (!holds(wanted[i])) exit 1
}
