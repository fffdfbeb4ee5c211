# Begins a new version of file $1 beside it, with its mode and owner. A link stays a link: what it
# points to is changed. Drop-in folders do not read names that begin with a dot.
begin() {
    target=$1
    if [ -L "$target" ]; then target=$(readlink -f "$target"); fi
    aside=${target%/*}/.holdfast.$$
    rm -f "$aside"
    if [ -e "$target" ]; then
        cp -p "$target" "$aside"
    else
        (umask 077 && : >"$aside")
    fi
}

mode_of() {
    ls -ld "$1" | cut -c1-10
}

# Puts the new version in place if it differs; $1 says what was done.
finish() {
    if [ -e "$target" ] && cmp -s "$aside" "$target" &&
        [ "$(mode_of "$aside")" = "$(mode_of "$target")" ]; then
        rm -f "$aside"
        aside=
        ok "$1"
    else
        mv -f "$aside" "$target"
        aside=
        changed "$1"
    fi
}

# Writes file $1 with mode $2 from standard input; $3, if given, has to accept it first.
write_file() {
    mkdir -p "${1%/*}"
    begin "$1"
    cat >"$aside"
    chmod "$2" "$aside"
    if [ $# -gt 2 ]; then "$3" "$aside"; fi
    finish "$1"
}

delete_file() {
    if [ -e "$1" ] || [ -L "$1" ]; then
        rm -f "$1"
        changed "$1 is gone"
    else
        ok "$1 is not there"
    fi
}
