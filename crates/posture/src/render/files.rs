//! The files that are ours: one drop-in for each control and family, and how each family writes a
//! setting.
//!
//! Knows names, places and syntax of drop-ins. Must not know why something is set.

use std::fmt::Write as _;

use holdfast_model::Dialect;

use super::quote::one_line;

/// A family of files that has a folder for drop-ins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// sysctl.d(5): all files sorted by name, the last value counts.
    Sysctl,
    /// sshd_config(5): the first value counts.
    Sshd,
    /// sudoers(5): the last value counts.
    Sudoers,
    /// limits.conf(5): the last value counts.
    Limits,
    /// apt.conf(5): the last value counts, and `/etc/apt/apt.conf` is read after the folder.
    Apt,
}

impl Family {
    const ALL: [Self; 5] = [Self::Sysctl, Self::Sshd, Self::Sudoers, Self::Limits, Self::Apt];

    /// The family of a dialect; `None` for `login.defs`, which has no folder.
    pub(super) fn of(dialect: Dialect) -> Option<Self> {
        match dialect {
            Dialect::LoginDefs => None,
            Dialect::Sudoers => Some(Self::Sudoers),
            Dialect::Limits => Some(Self::Limits),
            Dialect::Apt => Some(Self::Apt),
        }
    }

    /// The family to which our file `path` of a control belongs.
    pub(super) fn of_path(path: &str, id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.path(id) == path)
    }

    /// The folder in which drop-ins stand.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Sysctl => "/etc/sysctl.d",
            Self::Sshd => "/etc/ssh/sshd_config.d",
            Self::Sudoers => "/etc/sudoers.d",
            Self::Limits => "/etc/security/limits.d",
            Self::Apt => "/etc/apt/apt.conf.d",
        }
    }

    /// Our file. Its name makes it win: last in the folder, or first where the first value counts.
    /// sudo skips names with a dot, apt all endings but `.conf`.
    pub(super) fn path(self, id: &str) -> String {
        let folder = self.folder();
        match self {
            Self::Sysctl | Self::Limits => format!("{folder}/zz-holdfast-{id}.conf"),
            Self::Sshd => format!("{folder}/00-holdfast-{id}.conf"),
            Self::Sudoers => format!("{folder}/zz-holdfast-{id}"),
            Self::Apt => format!("{folder}/99zz-holdfast-{id}"),
        }
    }

    /// The permission bits of our file; sudoers(5) wants 0440.
    pub(super) fn mode(self) -> u32 {
        if self == Self::Sudoers { 0o440 } else { 0o644 }
    }

    /// Whether the setting at `place` is read after our file, so that ours would lose.
    pub(super) fn beats_ours(self, place: &str, id: &str) -> bool {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let ours = self.path(id);
        let sorts_after = place != ours && name(place) > name(&ours);
        match self {
            // procps reads /etc/sysctl.conf after all folders.
            Self::Sysctl => place == "/etc/sysctl.conf" || sorts_after,
            Self::Sshd => false,
            // The main file includes the folder at its end, or reads it last.
            Self::Sudoers | Self::Limits => place.starts_with(self.folder()) && sorts_after,
            Self::Apt => place == "/etc/apt/apt.conf" || sorts_after,
        }
    }

    /// One setting as the family writes it.
    pub(super) fn line(self, key: &str, value: &str) -> String {
        let (key, value) = (one_line(key), one_line(value));
        match self {
            Self::Sysctl => format!("{key} = {value}"),
            Self::Sshd | Self::Limits => format!("{key} {value}"),
            Self::Sudoers => match value.as_str() {
                "on" | "yes" | "true" => format!("Defaults {key}"),
                "off" | "no" | "false" => format!("Defaults !{key}"),
                value => format!("Defaults {key}=\"{}\"", escaped(value)),
            },
            Self::Apt => format!("{key} \"{}\";", value.replace('"', "")),
        }
    }

    /// The whole file.
    pub(super) fn content(self, id: &str, settings: &[(String, String)]) -> String {
        let comment = if self == Self::Apt { "//" } else { "#" };
        let mut out = format!("{comment} Written by Holdfast for the control {id}.\n");
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

/// An id as part of a file's name; controls are named so that it is the id itself.
pub(super) fn safe_id(id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' };
    id.chars().map(safe).collect()
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
    fn what_is_read_after_ours_is_known() {
        let id = "net-forwarding";
        assert!(Family::Sysctl.beats_ours("/etc/sysctl.conf", id));
        assert!(Family::Sysctl.beats_ours("/usr/lib/sysctl.d/zzz.conf", id));
        assert!(!Family::Sysctl.beats_ours("/etc/sysctl.d/99-local.conf", id));
        assert!(!Family::Sysctl.beats_ours(&Family::Sysctl.path(id), id));
        assert!(Family::Apt.beats_ours("/etc/apt/apt.conf", id));
        assert!(!Family::Sudoers.beats_ours("/etc/sudoers", id));
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
