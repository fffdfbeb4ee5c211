//! Settings: facts about a configuration, each with its place; and the things they are facts of.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Dialect, Place, Style};

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
    /// A key in files of no family, which are read as the rule says.
    Entry {
        /// The files in the order in which they are read, with ` and ` between them; the last value
        /// counts. See [`Style::sources`].
        files: Arc<str>,
        /// How they write a key and its value.
        style: Style,
        /// The key; of one in a section, `[section] key`.
        key: Arc<str>,
    },
    /// A line of a text file, without what its reader takes for a comment.
    Line {
        /// Absolute.
        path: Arc<str>,
        /// Its words, with one blank between two.
        line: Arc<str>,
    },
    /// All that a text file says.
    Text {
        /// Absolute.
        path: Arc<str>,
    },
    /// An option of the ssh server, sshd_config(5).
    Sshd {
        /// As its manual spells it: `PermitRootLogin`.
        option: Arc<str>,
    },
    /// An option of the ssh client, ssh_config(5), for users who have nothing of their own.
    Ssh {
        /// As its manual spells it: `ForwardAgent`.
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
    /// A job in the tables of cron, crontab(5).
    Cron {
        /// Who runs it.
        user: Arc<str>,
        /// The words of its command, with one blank between two.
        command: Arc<str>,
    },
    /// A package source of the distribution, by what it is for.
    Suite {
        /// `security`.
        purpose: Arc<str>,
    },
    /// A point at which a file system may be mounted.
    Mount {
        /// Absolute.
        point: Arc<str>,
    },
    /// A module of the kernel.
    Module {
        /// With `_`, as the kernel writes it: `usb_storage`.
        name: Arc<str>,
    },
    /// An account, passwd(5).
    User {
        /// Its name.
        name: Arc<str>,
    },
    /// Several accounts, each a scope of its own by its name.
    Users {
        /// `all`; `root`, those with the number 0; `system`, other services; `people`.
        set: Arc<str>,
    },
    /// A group, group(5), each member a scope of its own.
    Group {
        /// Its name.
        name: Arc<str>,
    },
    /// Several groups, each a scope of its own by its name.
    Groups {
        /// `all`.
        set: Arc<str>,
    },
    /// What a walk through all local files found, each path a scope of its own.
    Files {
        /// `setuid`, `world-writable`, `unowned`, or `named` and a file's name.
        which: Arc<str>,
    },
    /// The processes of a program.
    Process {
        /// The name of its file, as in `/proc/PID/exe`.
        name: Arc<str>,
    },
    /// The sockets that wait at a port, each address a scope of its own.
    Port {
        /// `tcp/22`.
        socket: Arc<str>,
    },
    /// Public keys at rest, each a scope of its own.
    Keys {
        /// `ssh-host`; `authorized`, by which people log in over ssh; or the absolute path of a
        /// file of certificates.
        set: Arc<str>,
    },
    /// The rules that name a module in the stacks of a service, pam.d(5), each a scope of its own.
    Pam {
        /// The name of the service's file: `sshd`.
        service: Arc<str>,
        /// The name of the module's file: `pam_unix.so`.
        module: Arc<str>,
    },
    /// What the kernel's packet filter does with what comes, each of `ipv4` and `ipv6` a scope of
    /// its own.
    Firewall {
        /// `input`, `forward` or `output`, for what no rule speaks of; or a port, such as `tcp/22`.
        what: Arc<str>,
    },
    /// What a restart would take up: of the host, what an update brought, each kernel that is
    /// installed a scope of its own; or of the programs that run what was replaced, each a scope.
    Restart {
        /// `host` or `services`.
        of: Arc<str>,
    },
}

impl Resource {
    /// The noun by which rules name it.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Sysctl { .. } => "sysctl",
            Self::File { .. } => "file",
            Self::Key { .. } | Self::Entry { .. } => "key",
            Self::Line { .. } => "line",
            Self::Text { .. } => "text",
            Self::Sshd { .. } => "sshd",
            Self::Ssh { .. } => "ssh",
            Self::Package { .. } => "package",
            Self::Service { .. } => "service",
            Self::Cron { .. } => "cron",
            Self::Suite { .. } => "suite",
            Self::Mount { .. } => "mount",
            Self::Module { .. } => "module",
            Self::User { .. } => "user",
            Self::Users { .. } => "users",
            Self::Group { .. } => "group",
            Self::Groups { .. } => "groups",
            Self::Files { .. } => "files",
            Self::Process { .. } => "process",
            Self::Port { .. } => "port",
            Self::Keys { .. } => "keys",
            Self::Pam { .. } => "pam",
            Self::Firewall { .. } => "firewall",
            Self::Restart { .. } => "restart",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = self.noun();
        match self {
            Self::Key { dialect, key } => write!(f, "{noun} {key} in {}", dialect.file()),
            Self::Entry { files, style, key } => {
                write!(f, "{noun} {key} in {files} as {}", style.word())
            }
            Self::Line { path, line } => write!(f, "{noun} {line} in {path}"),
            Self::Cron { user, command } => write!(f, "{noun} {command} of {user}"),
            Self::Pam { service, module } => write!(f, "{noun} {module} in {service}"),
            Self::Sysctl { key: name }
            | Self::File { path: name }
            | Self::Text { path: name }
            | Self::Sshd { option: name }
            | Self::Ssh { option: name }
            | Self::Package { name }
            | Self::Service { unit: name }
            | Self::Suite { purpose: name }
            | Self::Mount { point: name }
            | Self::Module { name }
            | Self::User { name }
            | Self::Users { set: name }
            | Self::Group { name }
            | Self::Groups { set: name }
            | Self::Files { which: name }
            | Self::Process { name }
            | Self::Port { socket: name }
            | Self::Keys { set: name }
            | Self::Firewall { what: name }
            | Self::Restart { of: name } => write!(f, "{noun} {name}"),
        }
    }
}

/// Which side of a resource a setting is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// What is in force now: a kernel parameter's value; `active` or `inactive` of a service; the
    /// options of a mount; `loaded` or `built-in` of a module; `listening` of a port; what a packet
    /// filter does.
    Running,
    /// What will be in force after the next start: the value that some file gives a kernel
    /// parameter; `enabled`, `disabled`, `static` or `masked` of a service; the options with which
    /// something is mounted; `disabled`, `blacklisted`, `command`, `allowed` or `built-in` of a module.
    Boot,
    /// The value of a key or option; when a job of cron runs; `present` of a suite, a line, an
    /// account or a group; the text of a file; how many members a set of accounts, groups, files or
    /// keys has; control and arguments of a rule of PAM.
    Value,
    /// The name of the user that owns a file, or its number where it has none.
    Owner,
    /// The name of the group of a file, or its number where it has none.
    Group,
    /// The permission bits of a file, as four octal digits: `0640`.
    Mode,
    /// `file`, `folder`, `link` or `other`, of a file and of what is at the point of a mount; the
    /// algorithm of a key.
    Type,
    /// The installed version of a package.
    Version,
    /// What the password of an account is, and never more of it: `set`; `empty`, so that nobody is
    /// asked for one; `locked`, set or not, with `!` before it; or `none`, which nothing fulfils.
    Password,
    /// By which method a password was hashed, crypt(5): `yescrypt`, `sha512`; absent without a hash.
    /// Of a certificate, what was hashed to sign it.
    Method,
    /// Which file holds the hash of a password: `shadow` or `passwd`; absent where neither does.
    Stored,
    /// The program that a login starts.
    Shell,
    /// The number of an account or a group.
    Number,
    /// After how many days a password has to be changed; absent without a limit.
    MaxDays,
    /// How many days after that the account is closed; absent without a limit.
    InactiveDays,
    /// The day on which the account is closed, `2027-01-31`; absent for never.
    Expires,
    /// How an account belongs to a group: `member`, or `primary` as the group of its own entry.
    Member,
    /// How long the modulus of an RSA key is; absent of other keys.
    Bits,
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
            Self::Password => "password",
            Self::Method => "method",
            Self::Stored => "stored",
            Self::Shell => "shell",
            Self::Number => "number",
            Self::MaxDays => "max_days",
            Self::InactiveDays => "inactive_days",
            Self::Expires => "expires",
            Self::Member => "member",
            Self::Bits => "bits",
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
    /// For whom, where not for everybody: the criteria of an sshd `Match` block in its words, the
    /// member of a set of accounts, groups or files.
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
    /// Several texts, such as paths.
    Texts(Vec<Arc<str>>),
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
}
