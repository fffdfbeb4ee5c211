set -euf
LC_ALL=C
export LC_ALL

# Whether user $1 is in a group that may become root.
is_admin() {
    awk -F: -v user="$1" -v gid="$2" '
    $1 == "sudo" || $1 == "admin" || $1 == "wheel" {
        if ($3 == gid) found = 1
        count = split($4, members, ",")
        for (n = 1; n <= count; n++) if (members[n] == user) found = 1
    }
    END { exit !found }' /etc/group
}

# Whether a person can log in with shell $1; an empty one means /bin/sh.
is_login_shell() {
    case $1 in
        */nologin | */false | */sync | */halt | */shutdown) return 1 ;;
    esac
}

# Whether user $1 has a password.
has_password() {
    [ -r /etc/shadow ] && awk -F: -v user="$1" '
    $1 == user && substr($2, 1, 1) == "$" { found = 1 }
    END { exit !found }' /etc/shadow
}

# Whether others than the owner may write $1; then sshd does not trust it (StrictModes).
others_write() {
    case $(ls -ldL "$1" | cut -c6,9) in
        *w*) return 0 ;;
    esac
    return 1
}

# Whether user $1 with home $2 has a key in a file that sshd reads and trusts.
has_key() {
    if [ -d "$2" ] && others_write "$2"; then return 1; fi
    for pattern in $key_files; do
        file=$(printf '%s\n' "$pattern" | USER_NAME=$1 USER_HOME=$2 awk '{
            out = ""
            while (match($0, /%./)) {
                sign = substr($0, RSTART, 2)
                if (sign == "%u") with = ENVIRON["USER_NAME"]
                else if (sign == "%h") with = ENVIRON["USER_HOME"]
                else if (sign == "%%") with = "%"
                else with = sign
                out = out substr($0, 1, RSTART - 1) with
                $0 = substr($0, RSTART + 2)
            }
            print out $0
        }')
        case $file in
            none) continue ;;
            /*) ;;
            *) file=$2/$file ;;
        esac
        if [ -f "$file" ] && ! others_write "$file" && ! others_write "${file%/*}" &&
            grep -Eq '^[[:blank:]]*[^#[:blank:]]' "$file"; then
            return 0
        fi
    done
    return 1
}

# Whether user $1 with home $2 can prove who they are.
gets_in() {
    if has_key "$1" "$2"; then return 0; fi
    [ "$passwords" = yes ] && has_password "$1"
}

close=
while IFS=: read -r name _ uid gid _ home login; do
    is_login_shell "$login" || continue
    way=none
    if [ "$uid" = 0 ]; then
        case $root in
            key) if has_key "$name" "$home"; then way=open; fi ;;
            password) if gets_in "$name" "$home"; then way=open; fi ;;
        esac
    elif is_admin "$name" "$gid"; then
        if gets_in "$name" "$home"; then way=open; else close=${close:-$name}; fi
    fi
    if [ "$way" = open ]; then
        printf 'ok: %s can log in and become root\n' "$name"
        exit 0
    fi
done </etc/passwd

if [ "$passwords" = yes ]; then
    needs="a password or a key"
else
    needs="a key"
fi
if [ -n "$close" ]; then
    printf 'failed: %s may become root but has no way in: add %s (one of %s)\n' \
        "$close" "$needs" "$key_files" >&2
else
    printf 'failed: nobody else can log in and become root: put a user with %s into the group sudo\n' \
        "$needs" >&2
fi
exit 1
