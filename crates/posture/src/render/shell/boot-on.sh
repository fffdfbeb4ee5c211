# Lets unit $1 start with the system. A mask in /run may stand behind one in /etc, and nothing can be
# enabled behind it.
boot_go_on() {
    if [ "$(systemctl is-enabled "$1" 2>/dev/null)" = masked ]; then
        systemctl unmask "$1" >&2 || return 1
    fi
    if [ "$(systemctl is-enabled "$1" 2>/dev/null)" = masked-runtime ]; then
        systemctl unmask --runtime "$1" >&2 || return 1
    fi
    boot_is_on "$1" || systemctl enable "$1" >&2
}
