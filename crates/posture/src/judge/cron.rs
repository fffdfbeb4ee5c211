//! Jobs of cron: whether a table has one, and for when.

use holdfast_model::{Aspect, CronWanted, Resource, Setting};

use super::evidence::{Look, joined, plain, source, written};
use super::state::unseen;
use super::{ControlResult, Verdict};
use crate::Seen;
use crate::compare::{Reads, meets};

/// Each line of a job counts: one at the right time is enough, and one that is not wanted too much.
pub(super) fn job(wanted: &CronWanted, resource: &Resource, seen: &Seen) -> Verdict {
    let looks: Vec<Look<'_>> = seen.of(resource, Aspect::Value).map(Look::of).collect();
    let found: Vec<(&Setting, &str)> = looks
        .iter()
        .filter_map(|look| match *look {
            Look::Is(setting, time) => Some((setting, time)),
            _ => None,
        })
        .collect();
    let good = found.iter().find(|(_, time)| match wanted {
        CronWanted::At(value) => meets(Reads::Cron, time, value),
        CronWanted::Present => true,
        CronWanted::Absent => false,
    });
    if let Some((setting, time)) = good {
        let reason = format!("it runs at `{time}`{}, as wanted", source(setting));
        let verdict = Verdict::new(ControlResult::Pass, reason).found(*time);
        return verdict.at(written(setting));
    }
    let gap = || looks.iter().find_map(|look| look.error().or_else(|| look.gap()));
    let end = match wanted {
        CronWanted::At(value) => format!("wanted at {}", plain(value)),
        CronWanted::Present => "wanted present".to_owned(),
        CronWanted::Absent => "wanted absent".to_owned(),
    };
    if let [(first, _), ..] = found.as_slice() {
        // Another line with the right time may stand where nobody could look.
        if let Some(gap) = gap().filter(|_| *wanted != CronWanted::Absent) {
            return gap;
        }
        let lines: Vec<String> =
            found.iter().map(|(setting, time)| format!("`{time}`{}", source(setting))).collect();
        let times: Vec<&str> = found.iter().map(|(_, time)| *time).collect();
        let reason = format!("it runs at {}, {end}", joined(&lines, "and"));
        let verdict = Verdict::new(ControlResult::Fail, reason).found(times.join(", "));
        return verdict.at(written(first));
    }
    match (gap(), looks.first()) {
        (Some(gap), _) => gap,
        (None, None) => unseen(Look::Missing),
        (None, Some(absent)) => {
            let right = *wanted == CronWanted::Absent;
            let result = if right { ControlResult::Pass } else { ControlResult::Fail };
            let end = if right { "as wanted".to_owned() } else { end };
            let verdict = Verdict::new(result, format!("no table of cron has it, {end}"));
            verdict.found("absent").at(absent.place())
        }
    }
}

/// What is wanted, in a sentence.
pub(super) fn wanted(wanted: &CronWanted) -> String {
    match wanted {
        CronWanted::Absent => "absent".to_owned(),
        CronWanted::Present => "present".to_owned(),
        CronWanted::At(value) => format!("at {}", plain(value)),
    }
}
