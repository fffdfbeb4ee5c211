# Says each installed copy of the packages NAME=VERSION behind $1 that is not in that version yet: in an
# earlier one for `lt`, in any other for `ne`. There is one for each architecture.
exact_behind() {
    exact_relation=$1
    shift
    for exact_one in "$@"; do
        dpkg-query -W -f '${db:Status-Status} ${Architecture} ${Version}\n' "${exact_one%%=*}" 2>/dev/null |
            while read -r exact_status exact_arch exact_found; do
                if [ "$exact_status" != installed ] ||
                    ! dpkg --compare-versions "$exact_found" "$exact_relation" "${exact_one#*=}"; then
                    continue
                fi
                case $exact_arch in
                    all) printf '%s\n' "$exact_one" ;;
                    *) printf '%s:%s=%s\n' "${exact_one%%=*}" "$exact_arch" "${exact_one#*=}" ;;
                esac
            done
    done
}

# Says in which version package $1 is installed; nothing where it is not.
exact_version() {
    dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null |
        awk '$1 == "installed" { print $2; exit }'
}
