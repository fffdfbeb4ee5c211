need_rpm() {
    command -v rpm >/dev/null 2>&1 || failed "packages are looked after by rpm here, and there is none"
    for manager in dnf yum microdnf tdnf zypper; do
        if command -v "$manager" >/dev/null 2>&1; then return; fi
    done
    failed "there is none of dnf, yum, microdnf, tdnf and zypper here"
}

# What they say goes to standard error: here one line is said of each state.
upgrade_package() {
    need_rpm
    if ! rpm -q --quiet "$1"; then
        ok "$1 is not installed"
    elif rpm_at_least "$(rpm_installed "$1")" "$2"; then
        ok "$1 is $(rpm_installed "$1")"
    else
        case $manager in
            zypper) zypper --non-interactive update "$1" >&2 </dev/null ;;
            dnf) dnf upgrade -y --refresh "$1" >&2 </dev/null ;;
            *) "$manager" upgrade -y "$1" >&2 </dev/null ;;
        esac || failed "$1 could not be upgraded"
        rpm_at_least "$(rpm_installed "$1")" "$2" ||
            failed "the package sources offer $1 only in version $(rpm_installed "$1")"
        changed "$1 is $(rpm_installed "$1")"
    fi
}
