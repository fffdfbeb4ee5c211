# Takes away what starts unit $1, now and after the next start. Where its file stands elsewhere,
# systemctl takes the link to it away too, and with it the unit: that one comes back.
boot_disable() {
    if [ "$(systemctl is-enabled "$1" 2>/dev/null)" = enabled ]; then
        boot_link=$(readlink "/etc/systemd/system/$1") || boot_link=
        systemctl disable "$1" >&2 || return 1
        case $boot_link in
            */"$1")
                if [ ! -L "/etc/systemd/system/$1" ]; then
                    ln -s "$boot_link" "/etc/systemd/system/$1" || return 1
                fi
                ;;
        esac
    fi
    if [ "$(systemctl is-enabled "$1" 2>/dev/null)" = enabled-runtime ]; then
        systemctl disable --runtime "$1" >&2 || return 1
    fi
}

# Lets unit $1 start only if somebody asks for it; what cannot be disabled is masked.
boot_go_off() {
    case $(systemctl is-enabled "$1" 2>/dev/null) in
        enabled | enabled-runtime) boot_disable "$1" ;;
        masked-runtime)
            # Nothing can be disabled behind a mask. It comes back, whatever becomes of that.
            systemctl unmask --runtime "$1" >&2 || return 1
            boot_disable "$1" || :
            systemctl mask --runtime "$1" >&2 || return 1
            boot_is_off "$1"
            ;;
        *) systemctl mask "$1" >&2 ;;
    esac
}
