# Whether each NAME=VERSION is on offer; says which is not, or that nobody knows: the lists that are there
# always say something of a package that is installed.
exact_offered() {
    for exact_one in "$@"; do
        exact_name=${exact_one%%=*} exact_wanted=${exact_one#*=}
        exact_all=$(exact_versions "$exact_name")
        if [ -z "$exact_all" ]; then
            echo "nobody knows in which versions $exact_name is on offer"
            return 1
        fi
        exact_there=no
        for exact_version in $exact_all; do
            if exact_same "$exact_version" "$exact_wanted"; then
                exact_there=yes
                break
            fi
        done
        if [ "$exact_there" = no ]; then
            echo "$exact_name is not on offer in version $exact_wanted any more"
            return 1
        fi
    done
}

# Brings each installed NAME=VERSION behind $1, `upgrade` or `downgrade`, to that version, all of them or
# none: they may need each other. An upgrade leaves what is later already. Says why it could not.
exact_go() {
    exact_way=$1
    shift
    case $exact_way in
        upgrade) exact_side=lt ;;
        *) exact_side=ne ;;
    esac
    exact_goals=$*
    # shellcheck disable=SC2046 # names and versions have no blanks
    set -- $(exact_behind "$exact_side" "$@")
    # Where nothing is named, some managers would bring up everything.
    if [ $# = 0 ]; then return 0; fi
    # What the lists know may be too old; without new ones they have to do.
    exact_refresh || :
    exact_offered "$@" || return 1
    exact_ended=well
    exact_bring "$exact_way" "$@" || exact_ended=badly
    # Some end well where they find nothing to do.
    # shellcheck disable=SC2086
    exact_left=$(exact_behind "$exact_side" $exact_goals)
    if [ "$exact_ended" = well ] && [ -z "$exact_left" ]; then return 0; fi
    for exact_one in $exact_left $exact_goals; do
        echo "${exact_one%%=*} could not be brought to ${exact_one#*=}"
        return 1
    done
}
