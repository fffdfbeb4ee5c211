//! Where an option of the ssh server has to stand to win: sshd takes the first value that it
//! reads, and a `Match` block overrides what stands outside.
//!
//! Knows sshd_config(5). Must not know how any tool edits a file.

use std::sync::Arc;

use holdfast_model::{Aspect, Desired, Place, Resource, Wanted};

use super::files::Family;
use super::holds::{found, suits, value};
use super::plan::{Plan, keep_or_set};
use super::quote::one_line;
use super::steps::{Edit, Step};
use super::undo::undo_edit;
use crate::Seen;

/// The main file.
const MAIN: &str = "/etc/ssh/sshd_config";

/// Adds one step that sets every option that is asked for, and validates all of it at once.
pub(super) fn plan(plan: &mut Plan, todo: &[&Desired], all: &[&Desired], seen: &Seen) {
    let asked: Vec<(&Arc<str>, &Wanted)> = todo.iter().copied().filter_map(option_of).collect();
    if asked.is_empty() {
        return;
    }
    let scoped: Vec<Edit> = asked.iter().flat_map(|one| in_blocks(*one, seen)).collect();
    // What is wrong only under `Match` is mended only there.
    let global = asked.iter().any(|(option, wanted)| !global_suits(option, wanted, seen));
    let mut edits = Vec::new();
    if global || scoped.is_empty() {
        let settings: Vec<(String, String)> = all
            .iter()
            .copied()
            .filter_map(option_of)
            .map(|(option, wanted)| {
                let resource = Resource::Sshd { option: Arc::clone(option) };
                let now = found(seen, &resource, Aspect::Value);
                (option.to_string(), keep_or_set(&resource, wanted, [now]))
            })
            .collect();
        edits.push(global_edit(&plan.id, &settings, seen));
    }
    edits.extend(scoped);
    let back = edits.iter().rev().map(|edit| undo_edit(edit, &plan.id, seen)).collect();
    plan.steps.push(Step::Sshd { edits, back, reload: !seen.is_at_rest() });
}

fn option_of(desired: &Desired) -> Option<(&Arc<str>, &Wanted)> {
    match desired {
        Desired::Sshd { option, value } => Some((option, value)),
        _ => None,
    }
}

fn global_suits(option: &Arc<str>, wanted: &Wanted, seen: &Seen) -> bool {
    let resource = Resource::Sshd { option: Arc::clone(option) };
    found(seen, &resource, Aspect::Value).is_some_and(|value| suits(&resource, wanted, value))
}

/// A drop-in where one that is read first wins, else the top of the main file.
fn global_edit(id: &str, settings: &[(String, String)], seen: &Seen) -> Edit {
    let family = Family::Sshd;
    let ours = family.path(id);
    let wins = include(seen).is_some_and(|include| {
        settings.iter().all(|(option, wanted)| {
            let resource = Resource::Sshd { option: option.as_str().into() };
            seen.of(&resource, Aspect::Value)
                // What nobody wrote stands nowhere, and loses to whatever is written.
                .filter(|setting| setting.scope.is_none() && !setting.default)
                .filter(|setting| value(setting).is_none_or(|value| **value != **wanted))
                .filter_map(|setting| setting.place.as_ref())
                .all(|place| read_after(place, &include, &ours))
        })
    });
    if wins {
        let content = family.content(id, settings);
        Edit::Write { path: ours, content, mode: family.mode() }
    } else {
        let lines = settings.iter().map(|(option, value)| family.line(option, value)).collect();
        Edit::Top { path: MAIN.to_owned(), lines }
    }
}

/// Where the main file includes the folder of drop-ins, for everybody.
fn include(seen: &Seen) -> Option<Place> {
    let resource = Resource::Sshd { option: "Include".into() };
    let globs = ["/etc/ssh/sshd_config.d/*.conf", "sshd_config.d/*.conf"];
    seen.of(&resource, Aspect::Value)
        .filter(|setting| setting.scope.is_none())
        .filter(|setting| {
            value(setting).is_some_and(|value| {
                value.split_whitespace().any(|word| globs.contains(&word.trim_matches('"')))
            })
        })
        .filter_map(|setting| setting.place.clone())
        .filter(|place| *place.path == *MAIN)
        .min_by_key(|place| place.line)
}

/// Whether what stands at `place` is read after our drop-in.
fn read_after(place: &Place, include: &Place, ours: &str) -> bool {
    if place.path == include.path {
        return place.line > include.line;
    }
    let prefix = format!("{}/", Family::Sshd.folder());
    // A file that something else includes may be read before: only the folder's order is known.
    place.path.starts_with(&prefix) && *place.path >= *ours
}

/// The edits of `Match` blocks that say something else.
fn in_blocks((option, wanted): (&Arc<str>, &Wanted), seen: &Seen) -> Vec<Edit> {
    let resource = Resource::Sshd { option: Arc::clone(option) };
    let mut edits = Vec::new();
    for setting in seen.of(&resource, Aspect::Value) {
        let (Some(criteria), Some(place)) = (&setting.scope, &setting.place) else { continue };
        if value(setting).is_none_or(|value| suits(&resource, wanted, value)) {
            continue;
        }
        let edit = Edit::Match {
            path: place.path.to_string(),
            criteria: one_line(criteria),
            option: one_line(option),
            value: keep_or_set(&resource, wanted, [value(setting)]),
        };
        if !edits.contains(&edit) {
            edits.push(edit);
        }
    }
    edits
}
