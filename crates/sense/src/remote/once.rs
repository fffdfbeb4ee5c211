//! Common systems, of which all that collectors ask is told over one connection.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Dialect, Resource, Style};

use super::pattern::Pattern;
use super::{Along, Request, refused};
use crate::host::Asked;
use crate::text::folder;
use crate::{Answer, FileStat, FileType, Need};

/// Paths, and what a file holds or behind an arrow where a link leads.
type Tree = &'static [(&'static str, &'static str)];

/// What all of them have.
const COMMON: Tree = &[
    ("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
    ("/etc/group", "root:x:0:\n"),
    ("/etc/shadow", "root:*:19000:0:99999:7:::\n"),
    ("/etc/sudoers", "Defaults use_pty\n@includedir /etc/sudoers.d\n"),
    ("/etc/sudoers.d/admins", "%admins ALL=(ALL) ALL\n"),
    ("/etc/security/limits.conf", "# none\n"),
    ("/etc/security/limits.d/10-core.conf", "* hard core 0\n"),
    ("/etc/security/pwquality.conf.d/50-length.conf", "minlen = 14\n"),
    ("/etc/audit/rules.d/audit.rules", "-w /etc/passwd -p wa\n"),
    ("/etc/own.conf", "a = 1\n"),
    ("/etc/own.conf.d/10.cnf", "a = 2\n"),
    ("/etc/sysctl.d/99-sysctl.conf", "-> ../sysctl.conf"),
    ("/etc/sysctl.conf", "kernel.dmesg_restrict = 1\n"),
    ("/etc/modprobe.d/blocked.conf", "install cramfs /bin/false\n"),
    ("/proc/sys/kernel/dmesg_restrict", "1\n"),
    ("/proc/sys/kernel/osrelease", "6.1.0-1\n"),
    ("/proc/1/comm", "init\n"),
    ("/proc/1/exe", "-> /usr/sbin/init"),
    ("/proc/812/comm", "sshd\n"),
    ("/proc/812/exe", "-> /usr/sbin/sshd"),
    ("/proc/self/comm", "sh\n"),
    ("/usr/sbin/sshd", "\x7fELF"),
    ("/usr/sbin/init", "\x7fELF"),
];

const DEBIAN: Tree = &[
    (
        "/etc/profile",
        "if [ \"$PS1\" ]; then\n  if [ -f /etc/bash.bashrc ]; then\n\
         \x20   . /etc/bash.bashrc\n  fi\nfi\nif [ -d /etc/profile.d ]; then\n\
         \x20 for i in /etc/profile.d/*.sh; do\n    if [ -r $i ]; then\n\
         \x20     . $i\n    fi\n  done\n  unset i\nfi\n",
    ),
    ("/etc/bash.bashrc", "umask 027\n"),
    (
        "/etc/profile.d/bash_completion.sh",
        "if [ -r /usr/share/bash-completion/bash_completion ]; then\n\
         . /usr/share/bash-completion/bash_completion\nfi\n",
    ),
    ("/usr/share/bash-completion/bash_completion", "# nothing\n"),
    ("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n"),
    ("/etc/ssh/sshd_config.d/10-ours.conf", "PermitRootLogin no\n"),
    ("/etc/ssh/ssh_config", "Include /etc/ssh/ssh_config.d/*.conf\n"),
    ("/etc/pam.d/login", "@include common-auth\n@include common-session\n"),
    ("/etc/pam.d/common-auth", "auth [success=1 default=ignore] pam_unix.so\n"),
    ("/etc/pam.d/common-session", "session required pam_unix.so\n"),
    (
        "/etc/apt/sources.list.d/debian.sources",
        "Types: deb\nURIs: http://d.example\nSuites: x-security\n",
    ),
    ("/etc/apt/apt.conf.d/20auto-upgrades", "APT::Periodic::Unattended-Upgrade \"1\";\n"),
    ("/run/systemd/system/run-x.scope", "[Scope]\n"),
    (
        "/usr/lib/systemd/system/systemd-timesyncd.service",
        "[Install]\nWantedBy=sysinit.target\nAlias=dbus-timesync1.service\n",
    ),
    (
        "/etc/systemd/system/sysinit.target.wants/systemd-timesyncd.service",
        "-> /usr/lib/systemd/system/systemd-timesyncd.service",
    ),
    (
        "/etc/systemd/system/dbus-timesync1.service",
        "-> /usr/lib/systemd/system/systemd-timesyncd.service",
    ),
    (
        "/usr/lib/systemd/system/ssh.service",
        "[Install]\nWantedBy=multi-user.target\nAlias=sshd.service\n",
    ),
    (
        "/etc/systemd/system/multi-user.target.wants/ssh.service",
        "-> /usr/lib/systemd/system/ssh.service",
    ),
    ("/etc/systemd/system/sshd.service", "-> /usr/lib/systemd/system/ssh.service"),
    ("/etc/systemd/journald.conf.d/10-keep.conf", "[Journal]\nStorage=persistent\n"),
    ("/usr/lib/systemd/system/apt-daily.timer", "[Install]\nWantedBy=timers.target\n"),
    (
        "/etc/systemd/system/timers.target.wants/apt-daily.timer",
        "-> /usr/lib/systemd/system/apt-daily.timer",
    ),
    ("/usr/lib/systemd/system/apt-daily.service", "[Service]\nType=oneshot\n"),
];

const ROCKY: Tree = &[
    (
        "/etc/profile",
        "for i in /etc/profile.d/*.sh /etc/profile.d/sh.local ; do\n  if [ -r \"$i\" ]; then\n\
         \x20   . \"$i\"\n  fi\ndone\nif [ -n \"${BASH_VERSION-}\" ] ; then\n\
         \x20 if [ -f /etc/bashrc ] ; then\n    . /etc/bashrc\n  fi\nfi\n",
    ),
    ("/etc/bashrc", "umask 022\n"),
    ("/etc/profile.d/lang.sh", "if [ -f /etc/locale.conf ]; then\n. /etc/locale.conf\nfi\n"),
    ("/etc/locale.conf", "LANG=C.UTF-8\n"),
    ("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n"),
    (
        "/etc/ssh/sshd_config.d/50-redhat.conf",
        "Include /etc/crypto-policies/back-ends/opensshserver.config\nUsePAM yes\n",
    ),
    (
        "/etc/crypto-policies/back-ends/opensshserver.config",
        "-> /usr/share/crypto-policies/DEFAULT/opensshserver.txt",
    ),
    ("/usr/share/crypto-policies/DEFAULT/opensshserver.txt", "Ciphers aes256-ctr\n"),
    ("/etc/ssh/ssh_config", "Include /etc/ssh/ssh_config.d/*.conf\n"),
    (
        "/etc/ssh/ssh_config.d/50-redhat.conf",
        "Match final all\nInclude /etc/crypto-policies/back-ends/openssh.config\n",
    ),
    (
        "/etc/crypto-policies/back-ends/openssh.config",
        "-> /usr/share/crypto-policies/DEFAULT/openssh.txt",
    ),
    ("/usr/share/crypto-policies/DEFAULT/openssh.txt", "Ciphers aes256-ctr\n"),
    ("/etc/pam.d/login", "auth substack system-auth\nauth include postlogin\n"),
    ("/etc/pam.d/system-auth", "-> /etc/authselect/system-auth"),
    ("/etc/authselect/system-auth", "auth sufficient pam_unix.so\n"),
    ("/etc/pam.d/postlogin", "-> /etc/authselect/postlogin"),
    ("/etc/authselect/postlogin", "session optional pam_lastlog.so\n"),
    ("/run/systemd/system/run-x.scope", "[Scope]\n"),
    ("/usr/lib/systemd/system/chronyd.service", "[Install]\nWantedBy=multi-user.target\n"),
    (
        "/etc/systemd/system/multi-user.target.wants/chronyd.service",
        "-> /usr/lib/systemd/system/chronyd.service",
    ),
];

const ALPINE: Tree = &[
    (
        "/etc/profile",
        "for script in /etc/profile.d/*.sh ; do\n  if [ -r \"$script\" ] ; then\n\
         \x20   . \"$script\"\n  fi\ndone\n",
    ),
    ("/etc/profile.d/locale.sh", "export CHARSET=UTF-8\n"),
    ("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n"),
    ("/etc/ssh/ssh_config", "Include /etc/ssh/ssh_config.d/*.conf\n"),
    ("/etc/pam.d/login", "auth include base-auth\nsession include base-session\n"),
    ("/etc/pam.d/base-auth", "auth required pam_unix.so\n"),
    ("/etc/pam.d/base-session", "session required pam_unix.so\n"),
];

/// openSUSE, which ships in `/usr` what only changes of its own have in `/etc`.
const SUSE: Tree = &[
    (
        "/usr/etc/ssh/sshd_config",
        "Include /etc/ssh/sshd_config.d/*.conf\nInclude /usr/etc/ssh/sshd_config.d/*.conf\n\
         UsePAM yes\n",
    ),
    ("/etc/ssh/sshd_config.d/10-ours.conf", "PermitRootLogin no\n"),
    ("/usr/etc/ssh/sshd_config.d/50-permit-root-login.conf", "PermitRootLogin yes\n"),
    (
        "/usr/etc/ssh/ssh_config",
        "Include /etc/ssh/ssh_config.d/*.conf\nInclude /usr/etc/ssh/ssh_config.d/*.conf\n",
    ),
    ("/usr/etc/ssh/ssh_config.d/50-suse.conf", "SendEnv LANG\n"),
    ("/usr/etc/login.defs", "UMASK 022\n"),
    ("/usr/etc/login.defs.d/70-yast.defs", "UMASK 027\n"),
    ("/usr/lib/pam.d/login", "auth include common-auth\nsession include common-session\n"),
    ("/etc/pam.d/common-auth", "auth required pam_unix.so\n"),
    ("/etc/pam.d/common-session", "session required pam_unix.so\n"),
    ("/run/systemd/system/run-x.scope", "[Scope]\n"),
];

/// Where a link leads, as far as the trees have some.
fn lead(path: &str, link: &str) -> Arc<str> {
    match link.strip_prefix("../") {
        Some(rest) => format!("{}/{rest}", folder(folder(path))).into(),
        None => link.into(),
    }
}

struct Host(BTreeMap<&'static str, &'static str>);

impl Host {
    fn of(tree: Tree) -> Self {
        Self(COMMON.iter().chain(tree).copied().collect())
    }

    fn link(&self, path: &str) -> Option<&'static str> {
        self.0.get(path).and_then(|text| text.strip_prefix("-> "))
    }

    /// What is at the end of all links.
    fn file(&self, path: &str) -> Option<&'static str> {
        let mut path = path.to_owned();
        while let Some(link) = self.link(&path) {
            path = lead(&path, link).to_string();
        }
        self.0.get(&*path).copied()
    }

    fn listed(&self, pattern: &str) -> Vec<Arc<str>> {
        let Ok(pattern) = Pattern::new(pattern) else { return Vec::new() };
        self.0.keys().filter(|path| pattern.fits(path)).map(|path| Arc::from(*path)).collect()
    }

    fn answer(&self, need: &Need) -> Answer {
        match need {
            Need::File(path) => self
                .file(path)
                .map_or(Answer::Missing, |text| Answer::Bytes(text.as_bytes().into())),
            Need::Sieved(path, sieve) => sieve.through(self.answer(&Need::File(Arc::clone(path)))),
            Need::Stat(path) => {
                let under = format!("{path}/");
                let kind = match (self.link(path), self.0.contains_key(&**path)) {
                    (Some(_), _) => FileType::Link,
                    (None, true) => FileType::File,
                    _ if self.0.keys().any(|one| one.starts_with(&under)) => FileType::Folder,
                    _ => return Answer::Missing,
                };
                let link = self.link(path).map(Arc::from);
                Answer::Stat(FileStat { uid: 0, gid: 0, mode: 0o755, kind, link })
            }
            Need::Glob(pattern) => {
                let found = self.listed(pattern);
                Answer::Paths(found.into_iter().filter(|path| self.file(path).is_some()).collect())
            }
            _ => Answer::Missing,
        }
    }

    /// What the script tells of a path, and of where its links lead.
    fn follow(&self, path: &str, read: bool, told: &mut BTreeSet<Need>) {
        let mut path: Arc<str> = path.into();
        while let Some(link) = self.link(&path) {
            told.insert(Need::Stat(Arc::clone(&path)));
            path = lead(&path, link);
        }
        if read {
            told.insert(Need::File(Arc::clone(&path)));
        }
        told.insert(Need::Stat(path));
    }

    /// Everything that the script tells.
    fn told(&self, request: &Request) -> BTreeSet<Need> {
        let mut told: BTreeSet<Need> = request.needs.keys().cloned().collect();
        for (need, Along { stat, read }) in &request.needs {
            match need {
                Need::Stat(path) => {
                    let read = *read || request.needs.contains_key(&Need::File(Arc::clone(path)));
                    self.follow(path, read, &mut told);
                }
                Need::Glob(pattern) => {
                    for path in self.listed(pattern) {
                        if *stat {
                            self.follow(&path, *read, &mut told);
                        }
                        if *read {
                            told.insert(Need::File(path));
                        }
                    }
                }
                _ => {}
            }
        }
        told
    }

    /// The answer to what was told, or shown to be missing.
    fn known(&self, told: &BTreeSet<Need>, need: &Need) -> Option<Answer> {
        let shown_missing = |path: &Arc<str>| {
            let fits = |pattern: &str| Pattern::new(pattern).is_ok_and(|one| one.fits(path));
            !self.0.contains_key(&**path)
                && told.iter().any(|need| matches!(need, Need::Glob(pattern) if fits(pattern)))
        };
        let known = match need {
            _ if told.contains(need) || refused(need).is_some() => true,
            Need::File(path) | Need::Sieved(path, _) | Need::Stat(path) => shown_missing(path),
            _ => false,
        };
        known.then(|| self.answer(need))
    }

    /// What a second connection would be made for, and what a third.
    fn open(&self, resources: &[Resource]) -> [BTreeSet<Need>; 2] {
        let asked = Asked { resources, running: true };
        let mut told = self.told(&Request::first(&asked));
        let second = super::open(&asked, &|need| self.known(&told, need));
        told.extend(self.told(&Request::more(second.iter().cloned())));
        let third = super::open(&asked, &|need| self.known(&told, need));
        [second, third]
    }
}

fn resources() -> Vec<Resource> {
    let mut all = vec![
        Resource::Sysctl { key: "kernel.dmesg_restrict".into() },
        Resource::File { path: "/etc/shadow".into() },
        Resource::Sshd { option: "PermitRootLogin".into() },
        Resource::Ssh { option: "ForwardAgent".into() },
        Resource::Pam { service: "login".into(), module: "pam_unix.so".into() },
        Resource::Package { name: "telnet".into() },
        Resource::Suite { purpose: "security".into() },
        Resource::Mount { point: "/tmp".into() },
        Resource::Module { name: "cramfs".into() },
        Resource::Process { name: "sshd".into() },
        Resource::Process { name: "auditd".into() },
        Resource::Restart { of: "host".into() },
    ];
    let units = [
        "systemd-timesyncd.service",
        "ssh.service",
        "chronyd.service",
        "auditd.service",
        "apt-daily.timer",
    ];
    all.extend(units.map(|unit| Resource::Service { unit: unit.into() }));
    let keys = [
        (Dialect::LoginDefs, "UMASK"),
        (Dialect::Sudoers, "use_pty"),
        (Dialect::Limits, "* hard core"),
        (Dialect::Apt, "APT::Periodic::Unattended-Upgrade"),
        (Dialect::AuditRules, "/etc/passwd"),
        (Dialect::Pwquality, "minlen"),
        (Dialect::Journald, "Storage"),
        (Dialect::Profile, "umask"),
    ];
    all.extend(keys.map(|(dialect, key)| Resource::Key { dialect, key: key.into() }));
    let files = "/etc/own.conf and /etc/own.conf.d/*.cnf";
    all.push(Resource::Entry { files: files.into(), style: Style::Equals, key: "a".into() });
    all
}

#[test]
fn common_systems_are_told_over_one_connection() {
    let all = [("Debian", DEBIAN), ("Rocky", ROCKY), ("Alpine", ALPINE), ("openSUSE", SUSE)];
    for (name, tree) in all {
        let [open, _] = Host::of(tree).open(&resources());
        assert!(open.is_empty(), "{name}: {open:#?}");
    }
}

/// A file that none of them has leads on: that is what the second connection is for.
#[test]
fn what_nobody_could_know_beforehand_is_asked_again() {
    let mut host = Host::of(ALPINE);
    host.0.insert("/etc/profile.d/site.sh", ". /srv/site/profile\n");
    let [open, _] = host.open(&resources());
    assert_eq!(open, BTreeSet::from([Need::File("/srv/site/profile".into())]));
}

/// What is not told hides nothing of what comes after it.
#[test]
fn a_third_connection_would_bring_nothing() {
    let mut host = Host::of(DEBIAN);
    host.0.extend([
        ("/etc/profile.d/a.sh", ". /srv/a\n"),
        ("/etc/profile.d/b.sh", ". /srv/b\n. /srv/nothing\n"),
        ("/srv/a", "umask 022\n"),
        ("/srv/b", "umask 077\n"),
        ("/etc/systemd/system/web.service", "-> /usr/lib/systemd/system/shop.service"),
        ("/usr/lib/systemd/system/shop.service", "[Install]\nWantedBy=multi-user.target\n"),
        ("/usr/lib/systemd/journald.conf.d/syslog.conf", "[Journal]\nStorage=none\n"),
    ]);
    let mut resources = resources();
    resources.push(Resource::Service { unit: "web.service".into() });
    let [second, third] = host.open(&resources);
    for path in ["/srv/a", "/srv/b", "/srv/nothing"] {
        assert!(second.contains(&Need::File(path.into())), "{path}: {second:#?}");
    }
    let journal = |need: &&Need| format!("{need:?}").contains("journald");
    assert_eq!(second.iter().find(journal), None, "it was to be told at once");
    assert!(third.is_empty(), "{third:#?}");
}
