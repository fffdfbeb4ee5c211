//! Units of systemd, at the next start and now.

use holdfast_model::{Aspect, BootWanted, Resource};

use super::evidence::{Look, joined, written};
use super::{ControlResult, Verdict};
use crate::Seen;

/// systemctl(1), is-enabled: states in which a unit comes up by itself or by what needs it; of a static
/// one see [`unneeded`].
const COMES_UP: &[&str] = &["enabled", "static", "alias", "indirect", "generated"];
/// States in which a unit does not come up unless somebody asks for it. What stands in `/run` is gone
/// by then: what starts a unit there alone starts it no more, and what a mask there hides counts again.
const STAYS_DOWN: &[&str] =
    &["disabled", "masked", "static", "indirect", "linked", "linked-runtime", "enabled-runtime"];
/// systemctl(1), is-active: states in which a unit does its work, or soon will.
const WORKS: &[&str] = &["active", "activating", "reloading", "refreshing"];

/// It comes up, and it works.
pub(super) fn on(resource: &Resource, seen: &Seen) -> Verdict {
    let right = Right {
        boot: Some(BootWanted::Enabled),
        running: Some(true),
        gone: ControlResult::Fail,
        wanted: "on".to_owned(),
    };
    service(resource, seen, &right)
}

/// It stays down, and it does not work.
pub(super) fn off(resource: &Resource, seen: &Seen) -> Verdict {
    let right = Right {
        boot: Some(BootWanted::Disabled),
        running: Some(false),
        gone: ControlResult::NotApplicable,
        wanted: "off".to_owned(),
    };
    service(resource, seen, &right)
}

/// Each of the two where it is asked. What is only to be down says nothing of a unit that is not
/// there.
pub(super) fn apart(
    boot: Option<BootWanted>,
    running: Option<bool>,
    resource: &Resource,
    seen: &Seen,
) -> Verdict {
    let up = boot == Some(BootWanted::Enabled) || running == Some(true);
    let gone = if up { ControlResult::Fail } else { ControlResult::NotApplicable };
    service(resource, seen, &Right { boot, running, gone, wanted: wanted(boot, running) })
}

/// What is wanted, in a sentence.
pub(super) fn wanted(boot: Option<BootWanted>, running: Option<bool>) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(boot.map(|boot| boot.word().to_owned()));
    words.extend(running.map(|running| if running { "running" } else { "stopped" }.to_owned()));
    joined(&words, "and")
}

struct Right {
    boot: Option<BootWanted>,
    running: Option<bool>,
    /// The verdict where there is no such unit.
    gone: ControlResult,
    /// In a sentence.
    wanted: String,
}

impl Right {
    fn comes_up_right(&self, state: &str) -> bool {
        match self.boot {
            None => true,
            Some(BootWanted::Enabled) => COMES_UP.contains(&state),
            Some(BootWanted::Disabled) => STAYS_DOWN.contains(&state),
            // What stands in `/run` is gone after the next start.
            Some(BootWanted::Masked) => state == "masked",
        }
    }

    fn runs_right(&self, state: &str) -> bool {
        self.running.is_none_or(|running| running == WORKS.contains(&state))
    }
}

fn service(resource: &Resource, seen: &Seen, right: &Right) -> Verdict {
    let boot = Look::at(seen, resource, Aspect::Boot);
    // Of a system that does not run only the next start can be asked, where it is asked.
    let asks_now = right.running.is_some() && (right.boot.is_none() || !seen.is_at_rest());
    let now = asks_now.then(|| Look::at(seen, resource, Aspect::Running));
    if let Some(error) = boot.error().or_else(|| now.and_then(Look::error)) {
        return error;
    }
    if let Look::Absent(setting) = boot {
        let reason = "there is no such unit".to_owned();
        return Verdict::new(right.gone, reason).found("absent").at(written(setting));
    }
    let (mut words, mut wrong, mut gap) = (Vec::new(), false, None);
    let at_boot = right.boot.map(|_| boot);
    let fits = |when: &str, state: &str| match when {
        "now" => right.runs_right(state),
        _ => right.comes_up_right(state),
    };
    for (look, when) in [(at_boot, "at boot"), (now, "now")] {
        match look {
            None => {}
            Some(Look::Is(_, state)) => {
                wrong |= !fits(when, state);
                words.push((state, when));
            }
            // A unit that nobody loaded does not run.
            Some(Look::Absent(_)) => {
                wrong |= !fits(when, "inactive");
                words.push(("inactive", when));
            }
            Some(other) => gap = gap.or_else(|| other.gap()),
        }
    }
    let shown: Vec<String> =
        words.iter().map(|(state, when)| format!("`{state}` {when}")).collect();
    let found = words.iter().map(|(state, _)| *state).collect::<Vec<_>>().join(", ");
    if wrong {
        let reason = format!("found {}, wanted {}", joined(&shown, "and"), right.wanted);
        return Verdict::new(ControlResult::Fail, reason).found(found).at(boot.place());
    }
    gap.or_else(|| unneeded(right, boot, resource, seen)).unwrap_or_else(|| {
        let reason = format!("found {}, as wanted", joined(&shown, "and"));
        Verdict::new(ControlResult::Pass, reason).found(found).at(boot.place())
    })
}

/// A static unit comes up if something needs it. That it runs tells so; no file does.
fn unneeded(right: &Right, boot: Look<'_>, resource: &Resource, seen: &Seen) -> Option<Verdict> {
    let is_static = matches!(boot, Look::Is(_, "static"));
    let now = Look::at(seen, resource, Aspect::Running);
    let works = matches!(now, Look::Is(_, state) if WORKS.contains(&state));
    (right.boot == Some(BootWanted::Enabled) && is_static && !works).then(|| {
        let reason = "it is `static` at boot, and what starts it was not seen".to_owned();
        let verdict = Verdict::new(ControlResult::NotAssessed, reason);
        verdict.closes_with("look at the system while it runs")
    })
}
