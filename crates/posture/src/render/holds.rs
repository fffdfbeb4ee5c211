//! Whether a setting is already as wanted: a fix sets what is missing, and never loosens what is
//! stricter than it has to be.
//!
//! Knows values that were seen. Must not know steps.

use std::sync::Arc;

use holdfast_model::{Aspect, Desired, Reading, Resource, Setting, Wanted};

use crate::compare::{Reads, meets};
use crate::judge::{ControlResult, judge, nearest_way};
use crate::{Control, Seen};

/// Whether a value of a resource is one that is wanted.
pub(super) fn suits(of: &Resource, wanted: &Wanted, value: &str) -> bool {
    let reads = match of {
        Resource::Sysctl { .. } => Reads::Kernel,
        Resource::Key { dialect, key } => Reads::of_key(*dialect, key),
        Resource::Sshd { option } | Resource::Ssh { option } => Reads::Sshd(option),
        Resource::Entry { .. } => Reads::Entry,
        Resource::Cron { .. } => Reads::Cron,
        Resource::File { .. }
        | Resource::Line { .. }
        | Resource::Text { .. }
        | Resource::Package { .. }
        | Resource::Service { .. }
        | Resource::Suite { .. }
        | Resource::Mount { .. }
        | Resource::Module { .. }
        | Resource::User { .. }
        | Resource::Users { .. }
        | Resource::Group { .. }
        | Resource::Groups { .. }
        | Resource::Files { .. }
        | Resource::Process { .. }
        | Resource::Port { .. }
        | Resource::Keys { .. }
        | Resource::Pam { .. }
        | Resource::Firewall { .. }
        | Resource::Restart { .. } => return false,
    };
    meets(reads, value, wanted)
}

/// What was read, where it is a value.
pub(super) fn value(setting: &Setting) -> Option<&Arc<str>> {
    match &setting.reading {
        Reading::Is(value) => Some(value),
        Reading::Absent | Reading::Unknown { .. } | Reading::Broken { .. } => None,
    }
}

/// The value of one side of a resource, for everybody.
pub(super) fn found<'a>(seen: &'a Seen, of: &Resource, aspect: Aspect) -> Option<&'a Arc<str>> {
    seen.of(of, aspect).filter(|setting| setting.scope.is_none()).find_map(value)
}

/// Whether it was seen that there is none.
pub(super) fn absent(seen: &Seen, of: &Resource, aspect: Aspect) -> bool {
    seen.of(of, aspect).any(|setting| setting.reading == Reading::Absent)
}

/// Whether one side of a resource was seen, everywhere, with a value that is wanted.
pub(super) fn all_suit(seen: &Seen, of: &Resource, aspect: Aspect, wanted: &Wanted) -> bool {
    let mut settings = seen.of(of, aspect).peekable();
    settings.peek().is_some()
        && settings.all(|setting| value(setting).is_some_and(|value| suits(of, wanted, value)))
}

/// Whether what is wanted was seen to be so, or has nothing here to be wanted of. Versions count as
/// missing: only those who know the distribution's order can tell.
pub(super) fn holds(control: &Control, desired: &Desired, seen: &Seen) -> bool {
    let alone = Control { ensure: vec![desired.clone()].into(), when: None, ..control.clone() };
    judge(&alone, seen, &|_, _| None).iter().all(|judgement| {
        matches!(judgement.result, ControlResult::Pass | ControlResult::NotApplicable)
    })
}

/// A choice becomes the way of which least is missing, the first among equals.
pub(super) fn flat<'a>(desired: &'a Desired, seen: &Seen) -> Vec<&'a Desired> {
    match desired {
        Desired::AnyOf { ways, .. } => nearest_way(ways, seen, &|_, _| None)
            .and_then(|way| ways.get(way))
            .map(|way| way.iter().collect())
            .unwrap_or_default(),
        other => vec![other],
    }
}
