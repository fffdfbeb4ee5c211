need_exact() {
    exact_ready || failed "what looks after packages like $1 is not here"
}

# What is said of package $1.
exact_state() {
    exact_found=$(exact_version "$1")
    if [ -z "$exact_found" ]; then echo "$1 is not installed"; else echo "$1 is $exact_found"; fi
}

# Brings package $1 to version $2 and to no other, and along with it those of the others, NAME=VERSION,
# that are installed in an earlier one.
upgrade_to() {
    need_exact "$1"
    name=$1 version=$2
    shift 2
    if [ -z "$(exact_behind lt "$name=$version")" ]; then
        ok "$(exact_state "$name")"
    else
        why=$(exact_go upgrade "$name=$version" "$@") || failed "$why"
        changed "$(exact_state "$name")"
    fi
}

# Brings package $1 back to version $2, and with it the others, NAME=VERSION, where they are installed.
downgrade_package() {
    need_exact "$1"
    name=$1 version=$2
    shift 2
    others=
    for one in "$name=$version" "$@"; do
        if [ -z "$(exact_behind ne "$one")" ]; then
            ok "$(exact_state "${one%%=*}")"
        else
            others="$others $one"
        fi
    done
    if [ -z "$others" ]; then return; fi
    # shellcheck disable=SC2086 # names and versions have no blanks
    why=$(exact_go downgrade $others) || failed "$why"
    for one in $others; do changed "$(exact_state "${one%%=*}")"; done
}
