# Brings package $1 to version $2 and to no other, and along with it those of the others, NAME=VERSION,
# that are installed in an earlier one: they may need each other.
upgrade_to() {
    need_apt
    if ! installed "$1"; then
        ok "$1 is not installed"
        return
    fi
    if dpkg --compare-versions "$(version_of "$1")" ge "$2"; then
        ok "$1 is $(version_of "$1")"
        return
    fi
    name=$1 version=$2
    # What the lists know may be too old, or already another one.
    offered "$name" "$version" || apt update || :
    offered "$name" "$version" || failed "$name is not on offer in version $version any more"
    shift 2
    for other in "$@"; do
        shift
        if installed "${other%%=*}" &&
            dpkg --compare-versions "$(version_of "${other%%=*}")" lt "${other#*=}"; then
            set -- "$@" "$other"
        fi
    done
    apt install --no-install-recommends --no-remove --only-upgrade "$name=$version" "$@" ||
        failed "$name could not be brought to $version"
    changed "$name is $(version_of "$name")"
}

# Whether package $1 is on offer in version $2.
offered() {
    apt-cache show "$1=$2" >/dev/null 2>&1
}
