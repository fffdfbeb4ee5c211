need_systemd() {
    command -v systemctl >/dev/null 2>&1 || failed "there is no systemctl here to look after $1"
}

# enabled, disabled, masked, static and so on; empty where there is no such unit.
boot_state() {
    systemctl is-enabled "$1" 2>/dev/null || :
}

boot_on() {
    need_systemd "$1"
    if boot_is_on "$1"; then
        ok "$1 starts with the system"
    else
        boot_go_on "$1" || failed "$1 could not be enabled"
        changed "$1 starts with the system"
    fi
}

boot_off() {
    need_systemd "$1"
    if boot_is_off "$1"; then
        ok "$1 does not start with the system"
    else
        boot_go_off "$1" || failed "$1 could not be disabled"
        changed "$1 does not start with the system"
    fi
}

boot_masked() {
    need_systemd "$1"
    case $(boot_state "$1") in
        masked)
            ok "$1 is masked"
            return
            ;;
        enabled) systemctl disable "$1" >&2 ;;
    esac
    systemctl mask "$1" >&2
    changed "$1 is masked"
}

# Starts or stops a unit, where systemd runs.
run_unit() {
    if [ ! -d /run/systemd/system ]; then
        ok "systemd does not run here: $1 is left"
    elif systemctl is-active --quiet "$1"; then
        if [ "$2" = on ]; then
            ok "$1 runs"
        else
            systemctl stop "$1" >&2
            changed "$1 is stopped"
        fi
    elif [ "$2" = on ]; then
        systemctl start "$1" >&2
        systemctl is-active --quiet "$1" || failed "$1 does not stay up"
        changed "$1 runs"
    else
        ok "$1 does not run"
    fi
}
