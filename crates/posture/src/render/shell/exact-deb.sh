# Whether packages are looked after here by what these functions ask.
exact_ready() {
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

# Says in which versions package $1 is on offer, one a line; nothing where nobody knows.
exact_versions() {
    # Below each version stand its sources; one of them is what is installed.
    apt-cache policy "$1" 2>/dev/null | awk '
    /^ (\*\*\*|   ) [^ ]/ { version = $1 == "***" ? $2 : $1 }
    /^       / && !/\/dpkg\/status$/ { print version }'
}

# Whether version $1 is the same as $2.
exact_same() {
    [ "$1" = "$2" ]
}

# Gets new lists of what is on offer.
exact_refresh() {
    DEBIAN_FRONTEND=noninteractive apt-get -y -q update >&2 </dev/null
}

# Brings each NAME=VERSION behind $1, `upgrade` or `downgrade`, to that version; nothing is removed for it.
exact_bring() {
    case $1 in
        upgrade) exact_option=--only-upgrade ;;
        *) exact_option=--allow-downgrades ;;
    esac
    shift
    DEBIAN_FRONTEND=noninteractive apt-get -y -q \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
        install --no-install-recommends --no-remove "$exact_option" "$@" >&2 </dev/null
}
