//! Whether what updates brought is what runs: the kernel of a host, and the code of its programs.

use std::cmp::Ordering;
use std::sync::Arc;

use holdfast_model::{Aspect, Resource};

use super::accounts::members;
use super::evidence::{Look, spot};
use super::state::{Scoped, unseen};
use super::{ControlResult, Order, Verdict};
use crate::Seen;

/// What is seen where an update asks for a restart of the host.
const NEEDED: &str = "needed";

/// Judges whether nothing waits for a restart.
pub(super) fn of(what: &str, resource: &Resource, seen: &Seen, order: Order<'_>) -> Vec<Scoped> {
    match what {
        "services" => services(resource, seen),
        _ => vec![(None, host(resource, seen, order))],
    }
}

/// The kernel that runs against each one of its kind that is installed.
fn host(resource: &Resource, seen: &Seen, order: Order<'_>) -> Verdict {
    let (setting, runs) = match Look::at(seen, resource, Aspect::Running) {
        Look::Is(setting, runs) => (setting, runs),
        Look::Absent(_) => {
            let reason = "no package here brings the kernel that runs".to_owned();
            return Verdict::new(ControlResult::NotApplicable, reason);
        }
        other => return unseen(other),
    };
    let told = |result, reason| Verdict::new(result, reason).found(runs).at(setting.place.as_ref());
    if runs == NEEDED {
        let at = setting.place.as_ref().map(|place| format!(", says {}", spot(place)));
        let reason = format!("an update needs it{}", at.unwrap_or_default());
        return told(ControlResult::Fail, reason);
    }
    let mut newest: Option<&str> = None;
    for installed in seen.of(resource, Aspect::Version) {
        let version = match Look::of(installed) {
            Look::Is(_, version) => version,
            Look::Absent(_) => continue,
            other => return unseen(other),
        };
        match order(version, newest.unwrap_or(runs)) {
            Some(Ordering::Greater) => newest = Some(version),
            Some(_) => {}
            None => {
                let reason = format!("whether `{version}` is newer than `{runs}` cannot be told");
                return told(ControlResult::NotAssessed, reason).closes_with("uname -v");
            }
        }
    }
    let (result, other) = match newest {
        Some(version) => (ControlResult::Fail, format!("`{version}` is installed")),
        None => (ControlResult::Pass, "no newer one is installed".to_owned()),
    };
    told(result, format!("the kernel `{runs}` runs, and {other}"))
}

/// Each program that still runs what was replaced, and whether all could be looked at.
fn services(resource: &Resource, seen: &Seen) -> Vec<Scoped> {
    let mut out: Vec<Scoped> = Vec::new();
    for (program, settings) in members(resource, seen) {
        let Some(Look::Is(setting, files)) = settings.first().map(|one| Look::of(one)) else {
            continue;
        };
        let reason = format!("it still runs `{files}`, which was replaced");
        let verdict = Verdict::new(ControlResult::Fail, reason).found(files);
        out.push((Some(Arc::clone(program)), verdict.at(setting.place.as_ref())));
    }
    let whole = Look::at(seen, resource, Aspect::Running);
    let verdict = whole.gap().unwrap_or_else(|| {
        let reason = match out.len() {
            0 => "no program runs code that was replaced",
            _ => "every program could be looked at",
        };
        Verdict::new(ControlResult::Pass, reason.to_owned()).found(out.len().to_string())
    });
    out.push((None, verdict));
    out
}
