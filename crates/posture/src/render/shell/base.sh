set -eu
LC_ALL=C
export LC_ALL
umask 022
changes=0
aside=
kept=
pending=

changed() {
    changes=$((changes + 1))
    printf 'changed: %s\n' "$*"
}

ok() {
    printf 'ok: %s\n' "$*"
}

failed() {
    printf 'failed: %s\n' "$*" >&2
    exit 1
}

# Whatever ends the script: nothing half done stays.
leave() {
    status=$?
    trap - EXIT
    if [ -n "$pending" ]; then "$pending"; fi
    if [ -n "$aside" ]; then rm -f "$aside"; fi
    if [ -n "$kept" ]; then rm -rf "$kept"; fi
    exit "$status"
}
trap leave EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
