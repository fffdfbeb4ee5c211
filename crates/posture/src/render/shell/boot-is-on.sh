# Whether unit $1 starts with the system; static units, which others start, count as such.
boot_is_on() {
    case $(systemctl is-enabled "$1" 2>/dev/null) in
        enabled | static | alias | indirect | generated) return 0 ;;
    esac
    return 1
}
