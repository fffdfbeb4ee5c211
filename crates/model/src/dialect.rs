//! How files write keys and values: families that Holdfast knows, and styles that rules name.

use serde::{Deserialize, Serialize};

/// A family of configuration files in which keys have values. A key is looked for in all files of
/// the family, and the one that counts is found as the program that reads them finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// `/etc/login.defs`, login.defs(5): `KEY value`.
    LoginDefs,
    /// `/etc/sudoers` and what it includes, sudoers(5): the settings of global `Defaults` lines.
    Sudoers,
    /// `/etc/security/limits.conf` and `limits.d`, limits.conf(5): the key is domain, type and
    /// item, e.g. `* hard core`; another domain is a scope of that of everybody.
    Limits,
    /// `/etc/apt/apt.conf.d` and `apt.conf`, apt.conf(5): keys with `::`.
    Apt,
    /// `/etc/audit/auditd.conf`, auditd.conf(5): `key = value`.
    Auditd,
    /// `/etc/audit/rules.d` and `audit.rules`, auditctl(8): the key is a path, its value the kinds
    /// of access that are recorded, of `r`, `w`, `x` and `a`, in this order.
    AuditRules,
    /// `/etc/security/pwquality.conf` and its folder, pwquality.conf(5).
    Pwquality,
    /// journald.conf(5) and its folders: the section `Journal`.
    Journald,
    /// coredump.conf(5) and its folders: the section `Coredump`.
    Coredump,
    /// resolved.conf(5) and its folders: the section `Resolve`.
    Resolved,
    /// `/etc/default/useradd`, useradd(8): `KEY=value` as the shell writes it.
    Useradd,
    /// `/etc/docker/daemon.json`: the key is a path with dots, such as `log-opts.max-size`.
    Docker,
    /// The kubelet's configuration in YAML; the key is a path with dots. Checked only.
    Kubelet,
    /// `/etc/profile`, what it reads, and `/etc/environment` before it: a variable such as `PATH`,
    /// or `umask`; a condition around it is its scope.
    Profile,
    /// `/proc/cpuinfo`: the key is a flag of x86 processors, its value `yes` or `no`. Checked only.
    Cpuinfo,
    /// What the kernel says of flaws of its processors; the key `*` means each, by its name as
    /// scope. Checked only.
    CpuFlaws,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 16] = [
        Self::LoginDefs,
        Self::Sudoers,
        Self::Limits,
        Self::Apt,
        Self::Auditd,
        Self::AuditRules,
        Self::Pwquality,
        Self::Journald,
        Self::Coredump,
        Self::Resolved,
        Self::Useradd,
        Self::Docker,
        Self::Kubelet,
        Self::Profile,
        Self::Cpuinfo,
        Self::CpuFlaws,
    ];

    /// The file by which rules name the family.
    pub fn file(self) -> &'static str {
        match self {
            Self::LoginDefs => "/etc/login.defs",
            Self::Sudoers => "/etc/sudoers",
            Self::Limits => "/etc/security/limits.conf",
            Self::Apt => "/etc/apt/apt.conf",
            Self::Auditd => "/etc/audit/auditd.conf",
            Self::AuditRules => "/etc/audit/audit.rules",
            Self::Pwquality => "/etc/security/pwquality.conf",
            Self::Journald => "/etc/systemd/journald.conf",
            Self::Coredump => "/etc/systemd/coredump.conf",
            Self::Resolved => "/etc/systemd/resolved.conf",
            Self::Useradd => "/etc/default/useradd",
            Self::Docker => "/etc/docker/daemon.json",
            Self::Kubelet => "/var/lib/kubelet/config.yaml",
            Self::Profile => "/etc/profile",
            Self::Cpuinfo => "/proc/cpuinfo",
            Self::CpuFlaws => "/sys/devices/system/cpu/vulnerabilities",
        }
    }

    /// The family of that file.
    pub fn of_file(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.file() == path)
    }
}

/// How files of no family write a key and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Sections in brackets, and `key = value` in them, with or without blanks around the sign.
    Ini,
    /// `key = value`, with or without blanks around the sign.
    Equals,
    /// `key value`.
    Blanks,
    /// `KEY=value` as the shell reads it, with quotes where it has some.
    Shell,
}

impl Style {
    /// Every style.
    pub const ALL: [Self; 4] = [Self::Ini, Self::Equals, Self::Blanks, Self::Shell];

    /// The word behind `as` in rules.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ini => "ini",
            Self::Equals => "equals",
            Self::Blanks => "blanks",
            Self::Shell => "shell",
        }
    }

    /// The style of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.word() == word)
    }

    /// The files of a key of such files, in the order in which they are read; `/etc/x.d/*.conf`
    /// means those of a folder, by their names.
    pub fn sources(files: &str) -> impl Iterator<Item = &str> {
        files.split(" and ")
    }

    /// The section and the name of a key; without brackets it stands before any section.
    pub fn parts(key: &str) -> (&str, &str) {
        let inside = key.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        inside.map_or(("", key), |(section, name)| (section, name.trim_start()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_found_by_its_file() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::of_file(dialect.file()), Some(dialect));
        }
        assert_eq!(Dialect::of_file("/etc/passwd"), None);
    }

    #[test]
    fn styles_are_found_by_their_words() {
        for style in Style::ALL {
            assert_eq!(Style::of_word(style.word()), Some(style));
        }
        assert_eq!(Style::of_word("toml"), None);
    }

    #[test]
    fn a_key_has_a_section_where_brackets_say_so() {
        assert_eq!(Style::parts("[main] gpgcheck"), ("main", "gpgcheck"));
        assert_eq!(Style::parts("[a b]c"), ("a b", "c"));
        assert_eq!(Style::parts("gpgcheck"), ("", "gpgcheck"));
        let files: Vec<&str> = Style::sources("/etc/a.conf and /etc/a.d/*.conf").collect();
        assert_eq!(files, ["/etc/a.conf", "/etc/a.d/*.conf"]);
    }
}
