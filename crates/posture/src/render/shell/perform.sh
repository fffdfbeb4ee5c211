# Does $3 unless $2 says that it is done already; $1 says what. Both are texts for the shell, which
# read what stands behind them from their environment.
perform() {
    says=$1
    asks=$2
    does=$3
    shift 3
    if env "$@" sh -c "$asks" >/dev/null 2>&1; then
        ok "$says"
    else
        env "$@" sh -c "$does" >&2 || failed "$says"
        changed "$says"
    fi
}
