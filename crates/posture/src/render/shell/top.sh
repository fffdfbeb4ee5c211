# The part of a file that is not ours: all but what stands between our marks.
not_ours() {
    MARK=$id awk '
    $0 == "# BEGIN holdfast " ENVIRON["MARK"] { ours = 1; next }
    $0 == "# END holdfast " ENVIRON["MARK"] { ours = 0; next }
    !ours { print }' "$1"
}

# Puts standard input between our marks at the top of file $1.
top_block() {
    [ -e "$1" ] || failed "$1 is not there"
    begin "$1"
    {
        printf '# BEGIN holdfast %s\n' "$id"
        cat
        printf '# END holdfast %s\n' "$id"
        not_ours "$target"
    } >"$aside"
    finish "the top of $1"
}

no_top_block() {
    [ -e "$1" ] || failed "$1 is not there"
    begin "$1"
    not_ours "$target" >"$aside"
    finish "the top of $1 is as it was"
}
