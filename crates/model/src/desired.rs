//! Desired states: what a control wants of a resource. A closed set; each can be collected,
//! compared, rendered to every target and undone, unless it is marked as checked only.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Resource;

/// The value that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Just this.
    Is(Arc<str>),
    /// One of these; a fix takes the first.
    OneOf(Vec<Arc<str>>),
    /// A whole number that is not greater.
    AtMost(i64),
    /// A whole number that is not less.
    AtLeast(i64),
}

impl Wanted {
    /// The value that a fix sets.
    pub fn to_set(&self) -> Arc<str> {
        match self {
            Self::Is(value) => Arc::clone(value),
            Self::OneOf(values) => values.first().cloned().unwrap_or_else(|| "".into()),
            Self::AtMost(number) | Self::AtLeast(number) => number.to_string().into(),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(value) => write!(f, "`{value}`"),
            Self::OneOf(values) => {
                let all: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
                write!(f, "one of {}", all.join(", "))
            }
            Self::AtMost(number) => write!(f, "at most {number}"),
            Self::AtLeast(number) => write!(f, "at least {number}"),
        }
    }
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
    /// Owner, group and mode of a file or folder, where it is there; what is `None` is not asked.
    File {
        /// Absolute.
        path: Arc<str>,
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
    /// The effective value of an option of the ssh server, in every `Match` block too.
    Sshd {
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
    /// A package source for a purpose is configured. Checked only: nobody but its owner knows
    /// which mirror to name.
    SuitePresent {
        /// `security`.
        purpose: Arc<str>,
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
            Self::Key { dialect, key, .. } => {
                Resource::Key { dialect: *dialect, key: Arc::clone(key) }
            }
            Self::Sshd { option, .. } => Resource::Sshd { option: Arc::clone(option) },
            Self::PackagePresent { name }
            | Self::PackageAbsent { name }
            | Self::PackageAtLeast { name, .. } => Resource::Package { name: Arc::clone(name) },
            Self::ServiceOn { unit } | Self::ServiceOff { unit } => {
                Resource::Service { unit: Arc::clone(unit) }
            }
            Self::SuitePresent { purpose } => Resource::Suite { purpose: Arc::clone(purpose) },
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

    /// Every resource that has to be looked at.
    pub fn resources(&self) -> Vec<Resource> {
        match self {
            Self::AnyOf { ways, .. } => ways.iter().flatten().flat_map(Self::resources).collect(),
            other => other.resource().into_iter().collect(),
        }
    }
}
