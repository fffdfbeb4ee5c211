//! The sentences of evidence: what is wanted, where something stands, why it could not be seen.

use holdfast_model::{Aspect, Desired, ModeWanted, Place, Reading, Setting, Wanted};

use super::{ControlResult, Verdict};
use crate::Seen;

/// One side of a resource, as far as it could be seen.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look<'s> {
    Is(&'s Setting, &'s str),
    Absent(&'s Setting),
    Unknown {
        reason: &'s str,
        closes_with: &'s str,
    },
    Broken(&'s Setting, &'s str),
    /// Nobody said anything.
    Missing,
}

impl<'s> Look<'s> {
    pub(super) fn of(setting: &'s Setting) -> Self {
        match &setting.reading {
            Reading::Is(value) => Self::Is(setting, value),
            Reading::Absent => Self::Absent(setting),
            Reading::Unknown { reason, closes_with } => Self::Unknown { reason, closes_with },
            Reading::Broken { reason } => Self::Broken(setting, reason),
        }
    }

    /// The side that holds for everybody.
    pub(super) fn at(seen: &'s Seen, resource: &holdfast_model::Resource, aspect: Aspect) -> Self {
        let mut all = seen.of(resource, aspect).filter(|setting| setting.scope.is_none());
        all.next().map_or(Self::Missing, Self::of)
    }

    pub(super) fn place(self) -> Option<&'s Place> {
        match self {
            Self::Is(setting, _) | Self::Absent(setting) | Self::Broken(setting, _) => {
                written(setting)
            }
            Self::Unknown { .. } | Self::Missing => None,
        }
    }

    /// The verdict where this side could not be judged; `None` where there is something to judge.
    pub(super) fn gap(self) -> Option<Verdict> {
        let unseen = |reason: &str, closes_with: &str| {
            Verdict::new(ControlResult::NotAssessed, reason.to_owned()).closes_with(closes_with)
        };
        match self {
            Self::Unknown { reason, closes_with } => Some(unseen(reason, closes_with)),
            Self::Missing => Some(unseen("nobody looked at it", "a new look")),
            Self::Broken(setting, reason) => {
                Some(Verdict::new(ControlResult::Error, reason.to_owned()).at(written(setting)))
            }
            Self::Is(..) | Self::Absent(_) => None,
        }
    }

    /// An error, where it is one: it comes before any other verdict.
    pub(super) fn error(self) -> Option<Verdict> {
        self.gap().filter(|verdict| verdict.result == ControlResult::Error)
    }
}

/// `/etc/sysctl.d/10-x.conf:3` in backticks, for sentences.
pub(super) fn spot(place: &Place) -> String {
    format!("`{}:{}`", place.path, place.line)
}

/// The line that says it. Where nobody wrote it, its place is that of the file that would be read,
/// and no line of that says it.
pub(super) fn written(setting: &Setting) -> Option<&Place> {
    setting.place.as_ref().filter(|_| !setting.default)
}

/// Where a value comes from: ` at …`, ` by default`, or nothing.
pub(super) fn source(setting: &Setting) -> String {
    match &setting.place {
        _ if setting.default => " by default".to_owned(),
        Some(place) => format!(" at {}", spot(place)),
        None => String::new(),
    }
}

/// Several things in a sentence, as few or as many as there are.
pub(super) fn joined(parts: &[String], word: &str) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

/// What is wanted, without the thing itself: `no`, `at most 365`, `owner root, mode 0640 at most`.
pub fn wanted(desired: &Desired) -> String {
    match desired {
        Desired::Sysctl { value, .. }
        | Desired::Key { value, .. }
        | Desired::Sshd { value, .. }
        | Desired::Ssh { value, .. }
        | Desired::Entry { value: Some(value), .. } => plain(value),
        Desired::File { kind, owner, group, mode, .. } => {
            let mut parts = Vec::new();
            parts.extend(kind.iter().map(|kind| what(kind).to_owned()));
            parts.extend(owner.iter().map(|owner| format!("owner {owner}")));
            if !group.is_empty() {
                parts.push(format!("group {}", group.join(" or ")));
            }
            parts.extend(mode.iter().map(|mode| match mode {
                ModeWanted::Is(bits) => format!("mode {bits:04o}"),
                ModeWanted::AtMost(bits) => format!("mode at most {bits:04o}"),
            }));
            parts.join(", ")
        }
        Desired::FileAbsent { .. } | Desired::PackageAbsent { .. } | Desired::LineAbsent { .. } => {
            "absent".to_owned()
        }
        Desired::PackagePresent { .. }
        | Desired::SuitePresent { .. }
        | Desired::LinePresent { .. } => "present".to_owned(),
        Desired::KeyAbsent { .. } | Desired::Entry { value: None, .. } => "not set".to_owned(),
        Desired::Text { text, .. } => super::files::shown(text),
        Desired::PackageAtLeast { version, .. } => format!("at least {version}"),
        Desired::ServiceOn { .. } => "on".to_owned(),
        Desired::ServiceOff { .. } => "off".to_owned(),
        Desired::Cron { wanted, .. } => super::cron::wanted(wanted),
        Desired::Service { boot, running, .. } => super::services::wanted(*boot, *running),
        Desired::Mounted { options, .. } if options.is_empty() => "mounted".to_owned(),
        Desired::Mounted { options, .. } => format!("mounted with {}", options.join(", ")),
        Desired::ModuleDisabled { .. } => "disabled".to_owned(),
        Desired::User { .. }
        | Desired::Users { .. }
        | Desired::Group { .. }
        | Desired::Groups { .. }
        | Desired::Files { .. }
        | Desired::Process { .. } => super::accounts::wanted(desired),
        Desired::Port { .. }
        | Desired::Keys { .. }
        | Desired::Pam { .. }
        | Desired::Firewall { .. } => super::checked::wanted(desired),
        Desired::Restart { .. } => "not needed".to_owned(),
        Desired::AnyOf { ways, .. } => {
            let ways: Vec<String> = ways
                .iter()
                .map(|way| {
                    let each: Vec<String> = way
                        .iter()
                        .map(|desired| format!("{} {}", desired.subject(), wanted(desired)))
                        .collect();
                    joined(&each, "and")
                })
                .collect();
            ways.join("; or ")
        }
    }
}

/// What a file has to be, in a sentence.
pub(super) fn what(kind: &str) -> &'static str {
    match kind {
        "file" => "a file",
        "folder" => "a folder",
        "link" => "a link",
        _ => "present",
    }
}

pub(super) fn plain(value: &Wanted) -> String {
    match value {
        Wanted::Is(value) if value.is_empty() => "an empty value".to_owned(),
        Wanted::Is(value) => value.as_ref().to_owned(),
        Wanted::OneOf(values) => values.join(" or "),
        Wanted::SubsetOf(names) => format!("only {}", names.join(", ")),
        Wanted::NoneOf(names) => {
            let all: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("without {}", joined(&all, "or"))
        }
        Wanted::AtMost(number) => format!("at most {number}"),
        Wanted::AtLeast(number) => format!("at least {number}"),
        Wanted::StartupsAtMost(most) => format!("at most {most}"),
    }
}
