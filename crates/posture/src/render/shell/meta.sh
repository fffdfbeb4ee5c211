# Sets owner $2, group $3 and the permission bits $4 (as chmod reads them) of $1; what is empty is
# not asked. What is not there is left; links are never followed.
set_meta() {
    if [ -L "$1" ]; then failed "$1 is a symbolic link; nothing was changed"; fi
    if [ ! -e "$1" ]; then
        ok "$1 is not there"
        return
    fi
    before=$(ls -ld "$1")
    # Owner before bits: changing the owner clears setuid and setgid.
    if [ -n "$2" ] && [ "$(owner_of "$1")" != "$2" ]; then chown -h "$2" "$1"; fi
    if [ -n "$3" ] && [ "$(group_of "$1")" != "$3" ]; then chgrp -h "$3" "$1"; fi
    if [ -n "$4" ]; then chmod "$4" "$1"; fi
    if [ "$(ls -ld "$1")" = "$before" ]; then ok "$1"; else changed "$1"; fi
}

owner_of() {
    ls -ld "$1" | awk '{ print $3; exit }'
}

group_of() {
    ls -ld "$1" | awk '{ print $4; exit }'
}
