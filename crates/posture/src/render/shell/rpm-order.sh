# The parts of [EPOCH:]VERSION[-RELEASE].
rpm_epoch() {
    case $1 in
        *:*) rpm_part=${1%%:*} ;;
        *) rpm_part=0 ;;
    esac
    if [ "$rpm_part" = '(none)' ]; then rpm_part=0; fi
    printf '%s\n' "$rpm_part"
}

rpm_version() {
    rpm_part=${1#*:}
    printf '%s\n' "${rpm_part%-*}"
}

rpm_release() {
    rpm_part=${1#*:}
    case $rpm_part in
        *-*) printf '%s\n' "${rpm_part##*-}" ;;
    esac
}

# Whether version $1 is at least $2, as RPM itself orders them; a release that $2 does not name does
# not count.
rpm_at_least() {
    for rpm_side in rpm_epoch rpm_version rpm_release; do
        rpm_one=$("$rpm_side" "$1")
        rpm_other=$("$rpm_side" "$2")
        if [ -z "$rpm_other" ]; then return 0; fi
        case $(rpm --eval "%{lua:print(rpm.vercmp('$rpm_one', '$rpm_other'))}") in
            1) return 0 ;;
            0) ;;
            *) return 1 ;;
        esac
    done
}

# The newest installed version of package $1; several can be installed side by side.
rpm_installed() {
    rpm_newest=
    for rpm_found in $(rpm -q --qf '%{EPOCH}:%{VERSION}-%{RELEASE} ' "$1"); do
        if [ -z "$rpm_newest" ] || rpm_at_least "$rpm_found" "$rpm_newest"; then
            rpm_newest=$rpm_found
        fi
    done
    printf '%s\n' "$rpm_newest"
}
