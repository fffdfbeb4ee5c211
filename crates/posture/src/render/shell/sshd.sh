# Before files of sshd are changed: a place beside them for copies.
sshd_begin() {
    [ -x /usr/sbin/sshd ] || failed "there is no /usr/sbin/sshd: the ssh server is not installed"
    [ -z "$kept" ] || rm -rf "$kept"
    kept=/etc/ssh/.holdfast-kept.$$
    rm -rf "$kept"
    mkdir -m 0700 "$kept"
    changes=0
}

# Keeps file $2 as copy number $1.
keep() {
    if [ -e "$2" ]; then cp -p "$2" "$kept/$1"; fi
}

# Puts copy number $1 back as file $2, which is gone if there is no copy.
give_back() {
    if [ ! -e "$kept/$1" ]; then
        rm -f "$2"
    elif ! cmp -s "$kept/$1" "$2"; then
        begin "$2"
        cp -p "$kept/$1" "$aside"
        mv -f "$aside" "$target"
        aside=
    fi
}

# Lets sshd judge all of its configuration. It wants its folder for privilege separation, which is
# missing while it does not run; the folder stays, since sshd may be starting just now.
sshd_accepts() {
    [ -d /run/sshd ] || mkdir -p -m 0755 /run/sshd
    /usr/sbin/sshd -t
}

# After sshd accepted it: it reads its files anew if one changed and it runs. It is the first of the
# units behind $1 that does: distributions call it by two names.
sshd_end() {
    pending=
    rm -rf "$kept"
    kept=
    if [ "$changes" = 0 ] || [ "$1" != reload ] || [ ! -d /run/systemd/system ]; then
        return 0
    fi
    shift
    for ssh_unit; do
        if systemctl is-active --quiet "$ssh_unit"; then
            systemctl reload "$ssh_unit"
            return 0
        fi
    done
}
