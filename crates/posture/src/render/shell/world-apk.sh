# Says what /etc/apk/world asks of package $1; nothing where nobody asked for it by name.
world_says() {
    [ -e /etc/apk/world ] || return 0
    for world_one in $(cat /etc/apk/world); do
        case $world_one in
            "$1" | "$1"['@<>=~']*) printf '%s\n' "$world_one" ;;
        esac
    done
}

# Says how package $1 is asked for, as somebody wrote it: apk goes no further than that admits.
world_asks() {
    world_says "$1" | grep . || printf '%s\n' "$1"
}

# Says how package $1 is called with the tag of the repository that it is to come from.
world_name() {
    world_own=$(world_says "$1")
    printf '%s\n' "${world_own%%['<>=~']*}" | grep . || printf '%s\n' "$1"
}

# Whether what somebody wrote of package $1 there admits version $2; says what it is where it does not.
world_admits() {
    for world_one in $(world_says "$1"); do
        world_asked=${world_one#"${world_one%%['<>=~']*}"}
        world_version=${world_asked#"${world_asked%%[!'<>=~']*}"}
        world_sign=${world_asked%"$world_version"}
        world_fits=no
        case $world_sign in
            '') world_fits=yes ;;
            '=' | '<' | '<=' | '>' | '>=')
                case $world_sign in
                    *"$(apk version -t "$2" "$world_version")"*) world_fits=yes ;;
                esac
                ;;
            *'~'*)
                case $2 in
                    "$world_version" | "$world_version"['._-']*) world_fits=yes ;;
                esac
                ;;
        esac
        if [ "$world_fits" = no ]; then
            echo "/etc/apk/world says $world_one, and $2 is another version"
            return 1
        fi
    done
}

# Runs a command of apk and leaves that file as it is, to the byte: apk writes there what it was asked
# for by name, and would keep it for ever. What is installed without standing there is needed by
# something else, and stays so.
world_kept() {
    if [ ! -e /etc/apk/world ]; then
        "$@" >&2
        return
    fi
    world_aside=/etc/apk/.holdfast.$$
    cp -p /etc/apk/world "$world_aside" || return 1
    world_ended=0
    "$@" >&2 || world_ended=1
    mv -f "$world_aside" /etc/apk/world || return 1
    return "$world_ended"
}
