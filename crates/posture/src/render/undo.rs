//! What takes steps back, made from the same form and from what was seen before.
//!
//! Knows what each step leaves behind. Must not know controls or tools.

use std::sync::Arc;

use holdfast_model::{Aspect, PerInterface, Resource};

use super::accounts;
use super::change::Change;
use super::cron;
use super::entries;
use super::files::Family;
use super::holds::{absent, found, value};
use super::mounts;
use super::plan::BEHIND_A_TIMER;
use super::steps::{Bits, Boot, Edit, Kept, Step};
use crate::Seen;

/// The steps back, in the order in which they are taken, and what they cannot promise, in words.
pub(super) fn undo(steps: &[Step], id: &str, seen: &Seen) -> (Vec<Step>, Vec<String>) {
    let mut back: Vec<Step> = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    for step in steps.iter().rev() {
        let mut said = Vec::new();
        let step = undo_step(step, id, seen, &mut said);
        // Several problems of one package are mended by one update each, and taken back together.
        said.retain(|note| !notes.contains(note));
        notes.append(&mut said);
        // Several lines of one key are brought back together.
        back.extend(step.filter(|step| !back.contains(step)));
    }
    at_once(&mut back);
    starts_behind(&mut back, steps);
    back.sort_by_key(|step| matches!(step, Step::Deed(act) if act.last));
    (back, notes)
}

/// Packages that go back go at once: they may need each other, and none is left between two versions.
fn at_once(back: &mut Vec<Step>) {
    let mut others = Vec::new();
    let mut first = true;
    back.retain(|step| match step {
        Step::Downgrade { name, version, with, .. } if !std::mem::take(&mut first) => {
            others.push(format!("{name}={version}"));
            others.extend(with.iter().cloned());
            false
        }
        _ => true,
    });
    for step in back {
        if let Step::Downgrade { with, .. } = step {
            with.append(&mut others);
        }
    }
}

/// What is masked cannot be started: a unit comes up again behind the step that lets it.
fn starts_behind(back: &mut [Step], done: &[Step]) {
    let masked = |unit: &str| {
        let mut boots = done.iter().filter_map(|step| match step {
            Step::Boot { unit: its, boot } => Some((its, *boot)),
            _ => None,
        });
        boots.any(|(its, boot)| its == unit && boot == Boot::Masked)
    };
    let mut at = 0;
    while let Some(step) = back.get(at) {
        let lets = |later: &Step| match (step, later) {
            (Step::Run { unit, on: true }, Step::Boot { unit: its, boot }) => {
                unit == its && (*boot == Boot::Unmasked || masked(unit))
            }
            _ => false,
        };
        match back.iter().skip(at + 1).position(lets) {
            Some(more) => {
                if let Some(part) = back.get_mut(at..=at + 1 + more) {
                    part.rotate_left(1);
                }
            }
            None => at += 1,
        }
    }
}

fn undo_step(step: &Step, id: &str, seen: &Seen, notes: &mut Vec<String>) -> Option<Step> {
    Some(match step {
        Step::Edit(Edit::Change(change)) => {
            let Some(back) = &change.back else {
                notes.push(format!("what {} said is not known: the undo leaves it", change.path));
                return None;
            };
            Step::Edit(Edit::Change(Change::clone(back)))
        }
        Step::Edit(edit) => Step::Edit(undo_edit(edit, id, seen)),
        Step::Sudoers(edit) => Step::Sudoers(undo_edit(edit, id, seen)),
        Step::Sshd { edits, back, reload } => {
            Step::Sshd { edits: back.clone(), back: edits.clone(), reload: *reload }
        }
        Step::Kernel { key, .. } => {
            let of = Resource::Sysctl { key: key.as_str().into() };
            let Some(before) = found(seen, &of, Aspect::Running) else {
                if !absent(seen, &of, Aspect::Running) {
                    notes.push(format!("what `{key}` is now is not known: the undo leaves it"));
                }
                return None;
            };
            Step::Kernel { key: key.clone(), value: before.to_string() }
        }
        Step::Meta { path, owner, group, bits } => {
            return undo_meta(path, [owner, group], *bits, seen, notes);
        }
        Step::Account { name, what } => return accounts::undo(name, what, seen, notes),
        Step::TakeAway { path, store } => {
            let of = Resource::File { path: path.as_str().into() };
            if absent(seen, &of, Aspect::Type) {
                return None;
            }
            Step::BringBack { path: path.clone(), store: store.clone() }
        }
        Step::BringBack { path, store } => {
            Step::TakeAway { path: path.clone(), store: store.clone() }
        }
        Step::Install { .. }
        | Step::Uninstall { .. }
        | Step::Upgrade { .. }
        | Step::UpgradeTo { .. }
        | Step::Downgrade { .. } => return undo_package(step, seen, notes),
        Step::Deed(act) => {
            notes.extend(act.stays.iter().cloned());
            Step::Deed(act.back.as_deref()?.clone())
        }
        Step::Boot { unit, boot } => return undo_boot(unit, *boot, seen, notes),
        Step::Run { unit, .. } => {
            let of = Resource::Service { unit: unit.as_str().into() };
            // One that was not there came with a package: it is stopped before that goes away.
            let on = match found(seen, &of, Aspect::Running) {
                Some(before) => **before == *"active",
                None if absent(seen, &of, Aspect::Running) => false,
                None => return None,
            };
            Step::Run { unit: unit.clone(), on }
        }
    })
}

/// What takes one change of a file back.
pub(super) fn undo_edit(edit: &Edit, id: &str, seen: &Seen) -> Edit {
    let path = edit.path().to_owned();
    match edit {
        Edit::Write { .. } | Edit::Delete { .. } => match before(&path, id, seen) {
            Some((content, mode)) => Edit::Write { path, content, mode },
            None => Edit::Delete { path },
        },
        Edit::Top { .. } | Edit::NoTop { .. } => Edit::NoTop { path },
        Edit::Line { key, .. } => {
            Edit::Restore { path, key: key.clone(), kept: Kept::ReplacedOrAdded }
        }
        Edit::Silence { key, .. } => Edit::Restore { path, key: key.clone(), kept: Kept::Silenced },
        Edit::Match { option, .. } => {
            Edit::Restore { path, key: option.clone(), kept: Kept::Replaced }
        }
        Edit::Change(change) => Edit::Change(change.back.as_deref().unwrap_or(change).clone()),
        Edit::Restore { key, kept, .. } => Edit::Restore { path, key: key.clone(), kept: *kept },
    }
}

/// What a file of ours said when it was seen; `None` where there was none.
fn before(path: &str, id: &str, seen: &Seen) -> Option<(String, u32)> {
    let Some(family) = Family::of_path(path, id) else {
        let known = entries::before(path, id, seen).or_else(|| cron::before(path, id, seen));
        return known.or_else(|| mounts::before(path, id, seen));
    };
    let mut lines: Vec<(u32, String, String)> = seen
        .settings()
        .iter()
        .filter_map(|setting| {
            let place = setting.place.as_ref().filter(|place| *place.path == *path)?;
            let key = match (&setting.resource, setting.scope.as_ref()) {
                (Resource::Sysctl { key }, Some(interface)) => {
                    PerInterface::of(key)?.key(interface)
                }
                (Resource::Sysctl { key } | Resource::Key { key, .. }, None) => key.to_string(),
                (Resource::Sshd { option } | Resource::Ssh { option }, None) => option.to_string(),
                (Resource::Module { name }, None) => name.to_string(),
                _ => return None,
            };
            Some((place.line, key, value(setting)?.to_string()))
        })
        .collect();
    lines.sort();
    lines.dedup();
    let settings: Vec<(String, String)> =
        lines.into_iter().map(|(_, key, value)| (key, value)).collect();
    (!settings.is_empty()).then(|| (family.content(id, &settings), family.mode()))
}

fn undo_meta(
    path: &str,
    [owner, group]: [&Option<String>; 2],
    bits: Option<Bits>,
    seen: &Seen,
    notes: &mut Vec<String>,
) -> Option<Step> {
    let of = Resource::File { path: path.into() };
    if absent(seen, &of, Aspect::Type) {
        return None;
    }
    let was = |asked: bool, aspect| asked.then(|| found(seen, &of, aspect)).flatten();
    let owner_before = was(owner.is_some(), Aspect::Owner).map(ToString::to_string);
    let group_before = was(group.is_some(), Aspect::Group).map(ToString::to_string);
    let bits_before = was(bits.is_some(), Aspect::Mode)
        .and_then(|mode| u32::from_str_radix(mode, 8).ok())
        .map(|mode| Bits::Exactly(mode & 0o7777));
    let unknown = [
        (owner.is_some() && owner_before.is_none(), "owner"),
        (group.is_some() && group_before.is_none(), "group"),
        (bits.is_some() && bits_before.is_none(), "mode"),
    ];
    for (_, word) in unknown.into_iter().filter(|(unknown, _)| *unknown) {
        notes.push(format!("the {word} of {path} is not known: the undo leaves it"));
    }
    // Changing the owner clears setuid and setgid, and the former owner had the former bits: both
    // come back together.
    (owner_before.is_some() || group_before.is_some() || bits_before.is_some()).then(|| {
        Step::Meta {
            path: path.to_owned(),
            owner: owner_before,
            group: group_before,
            bits: bits_before,
        }
    })
}

fn undo_package(step: &Step, seen: &Seen, notes: &mut Vec<String>) -> Option<Step> {
    let version = |name: &str| {
        let of = Resource::Package { name: name.into() };
        (found(seen, &of, Aspect::Version).map(Arc::clone), absent(seen, &of, Aspect::Version))
    };
    match step {
        Step::Install { name } => match version(name) {
            (None, true) => {
                notes.push(format!(
                    "the undo removes `{name}` and leaves what was installed along with it"
                ));
                Some(Step::Uninstall { name: name.clone(), with: vec![name.clone()] })
            }
            (Some(_), _) => None,
            (None, false) => {
                notes
                    .push(format!("whether `{name}` is installed is not known: the undo keeps it"));
                None
            }
        },
        Step::Uninstall { name, .. } => {
            version(name).0?;
            notes.push(format!(
                "the undo installs `{name}` again, in the version that is on offer then"
            ));
            Some(Step::Install { name: name.clone() })
        }
        Step::Upgrade { manager, name, .. } | Step::UpgradeTo { manager, name, .. } => {
            Some(Step::Downgrade {
                manager: *manager,
                name: name.clone(),
                version: before_update(name, seen, notes)?,
                with: Vec::new(),
            })
        }
        Step::Downgrade { manager, name, with, .. } => {
            let others = with.iter().filter_map(|one| one.split_once('='));
            let names = std::iter::once(name.as_str()).chain(others.map(|(name, _)| name));
            let mut back =
                names.filter_map(|name| Some((name.to_owned(), before_update(name, seen, notes)?)));
            let (name, version) = back.next()?;
            let with = back.map(|(name, version)| format!("{name}={version}")).collect();
            Some(Step::Downgrade { manager: *manager, name, version, with })
        }
        _ => None,
    }
}

/// The version of a package that an update replaces; `None` where nothing can bring it back, which is
/// said.
fn before_update(name: &str, seen: &Seen, notes: &mut Vec<String>) -> Option<String> {
    let of = Resource::Package { name: name.into() };
    if let Some(version) = found(seen, &of, Aspect::Version) {
        notes.push(format!("the undo needs `{name}` {version} to be still on offer"));
        return Some(version.to_string());
    }
    // What is not installed is not lifted.
    if !absent(seen, &of, Aspect::Version) {
        notes.push(format!("the version of `{name}` is not known: the undo leaves it"));
    }
    None
}

fn undo_boot(unit: &str, done: Boot, seen: &Seen, notes: &mut Vec<String>) -> Option<Step> {
    let of = Resource::Service { unit: unit.into() };
    let Some(before) = found(seen, &of, Aspect::Boot) else {
        if absent(seen, &of, Aspect::Boot) {
            // It came with a package, which would leave the links behind when it goes away.
            let boot = if done == Boot::Masked { Boot::Unmasked } else { Boot::Off };
            return Some(Step::Boot { unit: unit.to_owned(), boot });
        }
        notes.push(format!("how {unit} starts is not known: the undo leaves it"));
        return None;
    };
    let boot = match &**before {
        "masked" => Boot::Masked,
        "enabled" => Boot::On,
        state if state.starts_with(BEHIND_A_TIMER) => Boot::On,
        // Whatever else it was, it was no mask that stays. One in `/run` still stands behind ours.
        _ if done == Boot::Masked => Boot::Unmasked,
        "masked-runtime" => {
            notes.push(format!("what {unit} was behind its mask is not known: the undo leaves it"));
            return None;
        }
        // Nobody can disable them, so that they were masked: see `Boot::Off`.
        "alias" | "generated" | "transient" => Boot::Unmasked,
        // Nobody can enable or disable them, and we did not: see `Boot::Off`.
        "static" | "indirect" => return None,
        _ => Boot::Off,
    };
    Some(Step::Boot { unit: unit.to_owned(), boot })
}
