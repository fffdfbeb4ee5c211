# Run it on the host as root, and carry the file that it leaves to where Holdfast is:
#     sudo sh collect.sh >web1.facts
#     holdfast audit web1.facts

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
if [ -t 1 ]; then
    echo 'what this says belongs into a file: sudo sh collect.sh >web1.facts' >&2
    exit 2
fi
# What root may read is nobody else's.
[ ! -f /proc/self/fd/1 ] || chmod go= /proc/self/fd/1 2>/dev/null
# Nobody who reads this script beforehand shall know the mark.
N=$N$(od -An -N16 -tx1 /dev/urandom 2>/dev/null | tr -cd 0-9a-f)
T=$(date -u +%Y-%m-%dT%H:%M:%SZ 2>/dev/null)
printf 'holdfast facts 1 %s %s\n' "$N" "${T:--}"
