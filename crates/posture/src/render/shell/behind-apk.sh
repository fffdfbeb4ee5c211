# Says each of the packages NAME=VERSION behind $1 that is installed and not in that version yet: in an
# earlier one for `lt`, in any other for `ne`.
exact_behind() {
    exact_relation=$1
    shift
    for exact_one in "$@"; do
        exact_found=$(exact_version "${exact_one%%=*}")
        if [ -z "$exact_found" ]; then continue; fi
        case $exact_relation$(apk version -t "$exact_found" "${exact_one#*=}") in
            'lt<' | 'ne<' | 'ne>') printf '%s\n' "$exact_one" ;;
        esac
    done
}

# Says in which version package $1 is installed; nothing where it is not.
exact_version() {
    exact_full=$(apk info -e -v "$1") || return 0
    printf '%s\n' "${exact_full#"$1-"}"
}
