# What stands between our marks goes; BLOCK, where there is one, comes to the top between them. Where
# it stands there already, with nothing before it but what other controls put there, it stays, so
# that two controls do not take each other's place for ever.
function block() {
    if (placed || ENVIRON["BLOCK"] == "") return
    print first; print ENVIRON["BLOCK"]; print last
    placed = 1
}
BEGIN {
    first = "# BEGIN holdfast " ENVIRON["ID"]
    last = "# END holdfast " ENVIRON["ID"]
    top = 1
}
$0 == first { if (top) { printf "%s", head; head = ""; block() }; ours = 1; next }
$0 == last { ours = 0; next }
ours { next }
top && /^# BEGIN holdfast / { other = 1 }
top && other { head = head $0 "\n"; if (/^# END holdfast /) other = 0; next }
top { top = 0; block(); printf "%s", head }
{ print }
END { if (top) { block(); printf "%s", head } }
