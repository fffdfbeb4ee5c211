//! Mounts and kernel modules: both have to be right now and after the next start.

use std::sync::Arc;

use holdfast_model::{Aspect, Resource};

use super::evidence::{Look, joined, spot};
use super::{ControlResult, Verdict};
use crate::Seen;

/// proc(5): the numbers of `hidepid` have names since Linux 5.8.
const NAMES: &[(&str, &str)] = &[
    ("hidepid=off", "hidepid=0"),
    ("hidepid=noaccess", "hidepid=1"),
    ("hidepid=invisible", "hidepid=2"),
    ("hidepid=ptraceable", "hidepid=4"),
];

/// The options that a mount should have and does not.
pub(crate) fn lacking<'o>(found: &str, options: &'o [Arc<str>]) -> Vec<&'o Arc<str>> {
    fn plain(word: &str) -> &str {
        NAMES.iter().find(|(name, _)| *name == word).map_or(word, |(_, number)| *number)
    }
    let has = |option: &str| found.split(',').any(|word| plain(word) == plain(option));
    options.iter().filter(|option| !has(option)).collect()
}

/// What one side says, in words.
struct Side {
    right: bool,
    /// Why it is wrong.
    reason: String,
    /// What was found, for the record.
    found: String,
}

impl Side {
    fn right(found: &str) -> Self {
        Self { right: true, reason: String::new(), found: found.to_owned() }
    }

    fn wrong(reason: String, found: String) -> Self {
        Self { right: false, reason, found }
    }
}

fn listed(options: &[&Arc<str>], word: &str) -> String {
    let all: Vec<String> = options.iter().map(|option| format!("`{option}`")).collect();
    joined(&all, word)
}

/// A point where nothing is mounted of its own has the options of whatever it lies on, which others
/// change with the next file system: it never passes.
pub(super) fn mounted(
    point: &str,
    options: &[Arc<str>],
    resource: &Resource,
    seen: &Seen,
) -> Verdict {
    let boot = Look::at(seen, resource, Aspect::Boot);
    let now = (!seen.is_at_rest()).then(|| Look::at(seen, resource, Aspect::Running));
    if let Some(error) = now.and_then(Look::error).or_else(|| boot.error()) {
        return error;
    }
    // Where there is no folder nothing is mounted, whether or not the kernel could be asked.
    if matches!(boot, Look::Absent(_)) && now.is_none_or(|now| !matches!(now, Look::Is(..))) {
        match Look::at(seen, resource, Aspect::Type) {
            Look::Absent(_) => {
                let reason = format!("there is no `{point}`");
                return Verdict::new(ControlResult::NotApplicable, reason).found("absent");
            }
            // Examples say nothing of it.
            Look::Is(..) | Look::Missing => {}
            hidden => {
                return hidden
                    .gap()
                    .unwrap_or_else(|| Verdict::new(ControlResult::NotAssessed, String::new()));
            }
        }
    }
    let running = now.and_then(|look| match look {
        Look::Is(_, found) => Some(running(found, options)),
        Look::Absent(_) => {
            let reason = format!("`{point}` is no mount of its own now");
            Some(Side::wrong(reason, "no mount now".to_owned()))
        }
        _ => None,
    });
    let lasting = after_start(point, options, boot);
    let pass = || {
        let when = if now.is_some() { "now and after" } else { "after" };
        let place = boot.place().map(|place| format!(" ({})", spot(place))).unwrap_or_default();
        let what = match options {
            [] => "a file system of its own is mounted".to_owned(),
            all => format!("found {}", listed(&all.iter().collect::<Vec<_>>(), "and")),
        };
        format!("{what} {when} the next start{place}")
    };
    both(&[(now, running), (Some(boot), lasting)], boot, pass)
}

fn running(found: &str, options: &[Arc<str>]) -> Side {
    let lacks = lacking(found, options);
    if lacks.is_empty() {
        return Side::right(found);
    }
    let lacks = listed(&lacks, "and");
    Side::wrong(format!("it is mounted without {lacks} now"), format!("without {lacks} now"))
}

fn after_start(point: &str, options: &[Arc<str>], boot: Look<'_>) -> Option<Side> {
    match boot {
        Look::Is(setting, found) => {
            let lacks = lacking(found, options);
            if lacks.is_empty() {
                return Some(Side::right(found));
            }
            let lacks = listed(&lacks, "and");
            let reason = match &setting.place {
                Some(place) => {
                    format!("{} mounts it without {lacks} at the next start", spot(place))
                }
                None => format!("no file gives it {lacks} at the next start"),
            };
            Some(Side::wrong(reason, format!("without {lacks} after the next start")))
        }
        Look::Absent(setting) => {
            let reason = match &setting.place {
                Some(place) => format!("{} does not mount `{point}` at a start", spot(place)),
                None => format!("no file mounts `{point}` at the next start"),
            };
            Some(Side::wrong(reason, "no mount after the next start".to_owned()))
        }
        _ => None,
    }
}

/// A module that is not loaded, and that nothing loads.
pub(super) fn module(resource: &Resource, seen: &Seen) -> Verdict {
    let boot = Look::at(seen, resource, Aspect::Boot);
    let now = (!seen.is_at_rest()).then(|| Look::at(seen, resource, Aspect::Running));
    if let Some(error) = now.and_then(Look::error).or_else(|| boot.error()) {
        return error;
    }
    // One sentence for both sides of what is built in.
    let kernel = boot.place().filter(|_| matches!(boot, Look::Is(_, "built-in"))).map(spot);
    let running = now.and_then(|look| match look {
        Look::Is(_, "built-in") => Some(built_in(kernel.clone())),
        Look::Is(_, word) => {
            Some(Side::wrong("it is loaded now".to_owned(), format!("{word} now")))
        }
        Look::Absent(_) => Some(Side::right("not loaded now")),
        _ => None,
    });
    let lasting = match boot {
        Look::Is(_, "disabled") => Some(Side::right("disabled")),
        Look::Is(setting, word) => {
            let place = setting.place.as_ref().map(spot);
            Some(match (word, place) {
                ("built-in", place) => built_in(place),
                ("blacklisted", Some(place)) => Side::wrong(
                    format!("{place} alone does not keep it from being loaded by its name"),
                    word.to_owned(),
                ),
                ("command", Some(place)) => Side::wrong(
                    format!("{place} runs a command of its own, which may load it"),
                    word.to_owned(),
                ),
                _ => Side::wrong("nothing keeps it from being loaded".to_owned(), word.to_owned()),
            })
        }
        Look::Absent(_) => {
            Some(Side::wrong("nothing keeps it from being loaded".to_owned(), "allowed".to_owned()))
        }
        _ => None,
    };
    let pass = || {
        let place = boot.place().map_or_else(|| "a file".to_owned(), spot);
        let loaded = if now.is_some() { "it is not loaded, and " } else { "" };
        format!("{loaded}{place} keeps it from being loaded")
    };
    both(&[(now, running), (Some(boot), lasting)], boot, pass)
}

fn built_in(place: Option<String>) -> Side {
    let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
    let reason = format!("it is built into the kernel{place}, and no file takes it out of there");
    Side::wrong(reason, "built-in".to_owned())
}

/// Wrong where one side is; else a gap where one could not be seen; else right.
fn both(
    sides: &[(Option<Look<'_>>, Option<Side>); 2],
    boot: Look<'_>,
    pass: impl Fn() -> String,
) -> Verdict {
    let gap = sides
        .iter()
        .filter(|(_, side)| side.is_none())
        .find_map(|(look, _)| look.and_then(Look::gap));
    let known: Vec<&Side> = sides.iter().filter_map(|(_, side)| side.as_ref()).collect();
    let mut reasons: Vec<String> = Vec::new();
    for side in known.iter().filter(|side| !side.right) {
        // What is built in is so on both sides.
        if !reasons.contains(&side.reason) {
            reasons.push(side.reason.clone());
        }
    }
    let mut found: Vec<&str> = Vec::new();
    for side in known.iter().filter(|side| side.right == reasons.is_empty()) {
        if !found.contains(&side.found.as_str()) {
            found.push(&side.found);
        }
    }
    if !reasons.is_empty() {
        let verdict = Verdict::new(ControlResult::Fail, reasons.join("; "));
        return verdict.found(found.join(", ")).at(boot.place());
    }
    gap.unwrap_or_else(|| {
        Verdict::new(ControlResult::Pass, pass()).found(found.join(", ")).at(boot.place())
    })
}
