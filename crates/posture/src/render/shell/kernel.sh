# Sets the running kernel parameter $1, file $2, to $3. Where the file cannot be written, as in most
# containers, nothing is set: that cannot be asked with `test -w` alone, since some shells say yes to
# root even on a read-only mount, so the file is opened for writing without writing.
set_kernel() {
    if [ ! -e "$2" ]; then
        ok "$1 is not known to this kernel"
    elif [ ! -w "$2" ] || ! (: >>"$2") 2>/dev/null; then
        ok "$1 cannot be set here; it counts from the next start"
    elif [ "$(tr -s '\t ' '  ' <"$2")" = "$3" ]; then
        ok "$1 is $3"
    else
        printf '%s\n' "$3" >"$2"
        [ "$(tr -s '\t ' '  ' <"$2")" = "$3" ] || failed "the kernel does not take $3 for $1"
        changed "$1 is $3"
    fi
}
