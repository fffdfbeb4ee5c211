# Runs in a mount and a network namespace of its own: sh namespace.sh FOLDER RUN...
# FOLDER holds seed.sh and the texts to run; /etc is a copy, /run and /var/lib are empty, and
# network parameters are the namespace's. Nothing outside of FOLDER is written.
set -eu
folder=$1
shift
mkdir "$folder/m"
mount -t tmpfs -o mode=0755 tmpfs "$folder/m"
cp -a /etc "$folder/m/etc"
mkdir "$folder/m/run" "$folder/m/lib" "$folder/m/home"
mount --bind "$folder/m/etc" /etc
mount --bind "$folder/m/run" /run
mount --bind "$folder/m/lib" /var/lib
# Only the network's parameters are the namespace's: nothing else of the kernel may be written.
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,rw /proc/sys/net
HOME=$folder/m/home
ANSIBLE_LOCAL_TEMP=$HOME/local
ANSIBLE_REMOTE_TEMP=$HOME/remote
ANSIBLE_NOCOLOR=1
ANSIBLE_LOCALHOST_WARNING=False
ANSIBLE_DEPRECATION_WARNINGS=False
ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3
export HOME ANSIBLE_LOCAL_TEMP ANSIBLE_REMOTE_TEMP ANSIBLE_NOCOLOR ANSIBLE_LOCALHOST_WARNING
export ANSIBLE_DEPRECATION_WARNINGS ANSIBLE_PYTHON_INTERPRETER

sh "$folder/seed.sh"

# Every file with its owner, mode and content, and the kernel parameter that is played with.
state() {
    find /etc ! -path /etc/ssh ! -name '.ansible*' -printf '%p %y %m %u %g %l\n' | sort
    find /etc -type f ! -name '.ansible*' -exec sha256sum {} + | sort
    cat /proc/sys/net/ipv4/ip_forward
}

state >"$folder/0.state"
number=0
for name in "$@"; do
    number=$((number + 1))
    status=0
    case $name in
        *.yml) ansible-playbook -c local -i localhost, "$folder/$name" >"$folder/$number.out" 2>"$folder/$number.err" </dev/null || status=$? ;;
        *.dash) dash "$folder/$name" >"$folder/$number.out" 2>"$folder/$number.err" </dev/null || status=$? ;;
        *.busybox) busybox sh "$folder/$name" >"$folder/$number.out" 2>"$folder/$number.err" </dev/null || status=$? ;;
    esac
    echo "$status" >"$folder/$number.status"
    state >"$folder/$number.state"
    mkdir "$folder/$number.etc"
    for file in ssh/sshd_config login.defs sysctl.conf; do
        cp "/etc/$file" "$folder/$number.etc/${file##*/}"
    done
done
