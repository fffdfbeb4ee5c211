need_apk() {
    command -v apk >/dev/null 2>&1 || failed "packages are looked after by apk here, and there is none"
}

version_of() {
    full=$(apk info -e -v "$1") || full=
    printf '%s\n' "${full#"$1-"}"
}

upgrade_package() {
    need_apk
    if ! apk info -e "$1" >/dev/null; then
        ok "$1 is not installed"
    elif [ "$(apk version -t "$(version_of "$1")" "$2")" != '<' ]; then
        ok "$1 is $(version_of "$1")"
    else
        why=$(world_admits "$1" "$2") || failed "$why"
        apk update >&2 || :
        # shellcheck disable=SC2046 # what is asked for has no blanks
        world_kept apk add --upgrade $(world_asks "$1") || failed "$1 could not be upgraded"
        [ "$(apk version -t "$(version_of "$1")" "$2")" != '<' ] ||
            failed "the package sources offer $1 only in version $(version_of "$1")"
        changed "$1 is $(version_of "$1")"
    fi
}
