# Whether packages are looked after here by what these functions ask.
exact_ready() {
    command -v apk >/dev/null
}

# Says in which versions package $1 is on offer, one a line; nothing where nobody knows.
exact_versions() {
    # Below each version stand its sources; one of them is what is installed.
    apk policy "$1" | awk '
    /^  [^ ]/ { version = $1; sub(/:$/, "", version) }
    /^    / && !/lib\/apk\/db\/installed/ { print version }'
}

# Whether version $1 is the same as $2.
exact_same() {
    [ "$1" = "$2" ]
}

# Gets new lists of what is on offer.
exact_refresh() {
    apk update >&2
}

# Brings each NAME=VERSION behind $1 to that version; what it needs comes along.
exact_bring() {
    shift
    for exact_one in "$@"; do
        world_admits "${exact_one%%=*}" "${exact_one#*=}" || return 1
        shift
        set -- "$@" "$(world_name "${exact_one%%=*}")=${exact_one#*=}"
    done
    world_kept apk add "$@"
}
