# Brings each installed NAME=VERSION behind $1, `upgrade` or `downgrade`, to that version, all of them or
# none: they may need each other. An upgrade leaves what is later already. Says why it could not.
exact_go() {
    exact_way=$1
    shift
    case $exact_way in
        upgrade) exact_side=lt ;;
        *) exact_side=ne ;;
    esac
    exact_wanted=$*
    # shellcheck disable=SC2046 # names and versions have no blanks
    set -- $(exact_behind "$exact_side" "$@")
    # What the lists know may be too old; without new ones they have to do.
    exact_refresh || :
    exact_offered "$@" || return 1
    exact_ended=well
    exact_bring "$exact_way" "$@" || exact_ended=badly
    # Some end well where they find nothing to do.
    # shellcheck disable=SC2086
    exact_left=$(exact_behind "$exact_side" $exact_wanted)
    if [ "$exact_ended" = well ] && [ -z "$exact_left" ]; then return 0; fi
    for exact_one in $exact_left $exact_wanted; do
        echo "${exact_one%%=*} could not be brought to ${exact_one#*=}"
        return 1
    done
}
