# Where the copies of /etc begin: the same on every machine.
set -eu
rm -rf /etc/sysctl.d /etc/ssh/sshd_config.d
mkdir -p /etc/sysctl.d /etc/ssh/sshd_config.d /etc/security/limits.d /etc/apt/apt.conf.d
mkdir -p /etc/systemd/system/multi-user.target.wants
printf '# local\nnet.ipv4.ip_forward=1\nnet/ipv4/ip_forward = 1\nkernel.panic = 3\n' >/etc/sysctl.conf
printf 'PASS_MAX_DAYS\t99999\n# PASS_WARN_AGE 3\n\nUMASK  022\nUMASK = 022\n' >/etc/login.defs
chmod 0640 /etc/login.defs
printf 'a\n' >/etc/played-with; chown 1:1 /etc/played-with; chmod 4666 /etc/played-with
mkdir /etc/played-with.d; chmod 3777 /etc/played-with.d
printf '+\n' >/etc/hosts.equiv
printf '[Unit]\nDescription=a\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/played-with.service
cp /etc/systemd/system/played-with.service /etc/systemd/system/played-off.service
ln -s /etc/systemd/system/played-off.service /etc/systemd/system/multi-user.target.wants/played-off.service
printf 'PermitRootLogin yes\n' >/etc/ssh/sshd_config.d/50-cloud.conf
printf 'Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\nMatch User  backup\n    X11Forwarding no\n    PermitRootLogin yes\n    PermitRootLogin yes\nMatch User other\n    PermitRootLogin no\n' >/etc/ssh/sshd_config
echo 1 >/proc/sys/net/ipv4/ip_forward
