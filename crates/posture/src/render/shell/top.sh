# The part of a file that is not ours: all but what stands between our marks.
not_ours() {
    MARK=$id awk '
    $0 == "# BEGIN holdfast " ENVIRON["MARK"] { ours = 1; next }
    $0 == "# END holdfast " ENVIRON["MARK"] { ours = 0; next }
    !ours { print }' "$1"
}

# Whether our marks stand in file $1 with nothing before them but what other controls put there.
stands_on_top() {
    MARK=$id awk '
    $0 == "# BEGIN holdfast " ENVIRON["MARK"] { found = 1; exit }
    /^# BEGIN holdfast / { other = 1 }
    !other { exit }
    /^# END holdfast / { other = 0 }
    END { exit !found }' "$1"
}

# Puts standard input between our marks at the top of file $1.
top_block() {
    [ -e "$1" ] || failed "$1 is not there"
    begin "$1"
    block=$(cat)
    if stands_on_top "$target"; then
        MARK=$id BLOCK=$block awk '
        $0 == "# END holdfast " ENVIRON["MARK"] { ours = 0 }
        !ours { print }
        $0 == "# BEGIN holdfast " ENVIRON["MARK"] { ours = 1; print ENVIRON["BLOCK"] }' \
            "$target" >"$aside"
    else
        {
            printf '# BEGIN holdfast %s\n%s\n# END holdfast %s\n' "$id" "$block" "$id"
            not_ours "$target"
        } >"$aside"
    fi
    finish "the top of $1"
}

no_top_block() {
    [ -e "$1" ] || failed "$1 is not there"
    begin "$1"
    not_ours "$target" >"$aside"
    finish "the top of $1 is as it was"
}
