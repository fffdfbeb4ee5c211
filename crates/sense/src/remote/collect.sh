# Holdfast looks at this host: it reads, changes nothing and leaves nothing behind.
# Every word of the stream begins on a line of its own with the mark, so that what a file holds is
# never taken for what is said of it.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset IFS
umask 077
exec 4>&1 2>/dev/null </dev/null

# How what was said last ended.
z() { printf '\n%s = %s\n' "$N" "$*" >&4; }

# KIND NUMBER WHY: nothing can be told of it; m missing, d denied, l too many links, k another kind.
x() { printf '\n%s x %s %s %s\n' "$N" "$1" "$2" "$3" >&4; }

# At most so many bytes of the input.
if [ "$(printf abc | head -c 2)" = ab ]; then
    h() { head -c "$1"; }
else
    h() { dd ibs=65536 count=$(($1 / 65536 + 1)); }
fi

# PATH: why there is nothing at it, as R. Only where a link leads nowhere is another program asked.
m() {
    R=m mp=$1
    while :; do
        if [ -L "$mp" ]; then
            case $(cat -- "$1" 2>&1 >/dev/null) in
            *': Permission denied') R=d ;;
            *': Too many levels of symbolic links' | *': Symbolic link loop') R=l ;;
            esac
            return
        fi
        case $mp in
        */*) mp=${mp%/*} ;;
        *) return ;;
        esac
        if [ -d "${mp:-/}" ]; then
            [ -x "${mp:-/}" ] || R=d
            return
        fi
        if [ -z "$mp" ] || [ -e "$mp" ]; then return; fi
    done
}

# NUMBER PATH: the bytes of a file.
f() {
    if [ ! -e "$2" ]; then
        m "$2"
        x f "$1" "$R"
    elif [ ! -f "$2" ]; then
        x f "$1" k
    elif [ ! -r "$2" ]; then
        x f "$1" d
    else
        printf '\n%s f %s\n' "$N" "$1" >&4
        if h "$LIMIT" <"$2" >&4; then z 0; else z "1 $(cat 2>&1 >/dev/null <"$2")"; fi
    fi
}

# NUMBERS PATH...: type, mode, owner and group, in one go.
if [ -n "$(stat -c '%f %u %g' -- /)" ]; then
    t() {
        printf '\n%s t %s\n' "$N" "$1" >&4
        shift
        stat -c '%f %u %g' -- "$@" >&4
        z "$?"
    }
else
    t() {
        tn=$1
        shift
        for tp; do
            printf '\n%s u %s\n' "$N" "${tn%% *}" >&4
            ls -ldn -- "$tp" >&4
            z "$?"
            tn=${tn#* }
        done
    }
fi

# LINK TARGET: where it leads, as L; the root is its own parent.
lead() {
    case $2 in
    /*) lp=$2 ;;
    *) lp=${1%/*}/$2 ;;
    esac
    L=
    while [ -n "$lp" ]; do
        case $lp in
        */*) ln=${lp%%/*} lp=${lp#*/} ;;
        *) ln=$lp lp= ;;
        esac
        case $ln in
        '' | .) ;;
        ..) L=${L%/*} ;;
        *) L=$L/$ln ;;
        esac
    done
    [ -n "$L" ] || L=/
}

# NUMBER WHAT PATH: follows a link to its end; what is there is read where WHAT has an r.
k() {
    kn=$1 kw=$2 kp=$3 kc=0
    while :; do
        kt=$(readlink -- "$kp" && printf .) || kt=
        kt=${kt%??}
        [ -n "$kt" ] || return
        printf '\n%s l %s\n%s' "$N" "$kn" "$kt" >&4
        z 0
        kc=$((kc + 1))
        [ "$kc" -le 8 ] || return
        lead "$kp" "$kt"
        kp=$L D=$((D + 1))
        kn=$D
        printf '\n%s p %s\n%s' "$N" "$D" "$kp" >&4
        z 0
        if [ -L "$kp" ]; then
            t "$kn" "$kp"
        elif [ -e "$kp" ]; then
            t "$kn" "$kp"
            case $kw in *r*) [ ! -f "$kp" ] || f "$kn" "$kp" ;; esac
            return
        else
            m "$kp"
            x t "$kn" "$R"
            return
        fi
    done
}

# NUMBER WHAT PATH, and again: what stands there, and where links lead.
s() {
    si= sn=$#
    while [ "$sn" -gt 0 ]; do
        if [ -L "$3" ]; then
            k "$1" "$2" "$3"
            si="$si$1 "
            set -- "$@" "$3"
        elif [ -e "$3" ]; then
            si="$si$1 "
            set -- "$@" "$3"
        else
            m "$3"
            x t "$1" "$R"
        fi
        shift 3
        sn=$((sn - 3))
    done
    [ -z "$si" ] || t "$si" "$@"
}

# WHAT FOLDER...: whether all of them that are there may be listed (r) and entered (x). Where what
# is in them need not show, al says so.
al=
may() {
    aw=$1
    shift
    for ap; do
        if [ -d "$ap" ]; then
            case $aw in *r*) [ -r "$ap" ] || return 1 ;; esac
            [ -x "$ap" ] || case $aw in *x*) return 1 ;; *) al=- ;; esac
        elif [ ! -e "$ap" ]; then
            m "$ap"
            case $R in
            d) return 1 ;;
            l) al=- ;;
            esac
        fi
    done
}

# NUMBER WHAT PATH...: what of these is there; looked at with an s, read with an r.
g() {
    gi=$1 gw=$2 gn=0 ge=0
    shift 2
    printf '\n%s g %s %s\n' "$N" "$gi" "$((D + 1))" >&4
    for gp; do
        shift
        case $gp/ in */./* | */../* | */.git/*) continue ;; esac
        [ -e "$gp" ] || [ -L "$gp" ] || continue
        gn=$((gn + 1))
        if [ "$gn" -gt "$ENTRIES" ]; then
            ge=1
            continue
        fi
        D=$((D + 1))
        if [ -f "$gp" ]; then gk=f; else gk=o; fi
        printf '%s%s\0' "$gk" "$gp" >&4
        set -- "$@" "$D" "$gw" "$gp"
    done
    z $ge $al
    al=
    [ "$gw" != - ] || return 0
    case $gw in *s*) [ $# = 0 ] || s "$@" ;; esac
    case $gw in
    *r*)
        while [ $# -gt 0 ]; do
            [ ! -f "$3" ] || f "$1" "$3"
            shift 3
        done
        ;;
    esac
}

# NUMBER PROGRAM ARGUMENT...: what a program says, within ten seconds.
c() {
    ci=$1
    shift
    R=
    case $1 in
    */*) if [ ! -e "$1" ]; then m "$1"; elif [ ! -x "$1" ] || [ -d "$1" ]; then R=d; fi ;;
    *) command -v "$1" >/dev/null || R=m ;;
    esac
    if [ -n "$R" ]; then
        x c "$ci" "$R"
        return
    fi
    if command -v timeout >/dev/null; then set -- timeout 10 "$@"; fi
    printf '\n%s c %s\n' "$N" "$ci" >&4
    ce=$({ { env -i PATH="$PATH" LC_ALL=C "$@" 2>&3 3>&- 4>&-; printf '\n%s' "$?" >&3; } | h "$OUTPUT" >&4; } 3>&1)
    z "${ce##*
}"
    printf '\n%s e %s\n%s' "$N" "$ci" "${ce%
*}" >&4
    z 0
}

printf '\n%s begin 1 %s\n' "$N" "$(id -u)" >&4
