# Whether a link in /etc starts unit $1: a mask in /run hides from systemctl what counts after the
# next start.
boot_behind() {
    for boot_link in /etc/systemd/system/*.wants/"$1" /etc/systemd/system/*.requires/"$1" \
        /etc/systemd/system/*.upholds/"$1"; do
        if [ -L "$boot_link" ]; then return 0; fi
    done
    for boot_link in /etc/systemd/system/*; do
        case $(readlink "$boot_link") in
            */"$1") if [ "${boot_link##*/}" != "$1" ]; then return 0; fi ;;
        esac
    done
    return 1
}

# Whether unit $1 starts only if somebody asks for it.
boot_is_off() {
    case $(systemctl is-enabled "$1" 2>/dev/null) in
        enabled | enabled-runtime | alias | generated | transient) return 1 ;;
        masked-runtime) if boot_behind "$1"; then return 1; fi ;;
    esac
    return 0
}
