//! Baselines: which controls are asked of which hosts, and with which values.
//!
//! A baseline lists controls, takes over what others list (`extends`), declares settings of its own
//! (`settings`), gives settings values (`set`), leaves out (`drop`, with the reason) and asks for more
//! (`tighten`). Each of the last three may be for some hosts only. Knows how baselines are combined and keeps the place of every step. Must not know
//! which hosts there are, where the files stand, or what becomes of a result.

mod host;
mod read;
mod resolve;
mod settings;
mod stricter;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use holdfast_model::{Desired, Place, TraitValue};
use holdfast_rulefile::Spot;

pub use host::{Asked, Step, Tailored, Unasked, Value, shown};
pub use resolve::Baselines;
pub use settings::Settings;
pub use stricter::is_as_strict;

use settings::Declared;

/// Every baseline that came along: its file below the root of the project, and the whole of it.
pub const BUILT_IN: &[(&str, &str)] = &[
    (
        "rules/baseline/debian-12-patching.yaml",
        include_str!("../../../rules/baseline/debian-12-patching.yaml"),
    ),
    ("rules/baseline/devsec-linux.yaml", include_str!("../../../rules/baseline/devsec-linux.yaml")),
    ("rules/baseline/devsec-ssh.yaml", include_str!("../../../rules/baseline/devsec-ssh.yaml")),
];

/// For which hosts a step is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// For every one.
    Everywhere,
    /// For those of a pilot group.
    Ring(Arc<str>),
    /// For those of a role.
    Role(Arc<str>),
    /// For one, by its name.
    Host(Arc<str>),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everywhere => write!(f, "everywhere"),
            Self::Ring(name) => write!(f, "ring {name}"),
            Self::Role(name) => write!(f, "role {name}"),
            Self::Host(name) => write!(f, "host {name}"),
        }
    }
}

/// What has to be known of a host to say what is asked of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostNames {
    /// Its name, and others that it has.
    pub names: Vec<String>,
    /// What it is for.
    pub roles: Vec<String>,
    /// Its pilot group.
    pub ring: Option<String>,
}

impl Scope {
    /// Whether a host is meant.
    pub fn fits(&self, host: &HostNames) -> bool {
        let among = |all: &[String], name: &str| all.iter().any(|one| one == name);
        match self {
            Self::Everywhere => true,
            Self::Ring(name) => host.ring.as_deref() == Some(&**name),
            Self::Role(name) => among(&host.roles, name),
            Self::Host(name) => among(&host.names, name),
        }
    }

    /// Whether every host that the other means is meant too.
    fn covers(&self, other: &Self) -> bool {
        *self == Self::Everywhere || self == other
    }

    /// The nearer to one host, the greater: it decides last.
    fn nearness(&self) -> u8 {
        match self {
            Self::Everywhere => 0,
            Self::Ring(_) => 1,
            Self::Role(_) => 2,
            Self::Host(_) => 3,
        }
    }
}

/// A name that stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: Arc<str>,
    spot: Spot,
}

/// What a setting is, for some hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Set {
    baseline: Arc<str>,
    name: Arc<str>,
    value: TraitValue,
    scope: Scope,
    spot: Spot,
}

/// A control that is left out for some hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dropped {
    baseline: Arc<str>,
    control: Arc<str>,
    because: String,
    /// For hosts that one of them means; not empty.
    scopes: Vec<Scope>,
    spot: Spot,
}

impl Dropped {
    fn fits(&self, host: &HostNames) -> bool {
        self.scopes.iter().any(|scope| scope.fits(host))
    }
}

/// More than a control wants of one thing, for some hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tightened {
    baseline: Arc<str>,
    control: Arc<str>,
    /// Which line of the control, from 0.
    line: usize,
    desired: Desired,
    scope: Scope,
    spot: Spot,
}

/// A baseline as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// In kebab case; the name of its file.
    pub id: Arc<str>,
    /// What hosts are for which it holds.
    pub title: String,
    /// Why somebody would want it.
    pub why: String,
    /// Where it begins.
    pub place: Place,
    extends: Vec<Named>,
    controls: Vec<Named>,
    /// `controls: all`.
    all: Option<Spot>,
    declared: Vec<Declared>,
    set: Vec<Set>,
    dropped: Vec<Arc<Dropped>>,
    tightened: Vec<Arc<Tightened>>,
}

impl Baseline {
    /// The ids of those that it extends, in the order of the file.
    pub fn extends(&self) -> impl Iterator<Item = &str> {
        self.extends.iter().map(|named| &*named.name)
    }
}
