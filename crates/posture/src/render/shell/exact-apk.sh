# Whether packages are looked after here by what these functions ask.
exact_ready() {
    command -v apk >/dev/null
}

# Whether each NAME=VERSION is on offer; says which is not, or that it cannot be asked.
exact_offered() {
    for exact_one in "$@"; do
        exact_name=${exact_one%%=*}
        # What is installed is known to apk, in whatever version.
        if ! exact_said=$(apk policy "$exact_name") || [ -z "$exact_said" ]; then
            echo "apk does not say in which versions $exact_name is on offer"
            return 1
        fi
        # Below each version stand its sources; one of them is what is installed.
        if ! printf '%s\n' "$exact_said" | awk -v wanted="${exact_one#*=}:" '
        /^  [^ ]/ { version = $1 }
        /^    / && version == wanted && !/lib\/apk\/db\/installed/ { there = 1 }
        END { exit !there }'; then
            echo "$exact_name is not on offer in version ${exact_one#*=} any more"
            return 1
        fi
    done
}

# Gets new lists of what is on offer.
exact_refresh() {
    apk update >&2
}

# Brings each NAME=VERSION behind $1 to that version; what it needs comes along. Twice: the first pins the
# versions, the second takes the pins off again.
exact_bring() {
    shift
    apk add "$@" >&2 || return 1
    for exact_one in "$@"; do
        shift
        set -- "$@" "${exact_one%%=*}"
    done
    apk add "$@" >&2
}
