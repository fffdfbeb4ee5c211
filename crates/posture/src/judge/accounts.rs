//! Accounts and groups, and what only a walk or a list of processes shows: each member of a set on
//! its own, and whether all of the set could be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Aspect, Desired, Only, Reading, Resource, Setting, TraitValue, Wanted};

use super::evidence::{Look, joined, spot, written};
use super::state::Scoped;
use super::{ControlResult, Verdict};
use crate::Seen;
use crate::compare::{Reads, meets};

/// So many members of a set are named in one sentence.
const NAMED: usize = 3;

/// Judges a state of these kinds.
pub(super) fn of(desired: &Desired, resource: &Resource, seen: &Seen) -> Vec<Scoped> {
    match desired {
        Desired::User { name, wanted } => vec![(None, user(name, wanted, resource, seen))],
        Desired::Users { wanted, only, unique, .. } => {
            let rules = Rules { wanted, only: only.as_ref(), unique };
            users(&rules, resource, seen)
        }
        Desired::Group { name, only } => group(name, only, resource, seen),
        Desired::Groups { unique, .. } => {
            users(&Rules { wanted: &[], only: None, unique }, resource, seen)
        }
        Desired::Files { which, only } => files(which, only, resource, seen),
        Desired::Process { name, running } => {
            vec![(None, process(name, *running, resource, seen))]
        }
        _ => Vec::new(),
    }
}

/// What is wanted of the members of a set.
struct Rules<'d> {
    wanted: &'d [(Aspect, Wanted)],
    only: Option<&'d Only>,
    unique: &'d [Aspect],
}

/// Whether what was found of one side of an account is as wanted. Without a password, its age and
/// the method of its hash are nobody's business.
pub(crate) fn suits(
    aspect: Aspect,
    reading: &Reading,
    password: Option<&str>,
    wanted: &Wanted,
) -> bool {
    let found = match reading {
        Reading::Is(found) => Some(&**found),
        _ => None,
    };
    let of_password = matches!(aspect, Aspect::MaxDays | Aspect::InactiveDays);
    match (aspect, found) {
        (Aspect::Method | Aspect::Stored, None) => true,
        (Aspect::MaxDays | Aspect::InactiveDays, None) => {
            password.is_some_and(|state| state != "set")
        }
        (Aspect::Expires, None) => meets(Reads::Account, "never", wanted),
        (_, None) => false,
        _ if of_password && password.is_some_and(|state| state != "set") => true,
        // A password that nobody can enter is as good as locked.
        (Aspect::Password, Some("none")) => meets(Reads::Account, "locked", wanted),
        (Aspect::Shell, Some(shell)) => {
            meets(Reads::Account, shell, wanted)
                || is_no_shell(shell) && meets(Reads::Account, "none", wanted)
        }
        (_, Some(found)) => meets(Reads::Account, found, wanted),
    }
}

/// nologin(8) and false(1), wherever they stand: they let nobody in.
fn is_no_shell(shell: &str) -> bool {
    let folder = shell.rsplit_once('/').map_or("", |(folder, _)| folder);
    let of_system = ["/bin", "/sbin", "/usr/bin", "/usr/sbin"].contains(&folder);
    of_system && (shell.ends_with("/nologin") || shell.ends_with("/false"))
}

/// The words for a side of an account.
fn word(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Method => "hashing method",
        Aspect::Stored => "hash in",
        Aspect::MaxDays => "days until the password has to be changed",
        Aspect::InactiveDays => "days until the account is closed after that",
        Aspect::Expires => "end",
        other => other.word(),
    }
}

/// The verdict on one account, of which these are all settings.
fn member(settings: &[&Setting], wanted: &[(Aspect, Wanted)]) -> Verdict {
    let (mut right, mut wrong, mut gap, mut place) = (Vec::new(), Vec::new(), None, None);
    let mut found = Vec::new();
    let password = settings.iter().filter(|setting| setting.aspect == Aspect::Password);
    // Where a name stands twice, one with a password counts.
    let password = password.filter_map(|setting| match &setting.reading {
        Reading::Is(state) => Some(&**state),
        _ => None,
    });
    let password = password.min_by_key(|state| *state != "set");
    for (aspect, wanted) in wanted {
        let of_aspect = settings.iter().filter(|setting| setting.aspect == *aspect);
        let mut any = false;
        for setting in of_aspect {
            any = true;
            let look = Look::of(setting);
            if let Some(unseen) = look.gap() {
                gap = gap.or(Some(unseen));
                continue;
            }
            let value = match look {
                Look::Is(_, value) => value,
                _ => "none",
            };
            if suits(*aspect, &setting.reading, password, wanted) {
                right.push(format!("{} `{value}`", word(*aspect)));
                place = place.or(written(setting));
            } else {
                wrong.push(format!("found {} `{value}`, wanted {wanted}", word(*aspect)));
                found.push(format!("{} {value}", word(*aspect)));
                place = written(setting);
            }
        }
        if !any {
            gap = gap.or_else(|| Look::Missing.gap());
        }
    }
    if !wrong.is_empty() {
        return Verdict::new(ControlResult::Fail, wrong.join("; "))
            .found(found.join(", "))
            .at(place);
    }
    gap.unwrap_or_else(|| {
        let reason = format!("found {}, as wanted", joined(&right, "and"));
        Verdict::new(ControlResult::Pass, reason).found(right.join(", ")).at(place)
    })
}

fn user(name: &str, wanted: &[(Aspect, Wanted)], resource: &Resource, seen: &Seen) -> Verdict {
    let look = Look::at(seen, resource, Aspect::Value);
    if let Some(gap) = look.gap() {
        return gap;
    }
    if let Look::Absent(_) = look {
        let reason = format!("there is no account `{name}`");
        return Verdict::new(ControlResult::NotApplicable, reason).found("absent");
    }
    let settings: Vec<&Setting> =
        seen.all_of(resource).iter().filter(|setting| setting.scope.is_none()).collect();
    member(&settings, wanted)
}

/// A member of a set, with all that was seen of it.
pub(super) type Member<'s> = (&'s Arc<str>, Vec<&'s Setting>);

/// The members of a set, by name.
pub(super) fn members<'s>(resource: &Resource, seen: &'s Seen) -> Vec<Member<'s>> {
    let mut members: Vec<Member<'s>> = Vec::new();
    let mut next = 0;
    for setting in seen.all_of(resource) {
        let Some(scope) = &setting.scope else { continue };
        // Each side comes in the order of the names: mostly it is of the member behind the last one.
        if members.get(next).is_none_or(|(name, _)| *name != scope) {
            let found = members.binary_search_by(|(name, _)| (*name).cmp(scope));
            next = found.unwrap_or_else(|at| {
                members.insert(at, (scope, Vec::new()));
                at
            });
        }
        if let Some((_, settings)) = members.get_mut(next) {
            settings.push(setting);
        }
        next += 1;
    }
    members
}

/// Who may be in a set: those whom the rule names, and those whom the owner of the host does.
fn allowed<'s>(only: &'s Only, seen: &'s Seen) -> BTreeSet<&'s str> {
    let declared = only.setting.as_ref().and_then(|name| seen.declared(name));
    let declared = match declared {
        Some(TraitValue::Texts(texts)) => texts.as_slice(),
        _ => &[],
    };
    only.names.iter().chain(declared).map(|name| &**name).collect()
}

/// What a member is that may not be one.
fn outsider(setting: Option<&&Setting>, what: &str, only: &Only) -> Verdict {
    let more = only
        .setting
        .as_ref()
        .map(|name| format!(", and `{name}` of `[host.settings]` does not name it"))
        .unwrap_or_default();
    let reason = format!("{what} is none of those that are wanted{more}");
    let place = setting.and_then(|setting| written(setting));
    Verdict::new(ControlResult::Fail, reason).found("present").at(place)
}

fn users(rules: &Rules<'_>, resource: &Resource, seen: &Seen) -> Vec<Scoped> {
    let members = members(resource, seen);
    let names = rules.only.map(|only| (only, allowed(only, seen)));
    let mut out: Vec<Scoped> = Vec::new();
    for (name, settings) in &members {
        let stranger = names.as_ref().filter(|(_, names)| !names.contains(&***name));
        let verdict = match stranger {
            Some((only, _)) => outsider(settings.first(), &format!("`{name}`"), only),
            None if !rules.wanted.is_empty() => member(settings, rules.wanted),
            None if rules.only.is_some() => {
                let reason = format!("`{name}` is one of those that are wanted");
                let place = settings.first().and_then(|setting| written(setting));
                Verdict::new(ControlResult::Pass, reason).found("present").at(place)
            }
            None => continue,
        };
        out.push((Some(Arc::clone(name)), verdict));
    }
    let same = twice(rules.unique, &members);
    let whole = Look::at(seen, resource, Aspect::Value);
    let verdict = match same {
        Some(verdict) => verdict,
        None => whole.gap().unwrap_or_else(|| match members.len() {
            0 => Verdict::new(ControlResult::NotApplicable, "there are none".to_owned()),
            count => {
                let reason = match (rules.unique.is_empty(), count) {
                    (true, 1) => "all could be seen: 1".to_owned(),
                    (true, _) => format!("all {count} could be seen"),
                    (false, _) => format!("no two of {count} have it in common"),
                };
                Verdict::new(ControlResult::Pass, reason).found(count.to_string())
            }
        }),
    };
    out.push((None, verdict));
    out
}

/// The verdict where two have in common what is to be one's own.
fn twice(unique: &[Aspect], members: &[Member<'_>]) -> Option<Verdict> {
    let (mut wrong, mut place) = (Vec::new(), None);
    for aspect in unique {
        // Every entry says its number once.
        let numbers = members.iter().flat_map(|(name, settings)| {
            let of_number = settings.iter().filter(|setting| setting.aspect == Aspect::Number);
            of_number.map(move |setting| (*name, *setting))
        });
        let mut groups: BTreeMap<&str, Vec<(&Arc<str>, &Setting)>> = BTreeMap::new();
        for (name, setting) in numbers {
            let key = match (aspect, &setting.reading) {
                (Aspect::Value, _) => &**name,
                (_, Reading::Is(number)) => &**number,
                _ => continue,
            };
            groups.entry(key).or_default().push((name, setting));
        }
        for (key, all) in groups {
            let [_, (_, second), ..] = all.as_slice() else { continue };
            place = place.or(written(second));
            let names: BTreeSet<String> = all.iter().map(|(name, _)| format!("`{name}`")).collect();
            let names: Vec<String> = names.into_iter().collect();
            wrong.push(if *aspect == Aspect::Value {
                format!("`{key}` stands {} times", all.len())
            } else {
                format!("the number {key} is that of {}", named(&names, names.len().max(all.len())))
            });
        }
    }
    (!wrong.is_empty()).then(|| {
        let found = wrong.join("; ");
        Verdict::new(ControlResult::Fail, found.clone()).found(found).at(place)
    })
}

/// The first of some names, and how many more there are.
pub(super) fn named(names: &[String], count: usize) -> String {
    match names {
        [one] if count > 1 => format!("{count} entries of {one}"),
        names if count <= NAMED => joined(names, "and"),
        names => {
            let first = names.get(..NAMED).unwrap_or(names);
            format!("{} and {} more", first.join(", "), count - first.len())
        }
    }
}

fn group(name: &str, only: &Only, resource: &Resource, seen: &Seen) -> Vec<Scoped> {
    let whole = Look::at(seen, resource, Aspect::Value);
    if let Look::Absent(_) = whole {
        let reason = format!("there is no group `{name}`");
        return vec![(None, Verdict::new(ControlResult::NotApplicable, reason).found("absent"))];
    }
    let names = allowed(only, seen);
    let members = members(resource, seen);
    let mut out: Vec<Scoped> = Vec::new();
    for (member, settings) in &members {
        let verdict = if names.contains(&***member) {
            let reason = format!("`{member}` may be in it");
            let place = settings.first().and_then(|setting| written(setting));
            Verdict::new(ControlResult::Pass, reason).found("member").at(place)
        } else {
            outsider(settings.first(), &format!("`{member}`"), only)
        };
        out.push((Some(Arc::clone(member)), verdict));
    }
    let verdict = whole.gap().unwrap_or_else(|| {
        let reason = match members.len() {
            0 => "nobody is in it".to_owned(),
            1 => "its one member could be seen".to_owned(),
            count => format!("all {count} members could be seen"),
        };
        Verdict::new(ControlResult::Pass, reason).found(members.len().to_string())
    });
    out.push((None, verdict));
    out
}

/// Whether each file of a kind is a finding of its own: each setuid program is a way to other
/// rights. What everybody may write to comes in heaps, and goes in heaps.
fn each_its_own(which: &str) -> bool {
    which != "world-writable"
}

fn files(which: &str, only: &Only, resource: &Resource, seen: &Seen) -> Vec<Scoped> {
    let names = allowed(only, seen);
    let found = members(resource, seen);
    let count = found.len();
    let strangers: Vec<(&Arc<str>, &Setting)> = found
        .into_iter()
        .filter(|(path, _)| !names.contains(&***path))
        .filter_map(|(path, settings)| Some((path, *settings.first()?)))
        .collect();
    let whole = Look::at(seen, resource, Aspect::Value);
    let mut out: Vec<Scoped> = Vec::new();
    if each_its_own(which) {
        for (path, setting) in &strangers {
            let value = match Look::of(setting) {
                Look::Is(_, value) => value,
                _ => "present",
            };
            let what = match which {
                "setuid" => format!("`{path}` (mode `{value}`)"),
                "unowned" => format!("{path} does not exist and owns {value}: this"),
                _ => format!("`{path}`"),
            };
            let verdict = outsider(Some(setting), &what, only).found(value);
            out.push((Some(Arc::clone(path)), verdict));
        }
    } else if let Some((_, first)) = strangers.first() {
        let paths: Vec<String> = strangers.iter().map(|(path, _)| format!("`{path}`")).collect();
        let what = named(&paths, paths.len());
        let reason = match whole.gap() {
            Some(gap) => format!("found {what}; there may be more, since {}", gap.reason),
            None => format!("found {what}"),
        };
        let verdict = Verdict::new(ControlResult::Fail, reason).found(what);
        return vec![(None, verdict.at(written(first)))];
    }
    let verdict = whole.gap().unwrap_or_else(|| {
        let reason = match count {
            0 => "a walk through all files found none".to_owned(),
            _ => format!("a walk through all files found {count}, and no other"),
        };
        Verdict::new(ControlResult::Pass, reason).found(count.to_string())
    });
    out.push((None, verdict));
    out
}

fn process(name: &str, wanted: bool, resource: &Resource, seen: &Seen) -> Verdict {
    let look = Look::at(seen, resource, Aspect::Running);
    let result = |right: bool| if right { ControlResult::Pass } else { ControlResult::Fail };
    let end = |right: bool| match (right, wanted) {
        (true, _) => "as wanted",
        (false, true) => "wanted running",
        (false, false) => "wanted absent",
    };
    match look {
        Look::Is(setting, _) => {
            let at = written(setting).map(|place| format!(" ({})", spot(place)));
            let reason = format!("`{name}` runs{}, {}", at.unwrap_or_default(), end(wanted));
            Verdict::new(result(wanted), reason).found("running").at(written(setting))
        }
        Look::Absent(_) => {
            let reason = format!("no process is of `{name}`, {}", end(!wanted));
            Verdict::new(result(!wanted), reason).found("absent")
        }
        other => other.gap().unwrap_or_else(|| {
            Verdict::new(ControlResult::NotAssessed, "nobody looked at it".to_owned())
        }),
    }
}

/// What is wanted, in words.
pub(super) fn wanted(desired: &Desired) -> String {
    let mut parts = Vec::new();
    let (clauses, only, unique): (&[(Aspect, Wanted)], Option<&Only>, &[Aspect]) = match desired {
        Desired::User { wanted, .. } => (wanted.as_slice(), None, &[]),
        Desired::Users { wanted, only, unique, .. } => {
            (wanted.as_slice(), only.as_ref(), unique.as_slice())
        }
        Desired::Group { only, .. } | Desired::Files { only, .. } => (&[], Some(only), &[]),
        Desired::Groups { unique, .. } => (&[], None, unique.as_slice()),
        Desired::Process { running: true, .. } => return "running".to_owned(),
        _ => return "absent".to_owned(),
    };
    for (aspect, wanted) in clauses {
        parts.push(format!("{} {}", word(*aspect), super::evidence::plain(wanted)));
    }
    if let Some(only) = only {
        let more = only.setting.as_ref().map(|name| format!("what `{name}` names"));
        let mut all: Vec<String> = only.names.iter().map(ToString::to_string).collect();
        all.extend(more);
        parts.push(match all.as_slice() {
            [] => "none".to_owned(),
            _ if all.len() > 8 => {
                format!("only {} and others", all.get(..3).unwrap_or_default().join(", "))
            }
            all => format!("only {}", joined(all, "and")),
        });
    }
    for aspect in unique {
        let what = if *aspect == Aspect::Value { "name" } else { "number" };
        parts.push(format!("no two of the same {what}"));
    }
    parts.join(", ")
}
