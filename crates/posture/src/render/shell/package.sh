need_apt() {
    command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1 ||
        failed "packages can be changed only with apt, and there is none here"
}

installed() {
    dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

version_of() {
    dpkg-query -W -f '${Version}\n' "$1" 2>/dev/null | head -n 1
}

# What apt and dpkg say goes to standard error: here one line is said of each state.
apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -y -q \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" >&2 </dev/null
}

# Installs with the lists that are there, and fetches new ones if that fails.
apt_install() {
    apt install --no-install-recommends "$@" || { apt update && apt install --no-install-recommends "$@"; }
}

install_package() {
    need_apt
    if installed "$1"; then
        ok "$1 is installed"
    else
        apt_install "$1" || failed "$1 could not be installed"
        changed "$1 is installed"
    fi
}

# Removes package $1, and nothing with it but the packages named after it.
remove_package() {
    need_apt
    gone=$1
    if ! installed "$gone"; then
        ok "$gone is not installed"
        return
    fi
    plan=$(apt-get -s remove "$gone") || failed "apt cannot remove $gone; nothing was removed"
    for would in $(printf '%s\n' "$plan" | awk '$1 == "Remv" { sub(/:.*/, "", $2); print $2 }'); do
        agreed=no
        for name in "$@"; do
            if [ "$name" = "$would" ]; then agreed=yes; fi
        done
        [ "$agreed" = yes ] || failed "$would needs $gone and would go with it; nothing was removed"
    done
    apt remove "$gone" || failed "$gone could not be removed"
    changed "$gone is removed"
}

upgrade_package() {
    need_apt
    if ! installed "$1"; then
        ok "$1 is not installed"
    elif dpkg --compare-versions "$(version_of "$1")" ge "$2"; then
        ok "$1 is $(version_of "$1")"
    else
        # What the lists know is too old; nothing is removed for it.
        apt update || :
        apt install --no-install-recommends --no-remove --only-upgrade "$1" ||
            failed "$1 could not be upgraded"
        dpkg --compare-versions "$(version_of "$1")" ge "$2" ||
            failed "the package sources offer $1 only in version $(version_of "$1")"
        changed "$1 is $(version_of "$1")"
    fi
}
