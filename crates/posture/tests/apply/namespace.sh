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

# Every file with its owner, mode and content, and the mounts and the kernel parameter that are
# played with.
state() {
    find /etc ! -path /etc/ssh ! -name '.ansible*' -printf '%p %y %m %u %g %l\n' | sort
    find /etc -type f ! -name '.ansible*' -exec sha256sum {} + | sort
    [ ! -e /run/modules ] || cat /run/modules
    awk '$5 ~ "^/run/played" { print "mounted", $5, $6 }' /proc/self/mountinfo
    cat /proc/sys/net/ipv4/ip_forward
}

# Puppet with settings of its own. puppet-apply(8): 0 says that nothing had to be done, 2 that
# something was.
puppet_apply() {
    status=0
    mkdir -p "$HOME/conf"
    echo '[main]' >"$HOME/conf/puppet.conf"
    for name in code var log run public ssl; do echo "${name}dir = $HOME/$name"; done >>"$HOME/conf/puppet.conf"
    puppet apply --detailed-exitcodes --color=false --confdir "$HOME/conf" "$@" || status=$?
    if [ "$status" = 2 ]; then
        echo 'changed: something'
        status=0
    fi
    return "$status"
}

# One text by its tool; what it says goes where this does.
run() {
    case $1 in
        *.yml) ansible-playbook -c local -i localhost, "$1" ;;
        *.dash) dash "$1" ;;
        *.busybox) busybox sh "$1" ;;
        *.pp) puppet_apply "$1" ;;
        *.noop) puppet_apply --noop "$1" ;;
        *.rb) ruby "$folder/chef.rb" "$1" ;;
        *.why) ruby "$folder/chef.rb" --why-run "$1" ;;
    esac
}

state >"$folder/0.state"
number=0
for name in "$@"; do
    number=$((number + 1))
    status=0
    run "$folder/$name" >"$folder/$number.out" 2>"$folder/$number.err" </dev/null || status=$?
    echo "$status" >"$folder/$number.status"
    state >"$folder/$number.state"
    mkdir "$folder/$number.etc"
    for file in ssh/sshd_config login.defs sysctl.conf; do
        cp "/etc/$file" "$folder/$number.etc/${file##*/}"
    done
done
