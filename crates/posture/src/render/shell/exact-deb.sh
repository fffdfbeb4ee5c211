# Whether packages are looked after here by what these functions ask.
exact_ready() {
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

# Whether each NAME=VERSION is on offer; says which is not, or that it cannot be asked.
exact_offered() {
    for exact_one in "$@"; do
        # What is installed is known to apt, in whatever version.
        if ! exact_said=$(apt-cache policy "${exact_one%%=*}" 2>/dev/null) || [ -z "$exact_said" ]; then
            echo "apt does not say in which versions ${exact_one%%=*} is on offer"
            return 1
        fi
        # Below each version stand its sources; one of them is what is installed.
        if ! printf '%s\n' "$exact_said" | awk -v wanted="${exact_one#*=}" '
        /^ (\*\*\*|   ) [^ ]/ { version = $1 == "***" ? $2 : $1 }
        /^        / && version == wanted && !/\/dpkg\/status$/ { there = 1 }
        END { exit !there }'; then
            echo "${exact_one%%=*} is not on offer in version ${exact_one#*=} any more"
            return 1
        fi
    done
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
