# Brings package $1 to version $2 and to no other; what it needs comes along.
upgrade_to() {
    need_rpm
    if ! rpm -q --quiet "$1"; then
        ok "$1 is not installed"
    elif rpm_at_least "$(rpm_installed "$1")" "$2"; then
        ok "$1 is $(rpm_installed "$1")"
    else
        case $manager in
            zypper) zypper --non-interactive install "$1=$2" >&2 </dev/null ;;
            dnf) dnf upgrade -y --refresh "$1-$2" >&2 </dev/null ;;
            *) "$manager" upgrade -y "$1-$2" >&2 </dev/null ;;
        esac || failed "$1 is not on offer in version $2 any more"
        # Some end well where they find nothing to do.
        rpm_at_least "$(rpm_installed "$1")" "$2" ||
            failed "$1 is not on offer in version $2 any more"
        changed "$1 is $(rpm_installed "$1")"
    fi
}
