# File $1 is what the awk program $3 makes of it; $2 says what that is. The rest is what the program
# reads from its environment.
change() {
    [ -e "$1" ] || failed "$1 is not there"
    begin "$1"
    says=$2
    program=$3
    shift 3
    env "$@" awk "$program" "$target" >"$aside"
    finish "$says"
}
