boot_unmasked() {
    need_systemd "$1"
    if [ "$(boot_state "$1")" = masked ]; then
        systemctl unmask "$1" >&2
        changed "$1 may be started again"
    else
        ok "$1 may be started"
    fi
}
