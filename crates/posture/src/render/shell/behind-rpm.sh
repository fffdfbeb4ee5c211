# Says each of the packages NAME=VERSION behind $1 that is installed and not in that version yet: in an
# earlier one for `lt`, in any other for `ne`.
exact_behind() {
    exact_relation=$1
    shift
    for exact_one in "$@"; do
        if ! rpm -q --quiet "${exact_one%%=*}"; then continue; fi
        exact_found=$(rpm_installed "${exact_one%%=*}")
        if rpm_at_least "$exact_found" "${exact_one#*=}"; then
            if [ "$exact_relation" = lt ] || rpm_at_least "${exact_one#*=}" "$exact_found"; then
                continue
            fi
        fi
        printf '%s\n' "$exact_one"
    done
}

# Says in which version package $1 is installed; nothing where it is not.
exact_version() {
    if rpm -q --quiet "$1"; then rpm_installed "$1"; fi
}
