# Does $1 for what the words behind it say as NAME=VALUE, unless it is done already.
account() {
    deed=$1
    shift
    for word in "$@"; do export "$word"; done
    if "${deed}_done"; then
        ok "$deed $ACCOUNT"
    else
        "$deed"
        "${deed}_done" || failed "$deed $ACCOUNT changed nothing"
        changed "$deed $ACCOUNT"
    fi
}
