//! From a control and what was seen to steps.
//!
//! Knows which files and programs make a state so, and which of several places wins. Must not know
//! how any tool says it.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{
    Aspect, BootWanted, Desired, Dialect, PerInterface, Place, Reading, Resource, Setting,
    Startups, Wanted,
};

use super::accounts;
use super::files::{Family, safe_id};
use super::holds::{absent, all_suit, flat, found, holds, suits, value};
use super::manager::Manager;
use super::quote::one_line;
use super::sshd;
use super::steps::{Boot, Edit, Step};
use super::{cron, entries, modules, mounts, presence, texts};
use crate::compare::is_one_of;
use crate::{Control, Seen};

/// What is to be done, in order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The control's id, as files and marks write it.
    pub(super) id: String,
    /// Packages that are brought to just the version that is wanted, and to no later one.
    pub(super) exactly: Vec<String>,
    /// Whether it says all that keeps the control so, and not only what was not seen to hold.
    pub(super) whole: bool,
    /// The steps.
    pub(super) steps: Vec<Step>,
    /// What only a person can do, in words.
    pub(super) manual: Vec<String>,
}

impl Plan {
    /// Makes the steps for some lines of a control. Of what is asked for, only what was not seen
    /// to hold is done; where all of it holds, all of it, so that the text says what keeps it so.
    pub(super) fn new(control: &Control, lines: &[usize], seen: &Seen, exactly: &[String]) -> Self {
        let exactly = exactly.to_vec();
        let plan = Self { id: safe_id(&control.id), exactly, ..Self::default() };
        let asked: Vec<&Desired> = control
            .ensure
            .iter()
            .enumerate()
            .filter(|(line, _)| lines.contains(line))
            .flat_map(|(_, desired)| flat(desired, seen))
            .collect();
        let missing: Vec<&Desired> =
            asked.iter().copied().filter(|desired| !holds(control, desired, seen)).collect();
        let todo = if missing.is_empty() { asked.clone() } else { missing };
        plan.filled(control, &asked, todo, seen)
    }

    /// Makes the steps for every line of a control, whether or not it was seen to hold: what is made of
    /// it today is what is made of it once it was mended.
    pub(super) fn whole(control: &Control, seen: &Seen) -> Self {
        let plan = Self { id: safe_id(&control.id), whole: true, ..Self::default() };
        let asked: Vec<&Desired> =
            control.ensure.iter().flat_map(|desired| flat(desired, seen)).collect();
        plan.filled(control, &asked, asked.clone(), seen)
    }

    fn filled(
        self,
        control: &Control,
        asked: &[&Desired],
        todo: Vec<&Desired>,
        seen: &Seen,
    ) -> Self {
        let mut plan = self;
        // A drop-in of ours says everything that the control wants in it, whichever line failed:
        // a choice only where it was asked for.
        let mut all: Vec<&Desired> =
            control.ensure.iter().filter(|one| !matches!(one, Desired::AnyOf { .. })).collect();
        all.extend(asked.iter().copied().filter(|one| !control.ensure.contains(one)));

        plan.sysctl(&todo, &all, seen);
        sshd::plan(&mut plan, &todo, &all, seen);
        sshd::plan_client(&mut plan, &todo, &all, seen);
        for dialect in Dialect::ALL {
            plan.keys(dialect, &todo, &all, seen);
        }
        entries::plan(&mut plan, &todo, &all, seen);
        cron::plan(&mut plan, &todo, &all, seen);
        mounts::plan(&mut plan, &todo, seen);
        modules::plan(&mut plan, &todo, &all, seen);
        for desired in todo {
            plan.one(desired, &all, seen);
            accounts::plan(&mut plan, control, desired, seen);
        }
        plan
    }

    fn sysctl(&mut self, todo: &[&Desired], all: &[&Desired], seen: &Seen) {
        let family = Family::Sysctl;
        let parameter = |desired: &&Desired| match desired {
            Desired::Sysctl { key, value } => Some((Arc::clone(key), value.clone())),
            _ => None,
        };
        let asked: Vec<(Arc<str>, Wanted)> = todo.iter().filter_map(parameter).collect();
        let lasts = |(key, wanted): &(Arc<str>, Wanted)| {
            all_suit(seen, &Resource::Sysctl { key: Arc::clone(key) }, Aspect::Boot, wanted)
        };
        let runs = |(key, wanted): &(Arc<str>, Wanted)| {
            all_suit(seen, &Resource::Sysctl { key: Arc::clone(key) }, Aspect::Running, wanted)
        };
        let nothing_missing = self.whole || asked.iter().all(|one| lasts(one) && runs(one));
        if asked.iter().any(|one| !lasts(one)) || (nothing_missing && !asked.is_empty()) {
            let mut settings = Vec::new();
            let mut silenced = Vec::new();
            for (key, wanted) in all.iter().filter_map(parameter) {
                let resource = Resource::Sysctl { key: Arc::clone(&key) };
                let sides = [Aspect::Boot, Aspect::Running];
                let to_set =
                    keep_or_set(&resource, &wanted, sides.map(|side| found(seen, &resource, side)));
                let mut of_some = Vec::new();
                for setting in seen.of(&resource, Aspect::Boot) {
                    // A line may also say that nothing sets it, and then it has a place.
                    let bad = setting.reading == Reading::Absent
                        || value(setting).is_some_and(|value| !suits(&resource, &wanted, value));
                    let path = setting.place.as_ref().map(|place| &*place.path);
                    let its = match (setting.scope.as_ref(), PerInterface::of(&key)) {
                        (None, _) => one_line(&key),
                        (Some(interface), Some(of)) => one_line(&of.key(interface)),
                        (Some(_), None) => continue,
                    };
                    // What single interfaces are given counts beside ours, so that ours gives it too.
                    let is_ours = path.is_some_and(|path| *path == *family.path(&self.id));
                    if setting.scope.is_some() && (bad || is_ours) {
                        of_some.push((its.clone(), to_set.clone()));
                    }
                    let Some(path) = path.filter(|_| bad) else { continue };
                    if family.beats_ours(path, &self.id) {
                        let (path, value) = (path.to_owned(), to_set.clone());
                        silenced.push(Edit::Silence { path, key: its, value });
                    }
                }
                settings.push((key.to_string(), to_set));
                settings.extend(of_some);
            }
            self.write(family, &settings);
            self.steps.extend(silenced.into_iter().map(Step::Edit));
        }
        if seen.is_at_rest() {
            return;
        }
        for one in asked.iter().filter(|one| nothing_missing || !runs(one)) {
            let resource = Resource::Sysctl { key: Arc::clone(&one.0) };
            let now = found(seen, &resource, Aspect::Running);
            let value = keep_or_set(&resource, &one.1, [now]);
            self.steps.push(Step::Kernel { key: one_line(&one.0), value });
        }
    }

    /// Writes our drop-in of a family.
    pub(super) fn write(&mut self, family: Family, settings: &[(String, String)]) {
        let path = family.path(&self.id);
        let content = family.content(&self.id, settings);
        let edit = Edit::Write { path, content, mode: family.mode() };
        self.steps.push(match family {
            Family::Sudoers => Step::Sudoers(edit),
            _ => Step::Edit(edit),
        });
    }

    fn keys(&mut self, dialect: Dialect, todo: &[&Desired], all: &[&Desired], seen: &Seen) {
        let key_of = |desired: &&Desired| match desired {
            Desired::Key { dialect: its, key, value } if *its == dialect => {
                Some((Arc::clone(key), value.clone()))
            }
            _ => None,
        };
        // What is only not wanted leaves a choice, which is its owner's; JSON has a default of its
        // own behind what is taken out.
        let open = |(_, wanted): &(Arc<str>, Wanted)| {
            matches!(wanted, Wanted::NoneOf(_)) && dialect != Dialect::Docker
        };
        let (by_hand, asked): (Vec<_>, Vec<_>) = todo.iter().filter_map(key_of).partition(open);
        for (key, wanted) in by_hand {
            self.manual.push(texts::by_hand(dialect, &key, &wanted));
        }
        let by_people = match dialect {
            Dialect::Limits => self.of_some(&asked, seen),
            Dialect::AuditRules => self.unjoined(&asked, seen),
            _ => false,
        };
        if asked.is_empty() || by_people {
            return;
        }
        let to_set = |(key, wanted): &(Arc<str>, Wanted)| {
            let resource = Resource::Key { dialect, key: Arc::clone(key) };
            keep_or_set(&resource, wanted, [found(seen, &resource, Aspect::Value)])
        };
        let Some(family) = Family::of(dialect) else {
            let all = asked.iter().map(|one| (one.clone(), to_set(one))).collect::<Vec<_>>();
            return self.in_place(dialect, &all, seen);
        };
        let said = all.iter().filter_map(key_of).filter(|one| !open(one));
        let settings: Vec<(String, String)> =
            said.map(|one| (one.0.to_string(), to_set(&one))).collect();
        self.write(family, &settings);
        let mut in_place = Vec::new();
        for (key, wanted) in &asked {
            let resource = Resource::Key { dialect, key: Arc::clone(key) };
            for setting in seen.of(&resource, Aspect::Value) {
                let bad = value(setting).is_some_and(|value| !suits(&resource, wanted, value));
                // What was set right in its place counts before our file still.
                let said = self.whole && family == Family::Pwquality && value(setting).is_some();
                let bad = bad || said;
                // Limits of some are told by themselves.
                let bad = bad && (family != Family::Limits || setting.scope.is_none());
                let Some(place) = setting.place.as_ref().filter(|_| bad) else { continue };
                // Arguments in rules of PAM win too, and no tool writes them.
                let in_pam = place.path.starts_with("/etc/pam.d/");
                if family == Family::Pwquality
                    && !in_pam
                    && family.beats_ours(&place.path, &self.id)
                {
                    // Where it counts: behind a comment in its place another file may say it, which is
                    // read after ours as well.
                    let path = place.path.to_string();
                    let value = to_set(&(Arc::clone(key), wanted.clone()));
                    let key = format!("{} =", one_line(key));
                    in_place.push(Step::Edit(Edit::Line { path, key, value }));
                } else if family.beats_ours(&place.path, &self.id) {
                    self.manual.push(format!(
                        "take `{key}` out of {} (line {}): it is read after our file and wins",
                        place.path, place.line
                    ));
                }
            }
        }
        self.steps.extend(in_place);
    }

    /// Says which limits of some people have to take out: those count before what a file of ours says
    /// of everybody. Tells whether that is all there is to do.
    fn of_some(&mut self, asked: &[(Arc<str>, Wanted)], seen: &Seen) -> bool {
        let before = self.manual.len();
        let mut is_right = true;
        for (key, wanted) in asked {
            let resource = Resource::Key { dialect: Dialect::Limits, key: Arc::clone(key) };
            let now = found(seen, &resource, Aspect::Value);
            is_right &= now.is_some_and(|value| suits(&resource, wanted, value));
            for setting in seen.of(&resource, Aspect::Value) {
                let bad = value(setting).is_some_and(|value| !suits(&resource, wanted, value));
                let Some(domain) = setting.scope.as_ref().filter(|_| bad) else { continue };
                let file = || Dialect::Limits.file().to_owned();
                let at = |place: &Place| format!("{} (line {})", place.path, place.line);
                let at = setting.place.as_ref().map_or_else(file, at);
                self.manual.push(format!(
                    "take what counts for `{domain}` out of {at}: it goes before `{key}`"
                ));
            }
        }
        is_right && !self.whole && self.manual.len() > before
    }

    /// Says that the rules of auditd have to move first where its folder has none yet: as soon as a
    /// file of ours is there, augenrules(8) writes the main file anew from the folder, and what its
    /// owner wrote there is gone. Tells whether that is all there is to do.
    fn unjoined(&mut self, asked: &[(Arc<str>, Wanted)], seen: &Seen) -> bool {
        let (dialect, main) = (Dialect::AuditRules, Dialect::AuditRules.file());
        let alone = asked.iter().any(|(key, _)| {
            let resource = Resource::Key { dialect, key: Arc::clone(key) };
            let mut places = seen.of(&resource, Aspect::Value).filter_map(|one| one.place.as_ref());
            places.any(|place| *place.path == *main)
        });
        if alone {
            self.manual.push(format!(
                "move what {main} says into a file of /etc/audit/rules.d first: as soon as one is \
                 there, {main} is written anew from that folder"
            ));
        }
        alone && !self.whole
    }

    /// A state that is no setting of a family.
    fn one(&mut self, desired: &Desired, all: &[&Desired], seen: &Seen) {
        match desired {
            Desired::KeyAbsent { dialect, key } => self.unset(*dialect, key, seen),
            Desired::LinePresent { path, line } => self.line(true, path, line, seen),
            Desired::LineAbsent { path, line } => self.line(false, path, line, seen),
            Desired::Text { path, text } => self.text(path, text, seen),
            Desired::Sysctl { .. }
            | Desired::Key { .. }
            | Desired::Entry { .. }
            | Desired::Cron { .. }
            | Desired::Sshd { .. }
            | Desired::Ssh { .. }
            | Desired::Mounted { .. }
            | Desired::ModuleDisabled { .. }
            | Desired::User { .. }
            | Desired::Users { .. }
            | Desired::Group { .. }
            | Desired::Groups { .. }
            | Desired::Files { .. }
            | Desired::Process { .. }
            | Desired::Port { .. }
            | Desired::Keys { .. }
            | Desired::Pam { .. }
            | Desired::Firewall { .. }
            | Desired::Restart { .. }
            | Desired::AnyOf { .. } => {}
            Desired::File { .. } => presence::plan(self, desired, seen),
            Desired::FileAbsent { path } => {
                let store = format!("/var/lib/holdfast/taken/{}/{}", self.id, flat_path(path));
                self.steps.push(Step::TakeAway { path: path.to_string(), store });
            }
            Desired::PackagePresent { name } => {
                self.steps.push(Step::Install { name: name.to_string() });
            }
            Desired::PackageAbsent { name } => {
                let goes = |one: &&Desired| match one {
                    Desired::PackageAbsent { name } => Some(name.to_string()),
                    _ => None,
                };
                let with = all.iter().filter_map(goes).collect();
                self.steps.push(Step::Uninstall { name: name.to_string(), with });
            }
            Desired::PackageAtLeast { name, version } => {
                self.lift(name, version, all, seen);
            }
            Desired::ServiceOn { unit } => self.service(unit, Some(Boot::On), Some(true), seen),
            Desired::ServiceOff { unit } => self.service(unit, Some(Boot::Off), Some(false), seen),
            Desired::Service { unit, boot, running } => {
                let boot = boot.map(|boot| match boot {
                    BootWanted::Enabled => Boot::On,
                    BootWanted::Disabled => Boot::Off,
                    BootWanted::Masked => Boot::Masked,
                });
                self.service(unit, boot, *running, seen);
            }
            Desired::SuitePresent { purpose } => self.manual.push(format!(
                "add the {purpose} updates of the distribution to the package sources: only you \
                 know which mirror to name"
            )),
        }
    }

    /// A package that is too old.
    fn lift(&mut self, name: &str, version: &str, all: &[&Desired], seen: &Seen) {
        let with = self.along(all, name);
        let manager = Manager::of(seen);
        let (name, version) = (name.to_owned(), version.to_owned());
        self.steps.push(match with {
            Some(with) => Step::UpgradeTo { manager, name, version, with },
            None => Step::Upgrade { manager, name, version },
        });
    }

    /// What comes along with a package that is brought to just one version; `None` for any other.
    fn along(&self, all: &[&Desired], name: &str) -> Option<Vec<String>> {
        let is_exact = |name: &str| self.exactly.iter().any(|one| one == name);
        let others = all.iter().filter_map(|desired| match desired {
            Desired::PackageAtLeast { name: other, version } if **other != *name => {
                is_exact(other).then(|| format!("{other}={version}"))
            }
            _ => None,
        });
        is_exact(name).then(|| others.collect::<BTreeSet<String>>().into_iter().collect())
    }

    fn service(&mut self, unit: &str, boot: Option<Boot>, on: Option<bool>, seen: &Seen) {
        let of = Resource::Service { unit: unit.into() };
        let own = format!("/etc/systemd/system/{unit}");
        let stands_there = |setting: &Setting| {
            let masked = value(setting).is_some_and(|state| state.starts_with("masked"));
            !masked && setting.place.as_ref().is_some_and(|place| *place.path == *own)
        };
        let behind =
            found(seen, &of, Aspect::Boot).and_then(|state| state.strip_prefix(BEHIND_A_TIMER));
        if let (Some(Boot::On), Some(behind)) = (boot, behind) {
            self.manual.push(format!("unmask what {unit} starts: {behind}"));
        } else if boot == Some(Boot::Masked) && seen.of(&of, Aspect::Boot).any(stands_there) {
            self.manual.push(format!(
                "move {own} away and mask {unit}: systemd masks no unit whose file stands there"
            ));
        } else {
            self.steps.extend(boot.map(|boot| Step::Boot { unit: unit.to_owned(), boot }));
        }
        // Some tools stop no unit that they do not find.
        let gone = self.whole && on == Some(false) && absent(seen, &of, Aspect::Boot);
        let on = on.filter(|_| !seen.is_at_rest() && !gone);
        self.steps.extend(on.map(|on| Step::Run { unit: unit.to_owned(), on }));
    }
}

/// How the state of a timer begins that comes up and whose own unit cannot be started.
pub(super) const BEHIND_A_TIMER: &str = "enabled, but ";

/// The first value found that is wanted already, else the one that a fix sets. Of a list stays what
/// may, in the order of its owner: the installed program knows every name of it, and may refuse
/// names that are newer than itself. Of startups stays each part that is strict enough.
pub(super) fn keep_or_set<'a>(
    of: &Resource,
    wanted: &Wanted,
    found: impl IntoIterator<Item = Option<&'a Arc<str>>>,
) -> String {
    let found: Vec<&Arc<str>> = found.into_iter().flatten().collect();
    if let Some(kept) = found.iter().find(|value| suits(of, wanted, value)) {
        return one_line(kept);
    }
    let rest = match wanted {
        Wanted::SubsetOf(names) => found.iter().find_map(|list| {
            let good: Vec<&str> = list.split(',').filter(|name| is_one_of(name, names)).collect();
            (!good.is_empty()).then(|| good.join(","))
        }),
        Wanted::NoneOf(names) => found.iter().find_map(|value| {
            let parts = value.split(',').filter(|name| !is_one_of(name, names));
            let good: Vec<&str> = parts.collect();
            (!good.is_empty()).then(|| good.join(","))
        }),
        Wanted::StartupsAtMost(most) => found
            .iter()
            .find_map(|value| Startups::parse(value).map(|found| found.within(*most).to_string())),
        _ => None,
    };
    one_line(&rest.map_or_else(|| wanted.to_set(), Arc::from))
}

/// A path as one name: no two paths give the same.
fn flat_path(path: &str) -> String {
    path.trim_start_matches('/').replace('%', "%25").replace('/', "%2F")
}
