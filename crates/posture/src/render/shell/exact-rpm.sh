# Whether packages are looked after here by what these functions ask.
exact_ready() {
    command -v rpm >/dev/null || return 1
    for exact_manager in dnf yum microdnf tdnf zypper; do
        if command -v "$exact_manager" >/dev/null; then return 0; fi
    done
    return 1
}

# Says in which versions package $1 is on offer, one a line; nothing where nobody knows.
exact_versions() {
    case $exact_manager in
        zypper)
            LC_ALL=C zypper --non-interactive search --details --match-exact --type package "$1" </dev/null
            ;;
        *)
            # Not all know the first.
            "$exact_manager" repoquery "$1" </dev/null ||
                "$exact_manager" list --showduplicates "$1" </dev/null
            ;;
    esac | awk -v name="$1" '
    # Lines of NAME-VERSION.ARCHITECTURE, a table, or NAME.ARCHITECTURE VERSION SOURCE, which may be broken
    # in between. Some have what is installed among them.
    function say(version) { if (version ~ /^[A-Za-z0-9.+~^_:-]+$/) print version }
    {
        if (split($0, cells, / *\| */) > 5) {
            if (cells[2] == name && cells[6] !~ /System Packages/) say(cells[4])
            next
        }
        for (i = 1; i <= NF; i++) {
            if (behind == 2 && $i !~ /^(@|installed)/) say(version)
            if (behind == 1) version = $i
            behind = behind == 1 ? 2 : 0
            if (index($i, name ".") == 1) behind = 1
            if (index($i, name "-") != 1) continue
            full = substr($i, length(name) + 2)
            sub(/\.[^.]*$/, "", full)
            say(full)
        }
    }'
}

# Whether version $1 is the same as $2.
exact_same() {
    rpm_at_least "$1" "$2" && rpm_at_least "$2" "$1"
}

# Gets new lists of what is on offer.
exact_refresh() {
    case $exact_manager in
        zypper) zypper --non-interactive refresh >&2 </dev/null ;;
        dnf) dnf makecache --refresh >&2 </dev/null ;;
        yum) yum makecache fast >&2 </dev/null ;;
        *) "$exact_manager" makecache >&2 </dev/null ;;
    esac
}

# Brings each NAME=VERSION behind $1, `upgrade` or `downgrade`, to that version; what it needs comes along.
exact_bring() {
    exact_way=$1
    shift
    if [ "$exact_manager" = zypper ]; then
        if [ "$exact_way" = downgrade ]; then set -- --oldpackage "$@"; fi
        zypper --non-interactive install "$@" >&2 </dev/null
        return
    fi
    for exact_one in "$@"; do
        shift
        set -- "$@" "${exact_one%%=*}-${exact_one#*=}"
    done
    "$exact_manager" "$exact_way" -y "$@" >&2 </dev/null
}
