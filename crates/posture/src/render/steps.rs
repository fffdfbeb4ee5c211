//! The form between a control and a tool: a small closed set of concrete, idempotent steps. It is
//! made once, and each target renders it in one file.
//!
//! Knows what a step does to a host, and its words for people. Must not know controls, nor how any
//! tool says it.

use std::fmt::Write as _;

use super::acts::Act;
use super::change::Change;
use super::manager::Manager;
use super::ssh_unit::SshUnit;

/// How a former line was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Above the one that replaced it.
    Replaced,
    /// So, or there was none and one was appended.
    ReplacedOrAdded,
    /// By itself.
    Silenced,
}

/// A change of one text file. Whatever is replaced stays above as a comment, so that the file
/// itself says how to undo it and later edits by others survive the undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// A whole file of ours.
    Write { path: String, content: String, mode: u32 },
    /// A file of ours goes.
    Delete { path: String },
    /// Lines before everything else, between two marks.
    Top { path: String, lines: Vec<String> },
    /// Those lines go.
    NoTop { path: String },
    /// Each line that begins with the word `key` says `value`; one is appended where there is none.
    /// The key has its ` =` or `=` behind it where the file is written so.
    Line { path: String, key: String, value: String },
    /// Lines that give a kernel parameter another value become comments.
    Silence { path: String, key: String, value: String },
    /// The first such option of each `Match` block with these criteria says `value`.
    Match { path: String, criteria: String, option: String, value: String },
    /// What `Line`, `Silence` and `Match` kept of a key as comments comes back, one time each.
    Restore { path: String, key: String, kept: Kept },
    /// What an awk program makes of the file.
    Change(Change),
}

impl Edit {
    /// The file that changes.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Write { path, .. }
            | Self::Delete { path }
            | Self::Top { path, .. }
            | Self::NoTop { path }
            | Self::Line { path, .. }
            | Self::Silence { path, .. }
            | Self::Match { path, .. }
            | Self::Restore { path, .. } => path,
            Self::Change(change) => &change.path,
        }
    }

    /// What it does, in plain words.
    pub(super) fn says(&self) -> String {
        match self {
            Self::Write { path, .. } => format!("write {path}"),
            Self::Delete { path } => format!("remove {path}"),
            Self::Top { path, lines } => {
                format!("say {} at the top of {path}", lines.join(", "))
            }
            Self::NoTop { path } => format!("take our lines off the top of {path}"),
            Self::Line { path, key, value } => {
                let blank = if key.ends_with(" =") || !key.ends_with('=') { " " } else { "" };
                format!("say {key}{blank}{value} in {path}")
            }
            Self::Silence { path, key, .. } => {
                format!("turn the line of {path} that gives {key} another value into a comment")
            }
            Self::Match { path, criteria, option, value } => {
                format!("say {option} {value} under Match {criteria} in {path}")
            }
            Self::Restore { path, key, .. } => format!("bring back what {path} said of {key}"),
            Self::Change(change) => change.says.clone(),
        }
    }
}

/// Which permission bits a step leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bits {
    /// Just these.
    Exactly(u32),
    /// All but these.
    Without(u32),
}

impl Bits {
    /// As chmod(1) reads it, in the symbolic form that GNU, busybox and Ansible understand alike.
    /// An exact mode names every bit, because GNU chmod keeps setuid and setgid of folders where
    /// they are not named; the sticky bit is written with `a`, because busybox knows no `o-t`.
    pub(super) fn symbolic(self) -> String {
        let mut parts = Vec::new();
        for (who, shift, special) in [("u", 6, 0o4000), ("g", 3, 0o2000), ("o", 0, 0)] {
            match self {
                Self::Exactly(mode) => {
                    parts.push(format!("{who}={}", letters(mode >> shift)));
                    if special != 0 {
                        let sign = if mode & special == 0 { '-' } else { '+' };
                        parts.push(format!("{who}{sign}s"));
                    }
                }
                Self::Without(mask) => {
                    let mut gone = letters(mask >> shift);
                    if mask & special != 0 {
                        gone.push('s');
                    }
                    if !gone.is_empty() {
                        parts.push(format!("{who}-{gone}"));
                    }
                }
            }
        }
        match self {
            Self::Exactly(mode) if mode & 0o1000 != 0 => parts.push("a+t".to_owned()),
            Self::Without(mask) if mask & 0o1000 == 0 => {}
            Self::Exactly(_) | Self::Without(_) => parts.push("a-t".to_owned()),
        }
        parts.join(",")
    }
}

fn letters(bits: u32) -> String {
    [(4, 'r'), (2, 'w'), (1, 'x')]
        .into_iter()
        .filter(|(bit, _)| bits & bit != 0)
        .map(|(_, letter)| letter)
        .collect()
}

/// What becomes of a unit at the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Boot {
    /// It is started; static units, which others start, count as such.
    On,
    /// It is started only if somebody asks for it; what cannot be disabled is masked.
    Off,
    /// Nothing may start it.
    Masked,
    /// It may be started again, and how it starts is left.
    Unmasked,
}

/// What becomes of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    /// Its password opens nothing any more, and is kept.
    Lock,
    /// Its password opens again what it did.
    Unlock,
    /// The program that its logins start.
    Shell(String),
    /// A number of days of shadow(5); -1 is no limit.
    Days(Days, i64),
}

/// Which number of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Days {
    /// After so many a password has to be changed.
    Max,
    /// So many later the account is closed.
    Inactive,
    /// On this one, counted from 1970-01-01, the account is closed.
    Expires,
}

impl Days {
    /// The option of chage(1), and the field of shadow(5).
    pub(super) fn option(self) -> (&'static str, &'static str) {
        match self {
            Self::Max => ("-M", "5"),
            Self::Inactive => ("-I", "7"),
            Self::Expires => ("-E", "8"),
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// An account, where it is there.
    Account { name: String, what: Account },
    /// A text file that no program validates.
    Edit(Edit),
    /// A file of sudo, validated before it is put in place.
    Sudoers(Edit),
    /// Files of the ssh server, validated together; taken back by `back` if sshd refuses them;
    /// then sshd reads them anew, where it may run.
    Sshd { edits: Vec<Edit>, back: Vec<Edit>, reload: Option<SshUnit> },
    /// A running kernel parameter.
    Kernel { key: String, value: String },
    /// Owner, group and mode of a file or folder, where it is there; links are refused.
    Meta { path: String, owner: Option<String>, group: Option<String>, bits: Option<Bits> },
    /// A file is moved out of the way, to `store`.
    TakeAway { path: String, store: String },
    /// And back.
    BringBack { path: String, store: String },
    /// A package is installed.
    Install { name: String },
    /// A package is removed, and nothing with it but `with`.
    Uninstall { name: String, with: Vec<String> },
    /// Where a package is installed, it is at least this version.
    Upgrade { manager: Manager, name: String, version: String },
    /// Where a package is installed in an earlier version, it is just this one: that held elsewhere.
    /// Those that the same plan brings so come along, since they may need each other: `name=version`.
    UpgradeTo { manager: Manager, name: String, version: String, with: Vec<String> },
    /// Where a package is installed in another version, it goes back to just this one, and those that
    /// were lifted along with it go back at once: `name=version`.
    Downgrade { manager: Manager, name: String, version: String, with: Vec<String> },
    /// A unit at the next start.
    Boot { unit: String, boot: Boot },
    /// A unit now.
    Run { unit: String, on: bool },
    /// What no tool has a resource for.
    Deed(Act),
}

impl Step {
    /// What it does, in plain words.
    pub(super) fn says(&self) -> String {
        match self {
            Self::Edit(edit) | Self::Sudoers(edit) => edit.says(),
            Self::Sshd { edits, .. } => {
                let all: Vec<String> = edits.iter().map(Edit::says).collect();
                format!("{}; sshd has to accept it", all.join("; "))
            }
            Self::Kernel { key, value } => format!("set {key} to {value} now"),
            Self::Account { name, what } => match what {
                Account::Lock => format!("lock the password of {name}"),
                Account::Unlock => format!("unlock the password of {name}"),
                Account::Shell(shell) => format!("set the shell of {name} to {shell}"),
                Account::Days(days, number) => {
                    let what = match days {
                        Days::Max => "the days until its password has to be changed",
                        Days::Inactive => "the days until it is closed after that",
                        Days::Expires => "the day since 1970 on which it is closed",
                    };
                    let number = if *number < 0 { "none".to_owned() } else { number.to_string() };
                    format!("set of {name} {what} to {number}")
                }
            },
            Self::Meta { path, owner, group, bits } => {
                let mut says = format!("set {path}");
                for (word, value) in [("owner", owner), ("group", group)] {
                    if let Some(value) = value {
                        let _ = write!(says, " {word} {value}");
                    }
                }
                match bits {
                    Some(Bits::Exactly(mode)) => {
                        let _ = write!(says, " mode {mode:04o}");
                    }
                    Some(Bits::Without(mask)) => {
                        let _ = write!(says, " mode at most {:04o}", !mask & 0o7777);
                    }
                    None => {}
                }
                says
            }
            Self::TakeAway { path, store } => format!("move {path} to {store}"),
            Self::BringBack { path, store } => format!("move {store} back to {path}"),
            Self::Install { name } => format!("install the package {name}"),
            Self::Uninstall { name, .. } => format!("remove the package {name}"),
            Self::Upgrade { name, version, .. } => {
                format!("bring the package {name} to {version} or later, if it is installed")
            }
            Self::UpgradeTo { name, version, .. } => {
                format!("bring the package {name} to {version} and no other, if it is installed")
            }
            Self::Downgrade { name, version, with, .. } => {
                let mut says = format!("bring the package {name} back to {version}");
                for (name, version) in with.iter().filter_map(|one| one.split_once('=')) {
                    let _ = write!(says, ", {name} to {version}");
                }
                format!("{says}, if it is installed")
            }
            Self::Boot { unit, boot } => match boot {
                Boot::On => format!("start {unit} with the system"),
                Boot::Off => format!("do not start {unit} with the system"),
                Boot::Masked => format!("let nothing start {unit}"),
                Boot::Unmasked => format!("let {unit} be started again"),
            },
            Self::Deed(act) => act.says.clone(),
            Self::Run { unit, on: true } => format!("start {unit} now"),
            Self::Run { unit, on: false } => format!("stop {unit} now"),
        }
    }

    /// What it restarts, reloads, starts or stops, in words; `None` for nothing. What updates of
    /// packages leave running is said of all of them together: see `updates`.
    pub(super) fn restarts(&self) -> Option<String> {
        match self {
            Self::Sshd { reload: Some(unit), .. } => Some(format!("{} is reloaded", unit.named())),
            Self::Run { unit, on: true } => Some(format!("{unit} is started")),
            Self::Run { unit, on: false } => Some(format!("{unit} is stopped")),
            _ => None,
        }
    }
}

/// How packages begin of which the running system uses a copy that only a restart of the host
/// replaces: the kernel's, and the C library that every process has loaded.
const UNTIL_RESTART: &[&str] = &[
    "glibc",
    "kernel",
    "libc6",
    "linux-image",
    "linux-lts",
    "linux-modules",
    "linux-virt",
    "musl",
];

/// What goes on as before although its package is a new one, in words.
pub(super) fn updates(steps: &[Step]) -> Vec<String> {
    let names = steps.iter().filter_map(|step| match step {
        Step::Upgrade { name, .. }
        | Step::UpgradeTo { name, .. }
        | Step::Downgrade { name, .. } => Some(name.as_str()),
        _ => None,
    });
    let (host, programs): (Vec<&str>, Vec<&str>) =
        names.partition(|name| UNTIL_RESTART.iter().any(|first| name.starts_with(first)));
    let mut said = Vec::new();
    if !programs.is_empty() {
        said.push(format!(
            "what runs with the former {} goes on with it until it is started anew",
            programs.join(", ")
        ));
    }
    if !host.is_empty() {
        said.push(format!("{} takes effect after a restart of the host", host.join(", ")));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_update_leaves_running_is_said_once() {
        let update = |name: &str| Step::Upgrade {
            manager: Manager::Deb,
            name: name.to_owned(),
            version: "1".to_owned(),
        };
        let steps = ["openssl", "linux-image-amd64", "curl"].map(update);
        assert_eq!(
            updates(&steps),
            [
                "what runs with the former openssl, curl goes on with it until it is started anew",
                "linux-image-amd64 takes effect after a restart of the host",
            ]
        );
        assert!(updates(&[]).is_empty());
    }

    #[test]
    fn only_forbidden_bits_are_named() {
        assert_eq!(Bits::Without(!0o640 & 0o7777).symbolic(), "u-xs,g-wxs,o-rwx,a-t");
        assert_eq!(Bits::Without(0o022).symbolic(), "g-w,o-w");
        assert_eq!(Bits::Without(0o4000).symbolic(), "u-s");
    }

    #[test]
    fn an_exact_mode_names_every_bit() {
        assert_eq!(Bits::Exactly(0o755).symbolic(), "u=rwx,u-s,g=rx,g-s,o=rx,a-t");
        assert_eq!(Bits::Exactly(0o1777).symbolic(), "u=rwx,u-s,g=rwx,g-s,o=rwx,a+t");
        assert_eq!(Bits::Exactly(0o4000).symbolic(), "u=,u+s,g=,g-s,o=,a-t");
    }
}
