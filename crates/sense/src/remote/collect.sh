# Holdfast looks at this host: it reads, changes nothing and leaves nothing behind.
# Every word of the stream begins on a line of its own with the mark, so that what a file holds is
# never taken for what is said of it.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset IFS
umask 077
E='
'
STEP=0
exec 4>&1 2>/dev/null </dev/null

# How what was said last ended.
z() { printf '\n%s = %s\n' "$N" "$*" >&4; }

# KIND NUMBER WHY: nothing can be told of it; m missing, d denied, l too many links, k another kind.
x() { printf '\n%s x %s %s %s\n' "$N" "$1" "$2" "$3" >&4; }

# Whether one program reads several files, each behind a line that names it (XCU, head).
if [ "$(head -c 9 -- /dev/null /dev/null)" = '==> /dev/null <==

==> /dev/null <==' ]; then
    heads() { head -c "$LIMIT" -- "$@"; }
    h() { head -c "$1"; }
else
    heads() { return 1; }
    TOGETHER=1
    # At most so many bytes of the input.
    if [ "$(printf abc | head -c 2)" = ab ]; then
        h() { head -c "$1"; }
    else
        h() { dd ibs=65536 count=$(($1 / 65536 + 1)); }
    fi
fi

# TEXT: as a word that means itself, as Q.
q() {
    Q= qt=$1
    while :; do
        case $qt in
        *\'*) Q="$Q${qt%%\'*}'\\''" qt=${qt#*\'} ;;
        *) break ;;
        esac
    done
    Q="'$Q$qt'"
}

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

# NUMBER PATH PROGRAM...: what a program leaves of a file; all of it where the program cannot.
v() {
    vi=$1 vp=$2
    shift 2
    if [ -f "$vp" ] && [ -r "$vp" ]; then
        printf '\n%s v %s\n' "$N" "$vi" >&4
        if "$@" <"$vp" >&4; then
            z 0
            return
        fi
        z 1
    fi
    f "$vi" "$vp"
}

# NUMBER PATH: the bytes of a file of one line, such as the name of a process, by the shell alone.
o() {
    if { IFS= read -r ol && ! IFS= read -r oo && [ -z "$oo" ]; } <"$2"; then
        printf '\n%s f %s\n%s\n' "$N" "$1" "$ol" >&4
        z 0
    else
        f "$1" "$2"
    fi
}

# NUMBERS PATH...: the bytes of files that are there, in one go; each alone where that fails.
b() {
    bn=$1
    shift
    if [ $# -gt 1 ]; then
        printf '\n%s b %s\n' "$N" "$bn" >&4
        if heads "$@" >&4; then
            z 0
            return
        fi
        z 1
    fi
    for bp; do
        f "${bn%% *}" "$bp"
        bn=${bn#* }
    done
}

# NUMBER PATH, and again: the bytes of files. What has no plain name is read alone.
fs() {
    rk=n rc=0 ri= rp=
    for ra; do
        if [ "$rk" = n ]; then
            rn=$ra rk=p
            continue
        fi
        rk=n
        # One that cannot be opened would spoil the others.
        if [ -f "$ra" ] && { :; } <"$ra"; then rw=$ra; else rw=; fi
        case $rw in
        '') f "$rn" "$ra" ;;
        /proc/[0-9]*/comm) o "$rn" "$ra" ;;
        *[!\ -~]*) f "$rn" "$ra" ;;
        *)
            q "$ra"
            ri="$ri$rn " rp="$rp $Q" rc=$((rc + 1))
            if [ "$rc" -ge "$TOGETHER" ]; then
                eval "b '$ri' $rp"
                rc=0 ri= rp=
            fi
            ;;
        esac
    done
    [ -z "$ri" ] || eval "b '$ri' $rp"
}

# NUMBER PATH: what m says, or that it changed where it is there all the same.
w() {
    if [ -e "$2" ] || [ -L "$2" ]; then
        printf '\n%s t %s\n' "$N" "$1" >&4
        z 1
    else
        m "$2"
        x t "$1" "$R"
    fi
}

# NUMBERS PATH...: type, mode, owner and group, in one go.
if [ -n "$(stat -c '%f %u %g' -- /)" ]; then
    all() {
        ai=$1
        shift
        ao=$(stat -c '%f %u %g' -- "$@") || return 1
        printf '\n%s t %s\n%s\n' "$N" "$ai" "$ao" >&4
        z 0
    }
    # Where one went away meanwhile, the others are asked again; where that helps not, each alone.
    t() {
        ! all "$@" || return 0
        tn=$1 ti= tp=
        shift
        for ta; do
            if [ -e "$ta" ] || [ -L "$ta" ]; then
                q "$ta"
                ti="$ti${tn%% *} " tp="$tp $Q"
            else
                w "${tn%% *}" "$ta"
            fi
            tn=${tn#* }
        done
        [ -z "$ti" ] || eval "u '$ti' $tp"
    }
    u() {
        ! all "$@" || return 0
        tn=$1
        shift
        for ta; do
            all "${tn%% *}" "$ta" || w "${tn%% *}" "$ta"
            tn=${tn#* }
        done
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

# LINK...: where they lead, as Y, with an end of line behind each; nothing where one does not tell,
# or has such an end in itself.
y() {
    yc=$#
    [ "$yc" -gt 1 ] && Y=$(readlink -- "$@" && printf .) || Y=
    Y=${Y%.}
    case $E$Y in *"$E$E"*) Y= ;; esac
    set -f
    IFS=$E
    # What is counted are the words.
    set -- $Y
    unset IFS
    set +f
    [ $# = "$yc" ] || Y=
}

# NUMBER WHAT PATH, and again: follows these links by one step, and so on to their ends.
k() {
    kk=n ks=
    for ka; do
        case $kk in
        n)
            kn=$ka kk=w
            continue
            ;;
        w)
            kw=$ka kk=p
            continue
            ;;
        esac
        kk=n
        if [ -n "$Y" ]; then
            kt=${Y%%"$E"*} Y=${Y#*"$E"}
        else
            kt=$(readlink -- "$ka" && printf .) || kt=
            kt=${kt%??}
        fi
        [ -n "$kt" ] || continue
        printf '\n%s l %s\n%s' "$N" "$kn" "$kt" >&4
        z 0
        [ "$STEP" -lt 8 ] || continue
        lead "$ka" "$kt"
        D=$((D + 1))
        printf '\n%s p %s\n%s' "$N" "$D" "$L" >&4
        z 0
        q "$L"
        ks="$ks $D $kw $Q"
    done
    STEP=$((STEP + 1))
    [ -z "$ks" ] || eval "s $ks"
    STEP=$((STEP - 1))
}

# PATH: whether it is a link of /proc that leads nowhere, which cannot be followed.
dark() {
    case $1 in
    /proc/*) [ ! -e "$1" ] ;;
    *) false ;;
    esac
}

# PATH: whether that is so because the process has no file: the kernel's own, and those that ended.
# They have no words, either.
bare() {
    bw=
    [ "$U" = 0 ] && read -r bw <"${1%/*}/cmdline"
    [ "$U" = 0 ] && [ -z "$bw" ]
}

# NUMBER WHAT PATH, and again: what stands there, and where links lead. At the end of a link is read
# what is there where WHAT has an r.
s() {
    sk=n si= sp= sl= sy= sr=
    for sa; do
        case $sk in
        n)
            sn=$sa sk=w
            continue
            ;;
        w)
            sw=$sa sk=p
            continue
            ;;
        esac
        sk=n
        q "$sa"
        if [ -L "$sa" ]; then
            if ! dark "$sa"; then
                sl="$sl $sn $sw $Q" sy="$sy $Q"
            elif bare "$sa"; then
                x t "$sn" m
                continue
            fi
        elif [ ! -e "$sa" ]; then
            m "$sa"
            x t "$sn" "$R"
            continue
        elif [ "$STEP" -gt 0 ] && [ -f "$sa" ]; then
            case $sw in *r*) sr="$sr $sn $Q" ;; esac
        fi
        si="$si$sn " sp="$sp $Q"
    done
    [ -z "$si" ] || eval "t '$si' $sp"
    [ -z "$sr" ] || eval "fs $sr"
    if [ -n "$sl" ]; then
        eval "y $sy"
        eval "k $sl"
    fi
}

# What patterns found: what is looked at, what is read, and how much of it there is.
A= B= C=0
now() {
    [ -z "$A" ] || eval "s $A"
    [ -z "$B" ] || eval "fs $B"
    A= B= C=0
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

# NUMBER WHAT PATH...: what of these is there; looked at with an s, read with an r, together with
# what other patterns find.
g() {
    gi=$1 gw=$2 gn=0 ge=0
    shift 2
    printf '\n%s g %s %s\n' "$N" "$gi" "$((D + 1))" >&4
    for gp; do
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
        [ "$gw" != - ] || continue
        q "$gp"
        C=$((C + 1))
        case $gw in *s*) A="$A $D $gw $Q" ;; esac
        case $gk$gw in f*r*) B="$B $D $Q" ;; esac
    done
    z $ge $al
    al=
    [ "$C" -lt "$TOGETHER" ] || now
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

U=$(id -u)
printf '\n%s begin 1 %s\n' "$N" "$U" >&4
