//! The files that are ours: one drop-in for each control and family, and how each family writes a
//! setting.
//!
//! Knows names, places and syntax of drop-ins. Must not know why something is set.

use std::fmt::Write as _;

use holdfast_model::{Dialect, Digest};

use super::quote::{one_line, shell};

/// A family of files that has a folder for drop-ins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// sysctl.d(5): all files sorted by name, the last value counts.
    Sysctl,
    /// sshd_config(5): the first value counts.
    Sshd,
    /// ssh_config(5): the first value counts.
    Ssh,
    /// sudoers(5): the last value counts.
    Sudoers,
    /// limits.conf(5): the last value counts.
    Limits,
    /// apt.conf(5): the last value counts, and `/etc/apt/apt.conf` is read after the folder.
    Apt,
    /// modprobe.d(5): the first `install` line counts.
    Modprobe,
    /// pwquality.conf(5): the folder is read first, and the main file wins.
    Pwquality,
    /// journald.conf(5): all drop-ins sorted by name, after the main file; the last value counts.
    Journald,
    /// coredump.conf(5), like the former.
    Coredump,
    /// resolved.conf(5), like the former.
    Resolved,
    /// augenrules(8): all rules count.
    AuditRules,
    /// `/etc/profile` reads its folder by name, and the last value counts.
    Profile,
}

impl Family {
    const ALL: [Self; 13] = [
        Self::Sysctl,
        Self::Sshd,
        Self::Ssh,
        Self::Sudoers,
        Self::Limits,
        Self::Apt,
        Self::Modprobe,
        Self::Pwquality,
        Self::Journald,
        Self::Coredump,
        Self::Resolved,
        Self::AuditRules,
        Self::Profile,
    ];

    /// The family of a dialect; `None` for what has no folder, such as `login.defs`.
    pub(super) fn of(dialect: Dialect) -> Option<Self> {
        match dialect {
            Dialect::Sudoers => Some(Self::Sudoers),
            Dialect::Limits => Some(Self::Limits),
            Dialect::Apt => Some(Self::Apt),
            Dialect::Pwquality => Some(Self::Pwquality),
            Dialect::Journald => Some(Self::Journald),
            Dialect::Coredump => Some(Self::Coredump),
            Dialect::Resolved => Some(Self::Resolved),
            Dialect::AuditRules => Some(Self::AuditRules),
            Dialect::Profile => Some(Self::Profile),
            Dialect::LoginDefs
            | Dialect::Auditd
            | Dialect::Useradd
            | Dialect::Docker
            | Dialect::Kubelet
            | Dialect::Cpuinfo
            | Dialect::CpuFlaws => None,
        }
    }

    /// The family to which our file `path` of a control belongs.
    pub(super) fn of_path(path: &str, id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.path(id) == path)
    }

    /// Whether a file lies in the folder of one of the families.
    pub(super) fn owns(path: &str) -> bool {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        Self::ALL.into_iter().any(|family| family.folder() == folder)
    }

    /// The folder in which drop-ins stand.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Sysctl => "/etc/sysctl.d",
            Self::Sshd => "/etc/ssh/sshd_config.d",
            Self::Ssh => "/etc/ssh/ssh_config.d",
            Self::Sudoers => "/etc/sudoers.d",
            Self::Limits => "/etc/security/limits.d",
            Self::Apt => "/etc/apt/apt.conf.d",
            Self::Modprobe => "/etc/modprobe.d",
            Self::Pwquality => "/etc/security/pwquality.conf.d",
            Self::Journald => "/etc/systemd/journald.conf.d",
            Self::Coredump => "/etc/systemd/coredump.conf.d",
            Self::Resolved => "/etc/systemd/resolved.conf.d",
            Self::AuditRules => "/etc/audit/rules.d",
            Self::Profile => "/etc/profile.d",
        }
    }

    /// Our file. Its name makes it win: last in the folder, or first where the first value counts.
    /// sudo skips names with a dot, apt all endings but `.conf`.
    pub(super) fn path(self, id: &str) -> String {
        let folder = self.folder();
        match self {
            Self::Sysctl
            | Self::Limits
            | Self::Pwquality
            | Self::Journald
            | Self::Coredump
            | Self::Resolved => format!("{folder}/zz-holdfast-{id}.conf"),
            Self::AuditRules => format!("{folder}/zz-holdfast-{id}.rules"),
            Self::Profile => format!("{folder}/zz-holdfast-{id}.sh"),
            Self::Sshd | Self::Ssh | Self::Modprobe => format!("{folder}/00-holdfast-{id}.conf"),
            Self::Sudoers => format!("{folder}/zz-holdfast-{id}"),
            Self::Apt => format!("{folder}/99zz-holdfast-{id}"),
        }
    }

    /// The permission bits of our file; sudoers(5) wants 0440, and what is watched is no matter of
    /// everybody's.
    pub(super) fn mode(self) -> u32 {
        match self {
            Self::Sudoers => 0o440,
            Self::AuditRules => 0o640,
            _ => 0o644,
        }
    }

    /// Whether the setting at `place` is read after our file, so that ours would lose.
    pub(super) fn beats_ours(self, place: &str, id: &str) -> bool {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let ours = self.path(id);
        let sorts_after = place != ours && name(place) > name(&ours);
        match self {
            // procps reads /etc/sysctl.conf after all folders.
            Self::Sysctl => place == "/etc/sysctl.conf" || sorts_after,
            Self::Sshd | Self::Ssh | Self::AuditRules => false,
            Self::Pwquality => !place.starts_with(self.folder()) || sorts_after,
            // Whichever of the folders a drop-in stands in.
            Self::Journald | Self::Coredump | Self::Resolved => {
                place.contains(".conf.d/") && sorts_after
            }
            // The main file includes the folder at its end, or reads it last; what else it says
            // behind that is no drop-in's to undo.
            Self::Sudoers | Self::Limits | Self::Profile => {
                place.starts_with(self.folder()) && sorts_after
            }
            Self::Apt => place == "/etc/apt/apt.conf" || sorts_after,
            Self::Modprobe => name(place) < name(&ours),
        }
    }

    /// One setting as the family writes it.
    pub(super) fn line(self, key: &str, value: &str) -> String {
        let (key, value) = (one_line(key), one_line(value));
        match self {
            Self::Sysctl | Self::Pwquality => format!("{key} = {value}"),
            Self::Journald | Self::Coredump | Self::Resolved => format!("{key}={value}"),
            Self::AuditRules => format!("-w {key} -p {value} -k holdfast"),
            Self::Profile if key == "umask" => format!("umask {}", shell(&value)),
            Self::Profile => format!("export {key}={}", shell(&value)),
            Self::Sshd | Self::Ssh | Self::Limits => format!("{key} {value}"),
            Self::Sudoers => match value.as_str() {
                "on" | "yes" | "true" => format!("Defaults {key}"),
                "off" | "no" | "false" => format!("Defaults !{key}"),
                value => format!("Defaults {key}=\"{}\"", escaped(value)),
            },
            Self::Apt => format!("{key} \"{}\";", value.replace('"', "")),
            // The second keeps it quiet where a device asks for it.
            Self::Modprobe => format!("install {key} /bin/false\nblacklist {key}"),
        }
    }

    /// The whole file.
    pub(super) fn content(self, id: &str, settings: &[(String, String)]) -> String {
        let comment = if self == Self::Apt { "//" } else { "#" };
        let mut out = format!("{comment} Written by Holdfast for the control {id}.\n");
        let section = match self {
            Self::Journald => "[Journal]\n",
            Self::Coredump => "[Coredump]\n",
            Self::Resolved => "[Resolve]\n",
            _ => "",
        };
        out.push_str(section);
        for (key, value) in settings {
            let _ = writeln!(out, "{}", self.line(key, value));
        }
        out
    }
}

/// As a quoted value of sudoers(5) is written.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

/// An id as part of a file's name; controls are named so that it is the id itself. No two ids give the
/// same.
pub(super) fn safe_id(id: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if id.chars().all(safe) {
        return id.to_owned();
    }
    let plain: String = id.chars().map(|c| if safe(c) { c } else { '-' }).collect();
    let digest = Digest::of(id.as_bytes()).to_string();
    format!("{plain}-{}", digest.get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_files_are_found_by_their_path() {
        for family in Family::ALL {
            assert_eq!(Family::of_path(&family.path("some-control"), "some-control"), Some(family));
        }
        assert_eq!(Family::of_path("/etc/sysctl.conf", "some-control"), None);
    }

    #[test]
    fn no_two_controls_have_one_file() {
        assert_eq!(safe_id("net-forwarding"), "net-forwarding");
        let ids = ["a-b", "a_b", "a b", "a/../b"].map(safe_id);
        for (at, id) in ids.iter().enumerate() {
            assert!(!id.contains(['_', ' ', '/', '.']), "{id}");
            assert!(!ids.iter().skip(at + 1).any(|other| other == id), "{id}");
        }
    }

    #[test]
    fn what_is_read_after_ours_is_known() {
        let id = "net-forwarding";
        assert!(Family::Sysctl.beats_ours("/etc/sysctl.conf", id));
        assert!(Family::Sysctl.beats_ours("/usr/lib/sysctl.d/zzz.conf", id));
        assert!(!Family::Sysctl.beats_ours("/etc/sysctl.d/99-local.conf", id));
        assert!(!Family::Sysctl.beats_ours(&Family::Sysctl.path(id), id));
        assert!(Family::Apt.beats_ours("/etc/apt/apt.conf", id));
        assert!(!Family::Sudoers.beats_ours("/etc/sudoers", id));
        assert!(Family::Profile.beats_ours("/etc/profile.d/zzz.sh", id));
        assert!(!Family::Profile.beats_ours("/etc/profile", id));
        assert_eq!(Family::Profile.line("umask", "027"), "umask 027");
        assert_eq!(Family::Profile.line("TMOUT", "9 0"), "export TMOUT='9 0'");
        assert!(Family::Pwquality.beats_ours("/etc/security/pwquality.conf", id));
        assert!(!Family::Pwquality.beats_ours("/etc/security/pwquality.conf.d/50.conf", id));
        assert!(Family::Journald.beats_ours("/usr/lib/systemd/journald.conf.d/zzz.conf", id));
        assert!(!Family::Journald.beats_ours("/etc/systemd/journald.conf", id));
    }

    #[test]
    fn flags_of_sudo_are_written_without_a_value() {
        assert_eq!(Family::Sudoers.line("use_pty", "on"), "Defaults use_pty");
        assert_eq!(Family::Sudoers.line("rootpw", "off"), "Defaults !rootpw");
        assert_eq!(
            Family::Sudoers.line("logfile", "/var/log/sudo.log"),
            "Defaults logfile=\"/var/log/sudo.log\""
        );
    }
}
