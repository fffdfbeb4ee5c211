//! A Debian host of the demonstration as files: what stands on it for ever, and what stands there
//! on a day. Knows where Debian keeps things; must not know what anybody wants of them.

use std::fmt::Write as _;

use holdfast_model::Digest;
use holdfast_world::{Host, IdSource, Recorded};

use super::sites::{COMMON, Flaw, Site, UPDATES, habit};

/// Where apt keeps what the security suite offers, and what says which suite it is.
pub(super) const LIST: &str = "/var/lib/apt/lists/debian.example_debian-security_dists_bookworm-security_main_binary-amd64_Packages";
const RELEASE: &str =
    "/var/lib/apt/lists/debian.example_debian-security_dists_bookworm-security_InRelease";
/// The units that start with every host, but for those that a flaw leaves out.
const UNITS: [(&str, &str); 4] = [
    ("nftables.service", "sysinit.target"),
    ("chrony.service", "multi-user.target"),
    ("apt-daily.timer", "timers.target"),
    ("apt-daily-upgrade.timer", "timers.target"),
];
/// Where unit files stand.
pub(super) const UNIT_FILES: &str = "/usr/lib/systemd/system";

impl Site {
    /// Whether something is not as it should be on a day.
    pub(super) fn has(&self, flaw: Flaw, day: u16) -> bool {
        self.flaws.iter().any(|(one, from, until)| *one == flaw && (*from..*until).contains(&day))
    }

    /// The identity of the host.
    pub(super) fn machine(&self) -> Host {
        let id: String =
            Digest::of(self.host.as_bytes()).to_string().chars().take(32).collect::<String>();
        Host {
            id: id.to_lowercase(),
            id_source: IdSource::MachineId,
            name: self.host.to_owned(),
            user: super::SELF.to_owned(),
            uid: 0,
        }
    }

    /// The day on which an update is installed here, if it is: by what the table says, else by the
    /// habit of the team, which the seed decides.
    fn installs(&self, source: &str, version: &str, offered: u16, seed: u64) -> Option<u16> {
        let said = self.updated.iter().find(|(one, v, _)| *one == source && *v == version);
        if let Some((_, _, day)) = said {
            return *day;
        }
        let (least, more) = habit(self.team);
        let lot = Digest::of(format!("{seed} {} {source} {version}", self.host).as_bytes());
        let lot = lot.0.first().map_or(0, |byte| u64::from(*byte));
        let days = least + lot % more.max(1);
        offered.checked_add(u16::try_from(days).unwrap_or(u16::MAX))
    }

    /// The version of a package on a day.
    fn version(&self, source: &str, first: &str, day: u16, seed: u64) -> String {
        let mut version = first;
        for update in UPDATES.iter().filter(|one| one.source == source && one.day <= day) {
            let installed = self.installs(source, update.version, update.day, seed);
            if installed.is_some_and(|installed| installed <= day) {
                version = update.version;
            }
        }
        version.to_owned()
    }

    /// What is installed on a day: source, binary, version.
    fn installed(&self, day: u16, seed: u64) -> Vec<(&'static str, &'static str, String)> {
        let mut all: Vec<_> = COMMON
            .iter()
            .chain(self.packages)
            .map(|(source, binary, first)| {
                (*source, *binary, self.version(source, first, day, seed))
            })
            .collect();
        let mut add = |wanted: bool, name: &'static str, version: &str| {
            if wanted {
                all.push((name, name, version.to_owned()));
            }
        };
        add(!self.has(Flaw::NoFirewall, day), "nftables", "1.0.6-2+deb12u2");
        add(!self.has(Flaw::NoClock, day), "chrony", "4.3-2+deb12u1");
        add(!self.has(Flaw::ByHand, day), "unattended-upgrades", "2.9.1+nmu3");
        add(self.has(Flaw::Telnet, day), "inetutils-telnet", "2:2.4-2+deb12u1");
        all
    }

    /// Everything on the host that differs from day to day. `None`: the file is not there.
    pub(super) fn on(&self, day: u16, seed: u64) -> Vec<(String, Option<String>)> {
        let installed = self.installed(day, seed);
        let mut files = vec![
            ("/var/lib/dpkg/status".to_owned(), Some(status(&installed))),
            (LIST.to_owned(), Some(offers(&installed, self.fetched(day)))),
            ("/etc/apt/apt.conf.d/20auto-upgrades".to_owned(), Some(self.upgrades(day))),
            ("/etc/login.defs".to_owned(), Some(self.login_defs(day))),
            ("/etc/security/limits.conf".to_owned(), Some(self.limits(day))),
            ("/etc/ssh/sshd_config".to_owned(), Some(self.sshd(day))),
            ("/etc/ssh/sshd_config.d/50-cloud.conf".to_owned(), self.cloud(day)),
        ];
        files.extend(self.kernel(day));
        for (unit, target) in UNITS {
            let missing = (unit.starts_with("nftables") && self.has(Flaw::NoFirewall, day))
                || (unit.starts_with("chrony") && self.has(Flaw::NoClock, day));
            let text = format!("[Unit]\nDescription={unit}\n\n[Install]\nWantedBy={target}\n");
            files.push((format!("{UNIT_FILES}/{unit}"), (!missing).then_some(text)));
        }
        files
    }

    /// The day on which package lists were last fetched.
    fn fetched(&self, day: u16) -> u16 {
        let stopped = self.flaws.iter().find(|(one, ..)| *one == Flaw::OldLists);
        stopped.filter(|_| self.has(Flaw::OldLists, day)).map_or(day, |(_, from, _)| *from)
    }

    fn upgrades(&self, day: u16) -> String {
        let on = u8::from(!self.has(Flaw::ByHand, day));
        format!(
            "APT::Periodic::Update-Package-Lists \"{on}\";\nAPT::Periodic::Unattended-Upgrade \
             \"{on}\";\n"
        )
    }

    fn login_defs(&self, day: u16) -> String {
        let days = if self.has(Flaw::Ageing, day) { 99_999 } else { 365 };
        format!(
            "# Settings of the shadow tools\nPASS_MAX_DAYS\t{days}\nPASS_MIN_DAYS\t0\nPASS_WARN_AGE\t7\n"
        )
    }

    fn limits(&self, day: u16) -> String {
        let hard = if self.has(Flaw::CoreDumps, day) { "" } else { "*\thard\tcore\t0\n" };
        format!("# domain type item value\n{hard}root\tsoft\tnofile\t4096\n")
    }

    fn sshd(&self, day: u16) -> String {
        let passwords = if self.has(Flaw::Passwords, day) { "yes" } else { "no" };
        format!(
            "Include /etc/ssh/sshd_config.d/*.conf\n\nPort 22\nPermitRootLogin no\n\
             PasswordAuthentication {passwords}\nKbdInteractiveAuthentication no\nUsePAM yes\n"
        )
    }

    fn cloud(&self, day: u16) -> Option<String> {
        self.has(Flaw::RootLogin, day)
            .then(|| "# left by the image\nPermitRootLogin yes\n".to_owned())
    }

    /// Kernel parameters, as they run and as they will after the next start.
    fn kernel(&self, day: u16) -> Vec<(String, Option<String>)> {
        let dmesg = u8::from(!self.has(Flaw::Messages, day));
        let forward = u8::from(self.has(Flaw::Forwarding, day));
        let dump = u8::from(self.has(Flaw::CoreDumps, day)) * 2;
        let values = [
            ("kernel.kptr_restrict", 1),
            ("kernel.dmesg_restrict", dmesg),
            ("fs.suid_dumpable", dump),
            ("net.ipv4.ip_forward", forward),
            ("net.ipv6.conf.all.forwarding", 0),
        ];
        let mut text = String::from("# kept by the team\n");
        let mut files = Vec::new();
        for (name, value) in values {
            let _ = writeln!(text, "{name} = {value}");
            files.push((running(name), Some(format!("{value}\n"))));
        }
        files.push(("/etc/sysctl.d/10-own.conf".to_owned(), Some(text)));
        files
    }

    /// What stands on the host for ever.
    pub(super) fn recorded(&self) -> Recorded {
        let mut machine = Recorded::new()
            .host(self.machine())
            .file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n")
            .file("/etc/passwd", PASSWD)
            .file("/etc/group", "root:x:0:\nsudo:x:27:ana,mia,kai\nshadow:x:42:\n")
            .file("/proc/1/environ", "PATH=/bin\0")
            .file("/proc/1/cgroup", "0::/init.scope\n")
            .file("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu sse2 hypervisor\n")
            .file("/proc/net/tcp", self.sockets())
            .file("/proc/net/udp", SOCKETS_HEAD)
            .folder("/run/systemd/system")
            .folder("/sys/firmware/efi")
            .file("/usr/sbin/sshd", "")
            .file("/var/log/apt/history.log", "")
            .file(RELEASE, "Label: Debian-Security\nSuite: stable-security\nCodename: bookworm-security\nComponents: main\n")
            .file(
                "/etc/apt/sources.list",
                "deb https://debian.example/debian bookworm main\n\
                 deb https://debian.example/debian-security bookworm-security main\n",
            );
        for (unit, target) in UNITS {
            let link = format!("/etc/systemd/system/{target}.wants/{unit}");
            machine = machine.link(link, format!("{UNIT_FILES}/{unit}"));
        }
        machine = if self.has(Flaw::HiddenSudoers, 0) {
            machine.denied("/etc/sudoers")
        } else {
            machine
                .file("/etc/sudoers", "Defaults logfile=/var/log/sudo.log\n%sudo ALL=(ALL) ALL\n")
        };
        for path in ["/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-"] {
            machine = machine.file(path, "").owned(path, 0, 42, 0o640);
        }
        let cron = if self.has(Flaw::OpenCron, 0) { 0o755 } else { 0o700 };
        machine = machine.file("/etc/crontab", "").owned("/etc/crontab", 0, 0, 0o600);
        for (path, mode) in [
            ("/etc/cron.d", cron),
            ("/etc/cron.hourly", 0o700),
            ("/etc/cron.daily", cron),
            ("/etc/cron.weekly", 0o700),
            ("/etc/cron.monthly", 0o700),
            ("/etc/cron.yearly", 0o700),
            ("/etc", 0o755),
            ("/usr/local/sbin", 0o755),
            ("/usr/local/bin", 0o755),
            ("/usr/sbin", 0o755),
            ("/usr/bin", 0o755),
        ] {
            machine = machine.folder(path).owned(path, 0, 0, mode);
        }
        machine
    }

    /// The kernel's table of listening sockets, as proc_net_tcp(5) has it.
    fn sockets(&self) -> String {
        let mut text = String::from(SOCKETS_HEAD);
        let open = self.open.iter().map(|port| ("00000000", *port));
        // What only the host itself reaches: 127.0.0.1 in the byte order of x86.
        let own = [("0100007F", 323), ("0100007F", 9100)];
        for (at, (address, port)) in open.chain(own).enumerate() {
            let _ = writeln!(
                text,
                "{at:4}: {address}:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 \
                 00000000     0        0 {} 1 0 100 0 0 10 0",
                1500 + at
            );
        }
        text
    }
}

const SOCKETS_HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when \
                            retrnsmt   uid  timeout inode\n";

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nana:x:1001:1001::/home/ana:/bin/bash\n\
                      mia:x:1002:1002::/home/mia:/bin/bash\nkai:x:1003:1003::/home/kai:/bin/bash\n";

/// Where the kernel shows a parameter.
pub(super) fn running(name: &str) -> String {
    format!("/proc/sys/{}", name.replace('.', "/"))
}

fn status(installed: &[(&str, &str, String)]) -> String {
    let mut text = String::new();
    for (source, binary, version) in installed {
        let _ = writeln!(text, "Package: {binary}\nStatus: install ok installed");
        if source != binary {
            let _ = writeln!(text, "Source: {source}");
        }
        let _ = writeln!(text, "Architecture: amd64\nVersion: {version}\n");
    }
    text
}

/// What the security suite offers for what is installed.
fn offers(installed: &[(&str, &str, String)], day: u16) -> String {
    let mut text = String::new();
    for (source, binary, _) in installed {
        let newest = UPDATES.iter().rev().find(|one| one.source == *source && one.day <= day);
        let Some(update) = newest else { continue };
        let _ = writeln!(text, "Package: {binary}");
        if source != binary {
            let _ = writeln!(text, "Source: {source}");
        }
        let _ = writeln!(
            text,
            "Version: {}\nArchitecture: amd64\nFilename: pool/{binary}.deb\nSize: 20\n",
            update.version
        );
    }
    text
}
