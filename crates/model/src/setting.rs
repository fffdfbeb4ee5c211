//! Settings: facts about a configuration, each with its place; and the things they are facts of.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Place;

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
    /// item, e.g. `* hard core`.
    Limits,
    /// `/etc/apt/apt.conf.d` and `apt.conf`, apt.conf(5): keys with `::`.
    Apt,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 4] = [Self::LoginDefs, Self::Sudoers, Self::Limits, Self::Apt];

    /// The file by which rules name the family.
    pub fn file(self) -> &'static str {
        match self {
            Self::LoginDefs => "/etc/login.defs",
            Self::Sudoers => "/etc/sudoers",
            Self::Limits => "/etc/security/limits.conf",
            Self::Apt => "/etc/apt/apt.conf",
        }
    }

    /// The family of that file.
    pub fn of_file(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.file() == path)
    }
}

/// A thing on a host whose state can be seen, and stated by a control.
///
/// Its text is what rules write before the colon: `sysctl net.ipv4.ip_forward`,
/// `key PASS_MAX_DAYS in /etc/login.defs`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// A kernel parameter.
    Sysctl {
        /// With dots, sysctl(8): `net.ipv4.ip_forward`.
        key: Arc<str>,
    },
    /// A file or folder.
    File {
        /// Absolute.
        path: Arc<str>,
    },
    /// A key in a family of configuration files.
    Key {
        /// Which family.
        dialect: Dialect,
        /// As the family writes it.
        key: Arc<str>,
    },
    /// An option of the ssh server, sshd_config(5).
    Sshd {
        /// As its manual spells it: `PermitRootLogin`.
        option: Arc<str>,
    },
    /// A package of the distribution.
    Package {
        /// The binary package's name.
        name: Arc<str>,
    },
    /// A unit of systemd.
    Service {
        /// With its ending, systemd.unit(5): `ssh.service`, `apt-daily-upgrade.timer`.
        unit: Arc<str>,
    },
    /// A package source of the distribution, by what it is for.
    Suite {
        /// `security`.
        purpose: Arc<str>,
    },
}

impl Resource {
    /// The noun by which rules name it.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Sysctl { .. } => "sysctl",
            Self::File { .. } => "file",
            Self::Key { .. } => "key",
            Self::Sshd { .. } => "sshd",
            Self::Package { .. } => "package",
            Self::Service { .. } => "service",
            Self::Suite { .. } => "suite",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = self.noun();
        match self {
            Self::Key { dialect, key } => write!(f, "{noun} {key} in {}", dialect.file()),
            Self::Sysctl { key: name }
            | Self::File { path: name }
            | Self::Sshd { option: name }
            | Self::Package { name }
            | Self::Service { unit: name }
            | Self::Suite { purpose: name } => write!(f, "{noun} {name}"),
        }
    }
}

/// Which side of a resource a setting is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// What is in force now: a kernel parameter's value; `active` or `inactive` of a service.
    Running,
    /// What will be in force after the next start: the value that some file gives a kernel
    /// parameter; `enabled`, `disabled`, `static` or `masked` of a service.
    Boot,
    /// The value of a key or option; `present` of a suite.
    Value,
    /// The name of the user that owns a file, or its number where it has none.
    Owner,
    /// The name of the group of a file, or its number where it has none.
    Group,
    /// The permission bits of a file, as four octal digits: `0640`.
    Mode,
    /// `file`, `folder`, `link` or `other`.
    Type,
    /// The installed version of a package.
    Version,
}

impl Aspect {
    /// The word in rules' tests and in evidence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Boot => "boot",
            Self::Value => "value",
            Self::Owner => "owner",
            Self::Group => "group",
            Self::Mode => "mode",
            Self::Type => "type",
            Self::Version => "version",
        }
    }
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// This value.
    Is(Arc<str>),
    /// There is none: no such file, package, unit or key; no file that makes a value last.
    Absent,
    /// It could not be looked at: *not assessed*.
    Unknown {
        /// Why, in words.
        reason: String,
        /// What would close the gap: a command, `root`, or a sentence.
        closes_with: String,
    },
    /// It was looked at and is no valid configuration: an error of whoever wrote it.
    Broken {
        /// Why, in words.
        reason: String,
    },
}

/// One fact about a configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Setting {
    /// Of what.
    pub resource: Resource,
    /// Which side of it.
    pub aspect: Aspect,
    /// For whom, where not for everybody: the criteria of an sshd `Match` block, in its words.
    pub scope: Option<Arc<str>>,
    /// What was seen.
    pub reading: Reading,
    /// Where it stands; a file's own settings stand at its start. `None` where no file says it.
    pub place: Option<Place>,
    /// Whether nobody wrote it: the program's own default.
    pub default: bool,
}

/// Something that conditions may ask about a host: `container`, `virtual`, `efi`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Trait {
    /// As conditions name it, without `host.`.
    pub name: Arc<str>,
    /// Its value; `None` where it could not be told.
    pub value: Option<TraitValue>,
    /// From what it was told, in words: "`/.dockerenv` is there".
    pub because: String,
}

/// The value of a trait.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TraitValue {
    /// Yes or no.
    Truth(bool),
    /// A text, such as `debian`.
    Text(Arc<str>),
}

/// A socket that waits for others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Port {
    /// `tcp` or `udp`.
    pub protocol: Arc<str>,
    /// The address it listens on; `0.0.0.0` and `::` are all of them.
    pub address: core::net::IpAddr,
    /// Its number.
    pub port: u16,
    /// Where it was read.
    pub place: Place,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_written_as_in_rules() {
        let key = Resource::Key { dialect: Dialect::LoginDefs, key: "PASS_MAX_DAYS".into() };
        assert_eq!(key.to_string(), "key PASS_MAX_DAYS in /etc/login.defs");
        let sysctl = Resource::Sysctl { key: "net.ipv4.ip_forward".into() };
        assert_eq!(sysctl.to_string(), "sysctl net.ipv4.ip_forward");
    }

    #[test]
    fn a_family_is_found_by_its_file() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::of_file(dialect.file()), Some(dialect));
        }
        assert_eq!(Dialect::of_file("/etc/passwd"), None);
    }
}
