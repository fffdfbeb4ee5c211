sudo_accepts() {
    [ -x /usr/sbin/visudo ] || failed "there is no /usr/sbin/visudo: install sudo first"
    /usr/sbin/visudo -cqf "$1" || failed "visudo refuses the new file; nothing was changed"
}
