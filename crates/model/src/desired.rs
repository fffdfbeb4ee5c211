//! Desired states: what a control wants of a resource. A closed set; each can be collected,
//! compared, rendered to every target and undone, unless it is marked as checked only.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Aspect, Resource, Startups};

/// The value that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Just this.
    Is(Arc<str>),
    /// One of these; a fix takes the first.
    OneOf(Vec<Arc<str>>),
    /// A list with commas that names only these, in any order. A fix takes out what is not among
    /// them; where nothing is left, it sets all of these, in this order.
    SubsetOf(Vec<Arc<str>>),
    /// None of these; a list names none of them. A fix takes them out.
    NoneOf(Vec<Arc<str>>),
    /// A whole number that is not greater.
    AtMost(i64),
    /// A whole number that is not less.
    AtLeast(i64),
    /// No fewer new connections are turned away, however many wait.
    StartupsAtMost(Startups),
}

impl Wanted {
    /// The value that a fix sets where nothing of what was found can stay; empty where there is
    /// none to set.
    pub fn to_set(&self) -> Arc<str> {
        match self {
            Self::Is(value) => Arc::clone(value),
            Self::OneOf(values) => values.first().cloned().unwrap_or_else(|| "".into()),
            Self::SubsetOf(names) => names.join(",").into(),
            Self::NoneOf(_) => "".into(),
            Self::AtMost(number) | Self::AtLeast(number) => number.to_string().into(),
            Self::StartupsAtMost(most) => most.to_string().into(),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(value) if value.is_empty() => f.write_str("an empty value"),
            Self::Is(value) => write!(f, "`{value}`"),
            Self::OneOf(values) => write!(f, "one of {}", quoted(values)),
            Self::SubsetOf(names) => write!(f, "only {}", quoted(names)),
            Self::NoneOf(names) => write!(f, "none of {}", quoted(names)),
            Self::AtMost(number) => write!(f, "at most {number}"),
            Self::AtLeast(number) => write!(f, "at least {number}"),
            Self::StartupsAtMost(most) => write!(f, "at most `{most}`"),
        }
    }
}

fn quoted(values: &[Arc<str>]) -> String {
    let all: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    all.join(", ")
}

/// The permission bits that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModeWanted {
    /// Just these bits.
    Is(u32),
    /// No bit beside these: compared as sets, never as numbers.
    AtMost(u32),
}

impl fmt::Display for ModeWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(bits) => write!(f, "`{bits:04o}`"),
            Self::AtMost(bits) => write!(f, "at most `{bits:04o}`"),
        }
    }
}

/// The only members that a set may have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Only {
    /// Their names or paths.
    pub names: Vec<Arc<str>>,
    /// The setting in which the owner of a host may name more, without `setting.`.
    pub setting: Option<Arc<str>>,
}

/// Where somebody may listen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortWanted {
    /// Somewhere.
    Listening,
    /// Nowhere.
    Closed,
    /// At these addresses alone; `loopback` is each that only this host reaches.
    OnlyOn(Vec<Arc<str>>),
}

/// What is wanted of the rules that name a module of PAM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PamWanted {
    /// There is none.
    Absent,
    /// There is one, and what is said of them holds.
    Present {
        /// In this stack: `auth`, `account`, `password` or `session`; else in any.
        kind: Option<Arc<str>>,
        /// One of them has one of these controls; empty: whichever.
        control: Vec<Arc<str>>,
        /// The same one has these arguments.
        has: Vec<Arc<str>>,
        /// None has one of these.
        lacks: Vec<Arc<str>>,
    },
}

/// What is wanted of a unit of systemd at the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BootWanted {
    /// It comes up by itself, or by what needs it.
    Enabled,
    /// It comes up only if somebody asks for it, or not at all.
    Disabled,
    /// Nothing may start it.
    Masked,
}

impl BootWanted {
    /// The word in rules and in evidence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Masked => "masked",
        }
    }
}

/// What is wanted of a job of cron.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CronWanted {
    /// No table has it.
    Absent,
    /// A table has it, for whatever time.
    Present,
    /// A table has it for this time: five fields, or a word such as `@daily`.
    At(Wanted),
}

/// What is wanted of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Desired {
    /// A kernel parameter, now and after every start.
    Sysctl {
        /// With dots.
        key: Arc<str>,
        /// The value.
        value: Wanted,
    },
    /// Owner, group and mode of a file or folder, where it is there, and what it is, which has it be
    /// there; what is `None` is not asked.
    File {
        /// Absolute.
        path: Arc<str>,
        /// `file`, `folder` or `link`, links not followed; `any` of them.
        kind: Option<Arc<str>>,
        /// The user's name.
        owner: Option<Arc<str>>,
        /// The names of groups, of which it has one; empty: not asked. A fix takes the first.
        group: Vec<Arc<str>>,
        /// The permission bits.
        mode: Option<ModeWanted>,
    },
    /// There is no such file.
    FileAbsent {
        /// Absolute.
        path: Arc<str>,
    },
    /// The value of a key in a family of files.
    Key {
        /// Which family, and which key.
        dialect: crate::Dialect,
        /// As the family writes it.
        key: Arc<str>,
        /// The value.
        value: Wanted,
    },
    /// A key in a family of files has no value.
    KeyAbsent {
        /// Which family.
        dialect: crate::Dialect,
        /// As the family writes it.
        key: Arc<str>,
    },
    /// The value of a key in files of no family, where one of them is there.
    Entry {
        /// As in [`Resource::Entry`].
        files: Arc<str>,
        /// As in [`Resource::Entry`].
        style: crate::Style,
        /// As in [`Resource::Entry`].
        key: Arc<str>,
        /// The value; `None` where it is to have none.
        value: Option<Wanted>,
    },
    /// A text file has a line.
    LinePresent {
        /// Absolute.
        path: Arc<str>,
        /// Its words, with one blank between two.
        line: Arc<str>,
    },
    /// A text file has no such line.
    LineAbsent {
        /// Absolute.
        path: Arc<str>,
        /// Its words, with one blank between two.
        line: Arc<str>,
    },
    /// A text file says this and nothing else.
    Text {
        /// Absolute.
        path: Arc<str>,
        /// The whole text; where it is not empty, it ends with a line end.
        text: Arc<str>,
    },
    /// The effective value of an option of the ssh server, in every `Match` block too.
    Sshd {
        /// As its manual spells it.
        option: Arc<str>,
        /// The value.
        value: Wanted,
    },
    /// The effective value of an option of the ssh client, in every block too.
    Ssh {
        /// As its manual spells it.
        option: Arc<str>,
        /// The value.
        value: Wanted,
    },
    /// A package is installed, in whatever version.
    PackagePresent {
        /// The binary package's name.
        name: Arc<str>,
    },
    /// A package is not installed.
    PackageAbsent {
        /// The binary package's name.
        name: Arc<str>,
    },
    /// Where a package is installed, it is in this version or a later one.
    PackageAtLeast {
        /// The binary package's name.
        name: Arc<str>,
        /// In the order of the distribution.
        version: Arc<str>,
    },
    /// A service is started at boot and runs.
    ServiceOn {
        /// With its ending.
        unit: Arc<str>,
    },
    /// A service, where it is there, is neither started at boot nor runs.
    ServiceOff {
        /// With its ending.
        unit: Arc<str>,
    },
    /// A unit at the next start and now, each by itself; one of them at least.
    Service {
        /// With its ending.
        unit: Arc<str>,
        /// At the next start, where the unit is there; `None` is not asked.
        boot: Option<BootWanted>,
        /// Whether it runs now; `None` is not asked.
        running: Option<bool>,
    },
    /// A job in the tables of cron.
    Cron {
        /// As in [`Resource::Cron`].
        user: Arc<str>,
        /// As in [`Resource::Cron`].
        command: Arc<str>,
        /// Whether it is to be there, and when it runs.
        wanted: CronWanted,
    },
    /// A package source for a purpose is configured. Checked only: nobody but its owner knows
    /// which mirror to name.
    SuitePresent {
        /// `security`.
        purpose: Arc<str>,
    },
    /// A file system is mounted at a point of its own, with these options among others, now and
    /// after every start.
    Mounted {
        /// Absolute.
        point: Arc<str>,
        /// The options that it has to have, as the kernel shows them; empty: whichever.
        options: Vec<Arc<str>>,
    },
    /// A kernel module is not loaded now, and nothing that asks for it by its name or by what it is
    /// for gets it loaded after the next start.
    ModuleDisabled {
        /// With `_`, as the kernel writes it.
        name: Arc<str>,
    },
    /// An account, where it is there.
    User {
        /// Its name.
        name: Arc<str>,
        /// What is wanted of it, by aspect; not empty.
        wanted: Vec<(Aspect, Wanted)>,
    },
    /// Every account of a set.
    Users {
        /// As in [`Resource::Users`].
        set: Arc<str>,
        /// What is wanted of each, by aspect.
        wanted: Vec<(Aspect, Wanted)>,
        /// Which ones there may be. Checked only.
        only: Option<Only>,
        /// What no two have in common: the number, or with [`Aspect::Value`] the name. Checked only.
        unique: Vec<Aspect>,
    },
    /// The members of a group, where it is there. Checked only: who may do what is for people to say.
    Group {
        /// Its name.
        name: Arc<str>,
        /// Who may be in it.
        only: Only,
    },
    /// Every group. Checked only: files would belong to others.
    Groups {
        /// As in [`Resource::Groups`].
        set: Arc<str>,
        /// What no two have in common: the number, or with [`Aspect::Value`] the name.
        unique: Vec<Aspect>,
    },
    /// What a walk through all local files finds. Checked only: each file has its own story.
    Files {
        /// As in [`Resource::Files`].
        which: Arc<str>,
        /// Which ones there may be; none where nothing is named.
        only: Only,
    },
    /// Whether a program runs. Checked only: what starts it is another thing.
    Process {
        /// The name of its file.
        name: Arc<str>,
        /// Whether it is to run.
        running: bool,
    },
    /// Who waits at a port. Checked only: it is a program's to open it.
    Port {
        /// As in [`Resource::Port`].
        socket: Arc<str>,
        /// Whether and where.
        wanted: PortWanted,
    },
    /// How strong keys are. Checked only: whoever has the old one has to be told of another.
    Keys {
        /// As in [`Resource::Keys`].
        set: Arc<str>,
        /// What is wanted of each, by aspect; not empty.
        wanted: Vec<(Aspect, Wanted)>,
    },
    /// A module in the stacks of a service. Checked only: a slip there lets nobody in any more.
    Pam {
        /// As in [`Resource::Pam`].
        service: Arc<str>,
        /// As in [`Resource::Pam`].
        module: Arc<str>,
        /// Whether it is to be there, and how.
        wanted: PamWanted,
    },
    /// What the packet filter does. Checked only: whose traffic it is only the owner knows.
    Firewall {
        /// As in [`Resource::Firewall`].
        what: Arc<str>,
        /// `drop` or `accept` of what no rule speaks of; `accepted` or `refused` of a port.
        wanted: Arc<str>,
    },
    /// Nothing waits for a restart. Checked only: when a host or a service may restart people say.
    Restart {
        /// As in [`Resource::Restart`].
        of: Arc<str>,
    },
    /// One of several ways to the same end, each of which may need several states. It has a name
    /// of its own, since findings need one. A fix goes the way of which least is missing.
    AnyOf {
        /// A word, such as `firewall`.
        name: Arc<str>,
        /// The ways; none is empty, and none holds another `AnyOf`.
        ways: Vec<Vec<Desired>>,
    },
}

impl Desired {
    /// The resource; `None` for a choice among several.
    pub fn resource(&self) -> Option<Resource> {
        Some(match self {
            Self::Sysctl { key, .. } => Resource::Sysctl { key: Arc::clone(key) },
            Self::File { path, .. } | Self::FileAbsent { path } => {
                Resource::File { path: Arc::clone(path) }
            }
            Self::LinePresent { path, line } | Self::LineAbsent { path, line } => {
                Resource::Line { path: Arc::clone(path), line: Arc::clone(line) }
            }
            Self::Text { path, .. } => Resource::Text { path: Arc::clone(path) },
            Self::Key { dialect, key, .. } | Self::KeyAbsent { dialect, key } => {
                Resource::Key { dialect: *dialect, key: Arc::clone(key) }
            }
            Self::Entry { files, style, key, .. } => {
                Resource::Entry { files: Arc::clone(files), style: *style, key: Arc::clone(key) }
            }
            Self::Sshd { option, .. } => Resource::Sshd { option: Arc::clone(option) },
            Self::Ssh { option, .. } => Resource::Ssh { option: Arc::clone(option) },
            Self::PackagePresent { name }
            | Self::PackageAbsent { name }
            | Self::PackageAtLeast { name, .. } => Resource::Package { name: Arc::clone(name) },
            Self::ServiceOn { unit } | Self::ServiceOff { unit } | Self::Service { unit, .. } => {
                Resource::Service { unit: Arc::clone(unit) }
            }
            Self::Cron { user, command, .. } => {
                Resource::Cron { user: Arc::clone(user), command: Arc::clone(command) }
            }
            Self::SuitePresent { purpose } => Resource::Suite { purpose: Arc::clone(purpose) },
            Self::Mounted { point, .. } => Resource::Mount { point: Arc::clone(point) },
            Self::ModuleDisabled { name } => Resource::Module { name: Arc::clone(name) },
            Self::User { name, .. } => Resource::User { name: Arc::clone(name) },
            Self::Users { set, .. } => Resource::Users { set: Arc::clone(set) },
            Self::Group { name, .. } => Resource::Group { name: Arc::clone(name) },
            Self::Groups { set, .. } => Resource::Groups { set: Arc::clone(set) },
            Self::Files { which, .. } => Resource::Files { which: Arc::clone(which) },
            Self::Process { name, .. } => Resource::Process { name: Arc::clone(name) },
            Self::Port { socket, .. } => Resource::Port { socket: Arc::clone(socket) },
            Self::Keys { set, .. } => Resource::Keys { set: Arc::clone(set) },
            Self::Pam { service, module, .. } => {
                Resource::Pam { service: Arc::clone(service), module: Arc::clone(module) }
            }
            Self::Firewall { what, .. } => Resource::Firewall { what: Arc::clone(what) },
            Self::Restart { of } => Resource::Restart { of: Arc::clone(of) },
            Self::AnyOf { .. } => return None,
        })
    }

    /// The name by which findings know it: the resource, or `any of NAME`.
    pub fn subject(&self) -> String {
        match (self.resource(), self) {
            (Some(resource), _) => resource.to_string(),
            (None, Self::AnyOf { name, .. }) => format!("any of {name}"),
            (None, _) => String::new(),
        }
    }

    /// Whether some of it can only be checked, so that a control has to say why people mend it
    /// themselves.
    pub fn is_checked_only(&self) -> bool {
        let by_hand = |(aspect, _): &(Aspect, Wanted)| {
            matches!(aspect, Aspect::Method | Aspect::Stored | Aspect::Number)
        };
        match self {
            Self::Group { .. }
            | Self::Groups { .. }
            | Self::Files { .. }
            | Self::Process { .. }
            | Self::Port { .. }
            | Self::Keys { .. }
            | Self::Pam { .. }
            | Self::Firewall { .. }
            | Self::Restart { .. } => true,
            Self::User { wanted, .. } => wanted.iter().any(by_hand),
            Self::Users { wanted, only, unique, .. } => {
                only.is_some() || !unique.is_empty() || wanted.iter().any(by_hand)
            }
            Self::AnyOf { ways, .. } => ways.iter().flatten().any(Self::is_checked_only),
            _ => false,
        }
    }

    /// Every resource that has to be looked at.
    pub fn resources(&self) -> Vec<Resource> {
        match self {
            Self::AnyOf { ways, .. } => ways.iter().flatten().flat_map(Self::resources).collect(),
            other => other.resource().into_iter().collect(),
        }
    }
}
