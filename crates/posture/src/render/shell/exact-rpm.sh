# Whether packages are looked after here by what these functions ask.
exact_ready() {
    command -v rpm >/dev/null || return 1
    for exact_manager in dnf yum microdnf tdnf zypper; do
        if command -v "$exact_manager" >/dev/null; then return 0; fi
    done
    return 1
}

# Says in which versions package $1 is on offer, one a line; ends with another status than 0 where nobody
# can be asked.
exact_versions() {
    # Not all know `repoquery`. The others list what is installed too, so that they find something.
    case $exact_manager in
        zypper)
            exact_said=$(LC_ALL=C zypper --non-interactive search --details --match-exact --type package "$1" \
                </dev/null) || return 1
            ;;
        *)
            exact_said=$("$exact_manager" repoquery "$1" </dev/null) ||
                exact_said=$("$exact_manager" list --showduplicates "$1" </dev/null) || return 1
            ;;
    esac
    # `NAME-VERSION.ARCHITECTURE`, `NAME.ARCHITECTURE VERSION`, or a table; long lines may be broken.
    printf '%s\n' "$exact_said" | awk -v name="$1" '
    function say(version) { if (version ~ /^[A-Za-z0-9.+~^_:-]+$/) print version }
    {
        if (split($0, cells, / *\| */) > 5) {
            if (cells[2] == name) say(cells[4])
            next
        }
        for (i = 1; i <= NF; i++) {
            if (behind) { say($i); behind = 0; continue }
            if (index($i, name ".") == 1) behind = 1
            if (index($i, name "-") != 1) continue
            version = substr($i, length(name) + 2)
            sub(/\.[^.]*$/, "", version)
            say(version)
        }
    }'
}

# Whether each NAME=VERSION is on offer; says which is not, or that it cannot be asked.
exact_offered() {
    for exact_one in "$@"; do
        if ! exact_all=$(exact_versions "${exact_one%%=*}"); then
            echo "$exact_manager does not say in which versions ${exact_one%%=*} is on offer"
            return 1
        fi
        exact_there=no
        for exact_version in $exact_all; do
            if rpm_at_least "$exact_version" "${exact_one#*=}" && rpm_at_least "${exact_one#*=}" "$exact_version"; then
                exact_there=yes
                break
            fi
        done
        if [ "$exact_there" = no ]; then
            echo "${exact_one%%=*} is not on offer in version ${exact_one#*=} any more"
            return 1
        fi
    done
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
