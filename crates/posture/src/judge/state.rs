//! Each desired state against what was seen of its resource. A new state asks for an arm here.

use std::cmp::Ordering;
use std::sync::Arc;

use holdfast_model::{Aspect, Desired, ModeWanted, Resource, Setting, Wanted};

use super::evidence::{Look, joined, source, spot, what, written};
use super::{ControlResult, Order, Verdict};
use super::{accounts, checked, cron, files, mounts, restart, services, ways};
use crate::Seen;
use crate::compare::{Reads, is_one_of, meets, mode, mode_meets};

/// A verdict, and for whom it counts.
pub(super) type Scoped = (Option<Arc<str>>, Verdict);

/// Judges one state. Only an option of the ssh server has several verdicts.
pub(super) fn of(desired: &Desired, seen: &Seen, order: Order<'_>) -> Vec<Scoped> {
    let resource = desired.resource();
    let verdict = match (desired, &resource) {
        (Desired::Sshd { option, value } | Desired::Ssh { option, value }, Some(resource)) => {
            return ssh(option, value, resource, seen);
        }
        (Desired::AnyOf { ways, .. }, _) => ways::any_of(ways, seen, order),
        (Desired::Sysctl { key, value }, Some(resource)) => {
            let all = sysctl(key, value, resource, seen);
            return interfaces(all, value, resource, seen);
        }
        (Desired::File { path, kind, owner, group, mode }, Some(resource)) => {
            let (kind, owner) = (kind.as_deref(), owner.as_deref());
            file(&FileWanted { path, kind, owner, groups: group, mode: *mode }, resource, seen)
        }
        (Desired::FileAbsent { path }, Some(resource)) => file_absent(path, resource, seen),
        (Desired::Key { dialect, key, value }, Some(resource)) => {
            return files::key(*dialect, key, value, resource, seen);
        }
        (Desired::KeyAbsent { dialect, key }, Some(resource)) => {
            files::key_absent(*dialect, key, resource, seen)
        }
        (Desired::Entry { key, value, .. }, Some(resource)) => {
            files::entry(key, value.as_ref(), resource, seen)
        }
        (Desired::LinePresent { path, .. }, Some(resource)) => {
            files::line(true, path, resource, seen)
        }
        (Desired::LineAbsent { path, .. }, Some(resource)) => {
            files::line(false, path, resource, seen)
        }
        (Desired::Text { path, text }, Some(resource)) => files::text(path, text, resource, seen),
        (Desired::PackagePresent { .. }, Some(resource)) => package(true, resource, seen),
        (Desired::PackageAbsent { .. }, Some(resource)) => package(false, resource, seen),
        (Desired::PackageAtLeast { version, .. }, Some(resource)) => {
            package_at_least(version, resource, seen, order)
        }
        (Desired::ServiceOn { .. }, Some(resource)) => services::on(resource, seen),
        (Desired::ServiceOff { .. }, Some(resource)) => services::off(resource, seen),
        (Desired::Service { boot, running, .. }, Some(resource)) => {
            services::apart(*boot, *running, resource, seen)
        }
        (Desired::Cron { wanted, .. }, Some(resource)) => cron::job(wanted, resource, seen),
        (Desired::SuitePresent { purpose }, Some(resource)) => suite(purpose, resource, seen),
        (Desired::Mounted { point, options }, Some(resource)) => {
            mounts::mounted(point, options, resource, seen)
        }
        (Desired::ModuleDisabled { .. }, Some(resource)) => mounts::module(resource, seen),
        (
            Desired::User { .. }
            | Desired::Users { .. }
            | Desired::Group { .. }
            | Desired::Groups { .. }
            | Desired::Files { .. }
            | Desired::Process { .. },
            Some(resource),
        ) => return accounts::of(desired, resource, seen),
        (
            Desired::Port { .. }
            | Desired::Keys { .. }
            | Desired::Pam { .. }
            | Desired::Firewall { .. },
            Some(resource),
        ) => return checked::of(desired, resource, seen),
        (Desired::Restart { of }, Some(resource)) => {
            return restart::of(of, resource, seen, order);
        }
        // Every state but `AnyOf` has a resource.
        (_, None) => Verdict::new(ControlResult::NotAssessed, "it names nothing".to_owned()),
    };
    vec![(None, verdict)]
}

/// The verdict on a value that could be seen.
pub(super) fn compared(
    reads: Reads<'_>,
    setting: &Setting,
    found: &str,
    wanted: &Wanted,
) -> Verdict {
    let right = meets(reads, found, wanted);
    let from = source(setting);
    let shown = if found.is_empty() { "an empty value".to_owned() } else { format!("`{found}`") };
    let (result, reason) = match wanted {
        _ if right => (ControlResult::Pass, format!("found {shown}{from}, as wanted")),
        // Two long lists would hide what is wrong.
        Wanted::SubsetOf(names) => {
            let bad: Vec<String> = found
                .split(',')
                .filter(|name| !is_one_of(name, names))
                .map(|name| format!("`{name}`"))
                .collect();
            let end = if bad.len() == 1 { "which is not wanted" } else { "which are not wanted" };
            (ControlResult::Fail, format!("found {}{from}, {end}", joined(&bad, "and")))
        }
        Wanted::NoneOf(names) => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let unwanted = joined(&names, "or");
            (ControlResult::Fail, format!("found {shown}{from}, wanted without {unwanted}"))
        }
        _ => (ControlResult::Fail, format!("found {shown}{from}, wanted {wanted}")),
    };
    Verdict::new(result, reason).found(found).at(written(setting))
}

/// A kernel parameter has to be right now and after the next start; of a system that does not run
/// only the second can be asked.
fn sysctl(key: &str, wanted: &Wanted, resource: &Resource, seen: &Seen) -> Verdict {
    let boot = Look::at(seen, resource, Aspect::Boot);
    let now = (!seen.is_at_rest()).then(|| Look::at(seen, resource, Aspect::Running));
    if let Some(error) = now.and_then(Look::error).or_else(|| boot.error()) {
        return error;
    }
    let right = |value: &str| meets(Reads::Kernel, value, wanted);
    let lasting = match boot {
        Look::Is(_, value) => Some((right(value), format!("{value} after the next start"))),
        Look::Absent(_) => Some((false, "set by no file".to_owned())),
        _ => None,
    };
    let file = boot.place().map_or_else(|| "a file".to_owned(), spot);
    let fail = |reason: String| Verdict::new(ControlResult::Fail, reason);
    let (verdict, found) = match (now, boot) {
        (Some(Look::Absent(_)), _) => {
            let reason = format!("this kernel has no `{key}`");
            return Verdict::new(ControlResult::NotApplicable, reason);
        }
        (Some(Look::Is(setting, value)), boot) if !right(value) => {
            let more = match boot {
                Look::Is(_, last) if right(last) => format!("; only {file} says `{last}`"),
                Look::Is(_, last) => format!("; {file} says `{last}`"),
                Look::Absent(_) => "; no file sets it".to_owned(),
                _ => String::new(),
            };
            // What has to be changed stands in the file, where there is one that is wrong.
            let wrong_file = matches!(boot, Look::Is(_, last) if !right(last));
            let place = if wrong_file { boot.place() } else { written(setting) };
            let found = match &lasting {
                Some((false, last)) => format!("{value} now, {last}"),
                _ => format!("{value} now"),
            };
            (fail(format!("found `{value}` now, wanted {wanted}{more}")).at(place), found)
        }
        (Some(Look::Is(_, value)), Look::Is(_, last)) if !right(last) => {
            let reason =
                format!("`{value}` now, but {file} makes it `{last}` after the next start");
            (fail(reason).at(boot.place()), format!("{value} now, {last} after the next start"))
        }
        (Some(Look::Is(setting, value)), Look::Absent(_)) => {
            let reason = format!("`{value}` now, but no file makes it last");
            (fail(reason).at(written(setting)), format!("{value} now, set by no file"))
        }
        (_, Look::Is(_, last)) if !right(last) => {
            let reason = format!("{file} makes it `{last}` at the next start, wanted {wanted}");
            (fail(reason).at(boot.place()), format!("{last} after the next start"))
        }
        (_, Look::Absent(_)) => {
            (fail(format!("no file sets it, wanted {wanted}")), "set by no file".to_owned())
        }
        (Some(Look::Is(_, value)), Look::Is(..)) => {
            let reason = format!("found `{value}` now and after the next start ({file})");
            (Verdict::new(ControlResult::Pass, reason).at(boot.place()), value.to_owned())
        }
        (None, Look::Is(_, last)) => {
            let reason = format!("{file} makes it `{last}` at the next start, as wanted");
            (Verdict::new(ControlResult::Pass, reason).at(boot.place()), last.to_owned())
        }
        // What could be seen is right, and one side could not be seen.
        (now, boot) => {
            let gap = now.and_then(Look::gap).or_else(|| boot.gap());
            return gap.unwrap_or_else(|| unseen(Look::Missing));
        }
    };
    verdict.found(found)
}

/// A parameter, and what single interfaces are given beside it, where this kernel has it.
fn interfaces(all: Verdict, wanted: &Wanted, resource: &Resource, seen: &Seen) -> Vec<Scoped> {
    let has_it = all.result != ControlResult::NotApplicable;
    let mut out: Vec<Scoped> = vec![(None, all)];
    for setting in seen.of(resource, Aspect::Boot).filter(|_| has_it) {
        let Some(interface) = &setting.scope else { continue };
        let verdict = match Look::of(setting) {
            Look::Is(setting, last) => {
                let file = written(setting).map_or_else(|| "a file".to_owned(), spot);
                let (result, end) = if meets(Reads::Kernel, last, wanted) {
                    (ControlResult::Pass, "as wanted".to_owned())
                } else {
                    (ControlResult::Fail, format!("wanted {wanted}"))
                };
                let reason = format!("{file} makes it `{last}` for `{interface}`, {end}");
                let found = format!("{last} after the next start");
                Verdict::new(result, reason).found(found).at(written(setting))
            }
            // No file speaks of it.
            Look::Absent(_) => continue,
            look => unseen(look),
        };
        out.push((Some(Arc::clone(interface)), verdict));
    }
    out
}

pub(super) fn unseen(look: Look<'_>) -> Verdict {
    look.gap().unwrap_or_else(|| Verdict::new(ControlResult::NotAssessed, String::new()))
}

struct FileWanted<'d> {
    path: &'d str,
    kind: Option<&'d str>,
    owner: Option<&'d str>,
    groups: &'d [Arc<str>],
    mode: Option<ModeWanted>,
}

/// One side of a file that is asked about.
struct Side<'d> {
    aspect: Aspect,
    fits: Box<dyn Fn(&str) -> bool + 'd>,
    /// What is wanted, for sentences.
    asked: String,
}

impl FileWanted<'_> {
    fn sides(&self) -> Vec<Side<'_>> {
        let mut sides = Vec::new();
        if let Some(kind) = self.kind {
            let fits = Box::new(move |found: &str| kind == "any" || found == kind);
            sides.push(Side { aspect: Aspect::Type, fits, asked: what(kind).to_owned() });
        }
        if let Some(owner) = self.owner {
            let fits = Box::new(move |found: &str| found == owner);
            sides.push(Side { aspect: Aspect::Owner, fits, asked: format!("`{owner}`") });
        }
        if !self.groups.is_empty() {
            let names: Vec<String> = self.groups.iter().map(|name| format!("`{name}`")).collect();
            let fits = Box::new(|found: &str| self.groups.iter().any(|group| **group == *found));
            sides.push(Side { aspect: Aspect::Group, fits, asked: joined(&names, "or") });
        }
        if let Some(wanted) = self.mode {
            let fits = move |found: &str| mode(found).is_some_and(|bits| mode_meets(bits, wanted));
            let (aspect, asked) = (Aspect::Mode, wanted.to_string());
            sides.push(Side { aspect, fits: Box::new(fits), asked });
        }
        sides
    }
}

impl FileWanted<'_> {
    /// The verdict where there is nothing to have these sides; `None` where there is.
    fn gone(&self, resource: &Resource, seen: &Seen) -> Option<Verdict> {
        let absent = |setting: &Setting| matches!(Look::of(setting), Look::Absent(_));
        let Some(kind) = self.kind else {
            let reason = format!("there is no `{}`", self.path);
            let verdict = || Verdict::new(ControlResult::NotApplicable, reason).found("absent");
            return seen.all_of(resource).iter().any(absent).then(verdict);
        };
        let look = Look::at(seen, resource, Aspect::Type);
        if let Look::Absent(_) = look {
            let reason = format!("there is no `{}`, wanted {}", self.path, what(kind));
            return Some(Verdict::new(ControlResult::Fail, reason).found("absent"));
        }
        let leads_nowhere = self
            .sides()
            .iter()
            .any(|side| side.aspect != Aspect::Type && seen.of(resource, side.aspect).any(absent));
        leads_nowhere.then(|| {
            let reason = format!("`{}` is a link that leads nowhere", self.path);
            Verdict::new(ControlResult::Fail, reason).found("link").at(look.place())
        })
    }
}

fn file(wanted: &FileWanted<'_>, resource: &Resource, seen: &Seen) -> Verdict {
    if let Some(gone) = wanted.gone(resource, seen) {
        return gone;
    }
    let (mut right, mut wrong, mut gap) = (Vec::new(), Vec::new(), None);
    let (mut found_right, mut found_wrong, mut place) = (Vec::new(), Vec::new(), None);
    for Side { aspect, fits, asked } in wanted.sides() {
        let (look, word) = (Look::at(seen, resource, aspect), aspect.word());
        if let Some(error) = look.error() {
            return error;
        }
        let Look::Is(setting, value) = look else {
            gap = gap.or_else(|| look.gap());
            continue;
        };
        place = place.or(written(setting));
        if fits(value) {
            right.push(format!("{word} `{value}`"));
            found_right.push(format!("{word} {value}"));
        } else {
            wrong.push(format!("found {word} `{value}`, wanted {asked}"));
            found_wrong.push(format!("{word} {value}"));
        }
    }
    if !wrong.is_empty() {
        let verdict = Verdict::new(ControlResult::Fail, wrong.join("; "));
        return verdict.found(found_wrong.join(", ")).at(place);
    }
    gap.unwrap_or_else(|| {
        let reason = format!("found {}, as wanted", joined(&right, "and"));
        Verdict::new(ControlResult::Pass, reason).found(found_right.join(", ")).at(place)
    })
}

fn file_absent(path: &str, resource: &Resource, seen: &Seen) -> Verdict {
    // A link that leads nowhere is there, although nothing can be said of what it names.
    match Look::at(seen, resource, Aspect::Type) {
        Look::Absent(_) => {
            let reason = format!("there is no `{path}`, as wanted");
            Verdict::new(ControlResult::Pass, reason).found("absent")
        }
        Look::Is(setting, kind) => {
            let reason = format!("`{path}` is there, wanted absent");
            let verdict = Verdict::new(ControlResult::Fail, reason).found(kind);
            verdict.at(written(setting))
        }
        other => unseen(other),
    }
}

/// The part for everybody and each block on its own: an option that is right in general and wrong
/// for one user is wrong for that user.
fn ssh(option: &str, wanted: &Wanted, resource: &Resource, seen: &Seen) -> Vec<Scoped> {
    let mut out: Vec<Scoped> = Vec::new();
    for setting in seen.of(resource, Aspect::Value) {
        let look = Look::of(setting);
        let verdict = match look {
            Look::Is(setting, found) => compared(Reads::Sshd(option), setting, found, wanted),
            // Some options have no value where nobody writes one.
            Look::Absent(setting) if setting.default => {
                let reason = format!("`{option}` is not set, wanted {wanted}");
                let verdict = Verdict::new(ControlResult::Fail, reason).found("not set");
                verdict.at(written(setting))
            }
            _ => look.gap().unwrap_or_else(|| {
                let client = matches!(resource, Resource::Ssh { .. });
                let what = if client { "client" } else { "server" };
                let reason = format!("no ssh {what} is installed");
                Verdict::new(ControlResult::NotApplicable, reason)
            }),
        };
        if out.iter().all(|(scope, _)| *scope != setting.scope) {
            out.push((setting.scope.clone(), verdict));
        }
    }
    if out.is_empty() {
        out.push((None, unseen(Look::Missing)));
    }
    out
}

fn package(wanted: bool, resource: &Resource, seen: &Seen) -> Verdict {
    let look = Look::at(seen, resource, Aspect::Version);
    let result = |right: bool| if right { ControlResult::Pass } else { ControlResult::Fail };
    match look {
        Look::Is(setting, version) => {
            let end = if wanted { "as wanted" } else { "wanted absent" };
            let reason = format!("it is installed, version `{version}`, {end}");
            Verdict::new(result(wanted), reason).found(version).at(written(setting))
        }
        Look::Absent(setting) => {
            let end = if wanted { "" } else { ", as wanted" };
            let reason = format!("it is not installed{end}");
            Verdict::new(result(!wanted), reason).found("absent").at(written(setting))
        }
        _ => unseen(look),
    }
}

fn package_at_least(least: &str, resource: &Resource, seen: &Seen, order: Order<'_>) -> Verdict {
    let look = Look::at(seen, resource, Aspect::Version);
    let Look::Is(setting, version) = look else {
        return look.gap().unwrap_or_else(|| {
            Verdict::new(ControlResult::NotApplicable, "it is not installed".to_owned())
        });
    };
    let verdict = match order(version, least) {
        None => {
            let reason = format!("the versions `{version}` and `{least}` cannot be compared");
            let closes_with = "a version that the distribution knows";
            Verdict::new(ControlResult::NotAssessed, reason).closes_with(closes_with)
        }
        Some(Ordering::Less) => {
            let reason = format!("found version `{version}`, wanted at least `{least}`");
            Verdict::new(ControlResult::Fail, reason)
        }
        Some(Ordering::Equal | Ordering::Greater) => {
            let reason = format!("found version `{version}`, at least `{least}`");
            Verdict::new(ControlResult::Pass, reason)
        }
    };
    verdict.found(version).at(written(setting))
}

fn suite(purpose: &str, resource: &Resource, seen: &Seen) -> Verdict {
    let looks = || seen.of(resource, Aspect::Value).map(Look::of);
    if let Some(Look::Is(setting, value)) = looks().find(|look| matches!(look, Look::Is(..))) {
        let reason = format!("a package source for {purpose} stands{}", source(setting));
        return Verdict::new(ControlResult::Pass, reason).found(value).at(written(setting));
    }
    let gap = looks().find_map(Look::error).or_else(|| looks().find_map(Look::gap));
    gap.unwrap_or_else(|| match looks().next() {
        Some(absent) => {
            let reason = format!("no package source for {purpose} is configured");
            Verdict::new(ControlResult::Fail, reason).found("absent").at(absent.place())
        }
        None => unseen(Look::Missing),
    })
}
