# Brings package $1 to version $2 and to no other; what it needs comes along. Twice: the first pins the
# version, the second takes the pin off again.
upgrade_to() {
    need_apk
    if ! apk info -e "$1" >/dev/null; then
        ok "$1 is not installed"
    elif [ "$(apk version -t "$(version_of "$1")" "$2")" != '<' ]; then
        ok "$1 is $(version_of "$1")"
    else
        apk update >&2 || :
        { apk add "$1=$2" && apk add "$1"; } >&2 || failed "$1 is not on offer in version $2 any more"
        [ "$(apk version -t "$(version_of "$1")" "$2")" != '<' ] ||
            failed "$1 is not on offer in version $2 any more"
        changed "$1 is $(version_of "$1")"
    fi
}
