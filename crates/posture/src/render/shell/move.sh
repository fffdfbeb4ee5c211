# Moves $1 to $2, unless it is not there.
move() {
    if [ ! -e "$1" ] && [ ! -L "$1" ]; then
        ok "$1 is not there"
        return
    fi
    if [ -d "$2" ]; then failed "$2 is in the way"; fi
    if [ ! -d "${2%/*}" ]; then
        mkdir -p "${2%/*}"
        if [ "${2%/*}" = "$store" ]; then chmod 0700 "$store"; fi
    fi
    mv -f "$1" "$2"
    changed "$1 is now $2"
}
