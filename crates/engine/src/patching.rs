//! Patching by a practice: what is asked, what is told of it, and what is remembered of each host.
//!
//! Pure. How an update is carried out is the holder's; what a practice says of it, `decide`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_decide::practice::{Failed, Reached, RingState, Rings};
use holdfast_model::{Finding, FindingKind, Locus, Target, Timestamp};
use holdfast_posture::ControlResult;
use serde::{Deserialize, Serialize};

use crate::assess::{OLD_KERNEL, RUNNING_PREFIX};

mod needs;
#[cfg(test)]
mod tests;

pub(crate) use needs::{Held, Need, Stand, needs, note, stand, version};

/// How long it is remembered that an update came to a host, in days: whatever waits for it waits no
/// longer.
const KEPT_DAYS: u32 = 90;

/// What is asked of whoever patches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Outside the windows, too; nothing else changes by it.
    #[serde(default)]
    pub now: bool,
    /// Only hosts of this ring.
    #[serde(default)]
    pub ring: Option<String>,
    /// Only look, and say what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// `holdfast/patch/1`: what came of patching.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patched {
    /// Which document this is.
    pub schema: String,
    /// The practice.
    pub practice: String,
    /// When it began.
    pub at: String,
    /// Whether only was looked what would be done.
    pub dry_run: bool,
    /// Each host, ring after ring.
    pub hosts: Vec<HostRow>,
}

/// What came of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRow {
    /// Where it is: `local`, `root:/path`, `ssh://host`.
    pub target: String,
    /// Its name.
    pub asset: String,
    /// Its ring.
    pub ring: String,
    /// What came of it.
    pub result: Came,
    /// Why, in a sentence; empty where there is nothing to say.
    pub because: String,
    /// Until when its window is open, or when it opens.
    pub until: Option<String>,
    /// Security updates that it lacks.
    pub updates: Vec<UpdateRow>,
    /// The plan that brings them.
    pub plan: Option<String>,
    /// What has to be started anew now, in sentences.
    pub restarts: Vec<String>,
    /// Whether the whole machine has to.
    pub reboot: bool,
    /// What could not be looked at, in sentences.
    pub not_assessed: Vec<String>,
}

/// What came of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// It was patched, and its checks passed.
    Patched,
    /// It would have been.
    WouldPatch,
    /// No security update that it lacks is known.
    NothingToDo,
    /// It is not its turn, or what it lacks has to hold elsewhere first.
    Waits,
    /// Somebody has to say yes to its plan.
    NeedsYes,
    /// It was not patched, or its checks do not pass.
    Failed,
    /// A ring before it failed.
    Stopped,
    /// It is looked at by schedule, and the practice has no ring that it says it is in.
    NoRing,
}

impl Came {
    /// The words for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Patched => "patched",
            Self::WouldPatch => "would be patched",
            Self::NothingToDo => "nothing to do",
            Self::Waits => "waits",
            Self::NeedsYes => "needs a yes",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::NoRing => "in no ring",
        }
    }

    /// Whether nobody has to be told of it hour after hour.
    pub fn is_quiet(self) -> bool {
        matches!(self, Self::NothingToDo | Self::Waits | Self::NoRing)
    }

    /// Whether somebody has to look.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Stopped)
    }
}

/// A security update that a host lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateRow {
    /// The finding.
    pub key: String,
    /// Its headline.
    pub title: String,
    /// Package and version of each package that it lifts.
    pub to: Vec<String>,
    /// Whether it may come now.
    pub ready: bool,
    /// Why not.
    pub because: String,
}

/// A host that a practice is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Where it is.
    pub(crate) target: Target,
    /// Its name for people.
    pub(crate) name: String,
    /// Its ring.
    pub(crate) ring: String,
}

/// What is remembered of one host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    /// When it was looked at last.
    pub(crate) looked: Timestamp,
    /// When it was patched last.
    pub(crate) patched: Option<Timestamp>,
    /// Which controls failed before that.
    pub(crate) before: BTreeSet<Arc<str>>,
    /// When and why its checks failed, while they do.
    pub(crate) failed: Option<(Timestamp, String)>,
    /// Since when and why nobody could look at it, while nobody can.
    pub(crate) silent: Option<(Timestamp, String)>,
    /// Which controls passed before that, and could not be judged behind it.
    #[serde(default)]
    pub(crate) lost: BTreeSet<Arc<str>>,
    /// Updates that it needs (`None`) or has got, and since when its checks pass with them.
    pub(crate) updates: BTreeMap<Arc<str>, Option<Timestamp>>,
    /// Packages that it lacks an update of.
    #[serde(default)]
    pub(crate) wants: BTreeSet<Arc<str>>,
    /// What is installed of packages that some host lacks an update of.
    #[serde(default)]
    pub(crate) held: BTreeMap<Arc<str>, Held>,
}

/// What the controls of a host come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Checks {
    /// Those that fail and that nobody accepted.
    pub(crate) failing: BTreeSet<Arc<str>>,
    /// Those that pass.
    pub(crate) passing: BTreeSet<Arc<str>>,
    /// Those of which something could not be judged.
    pub(crate) unjudged: BTreeSet<Arc<str>>,
}

impl Checks {
    /// By what was found, and what every control came to.
    pub(crate) fn of<'c>(
        findings: &[Finding],
        results: impl Iterator<Item = (&'c Arc<str>, ControlResult)>,
    ) -> Self {
        let mut checks = Self { failing: failing(findings), ..Self::default() };
        for (control, result) in results {
            match result {
                ControlResult::Pass => checks.passing.insert(Arc::clone(control)),
                ControlResult::NotAssessed | ControlResult::Error => {
                    checks.unjudged.insert(Arc::clone(control))
                }
                ControlResult::Fail | ControlResult::NotApplicable | ControlResult::Manual => false,
            };
        }
        checks.passing.retain(|control| !checks.unjudged.contains(control));
        checks
    }
}

/// What a look says of the updates of a host.
pub(crate) struct Lacks<'l> {
    /// Updates that it lacks, by name.
    pub(crate) updates: &'l BTreeSet<Arc<str>>,
    /// Whether nobody can say of some what would bring it.
    pub(crate) unnamed: bool,
    /// How it stands to an update.
    pub(crate) stand: &'l dyn Fn(&str) -> Stand,
}

/// What is remembered of all hosts, by target.
pub(crate) type Hosts = BTreeMap<String, Remembered>;

impl Remembered {
    /// Takes a look in: what it lacks now, and which controls fail. Answers which of them did not
    /// fail before the last patch, or cannot be judged since: its checks do not pass.
    pub(crate) fn looked(
        &mut self,
        now: Timestamp,
        lacks: &Lacks<'_>,
        checks: &Checks,
    ) -> Vec<Arc<str>> {
        self.looked = now;
        self.silent = None;
        let kept = Timestamp(now.0.saturating_sub(i64::from(KEPT_DAYS) * 86_400_000));
        self.updates.retain(|_, since| since.is_none_or(|since| since >= kept));
        self.updates.retain(|update, since| {
            if since.is_some() || lacks.updates.contains(update) {
                return true;
            }
            match (lacks.stand)(update) {
                // Somebody else brought it: it holds from now on.
                Stand::There => *since = Some(now),
                Stand::Gone => return false,
                // Another version mends what this one did; else nobody could look.
                Stand::Open => return !lacks.updates.iter().any(|one| is_same(one, update)),
            }
            true
        });
        for update in lacks.updates {
            self.updates.insert(Arc::clone(update), None);
        }
        self.lost.retain(|control| checks.unjudged.contains(control));
        let new: BTreeSet<Arc<str>> = match self.patched {
            Some(_) => checks.failing.difference(&self.before).cloned().collect(),
            None => BTreeSet::new(),
        };
        let whole = !lacks.unnamed && self.updates.values().all(Option::is_some);
        if !new.is_empty() || !self.lost.is_empty() {
            self.failed = Some((now, since_patched(&new, &self.lost)));
        } else if whole {
            self.failed = None;
        }
        new.union(&self.lost).cloned().collect()
    }

    /// Takes a patch in that was proven, with what the checks came to before it and after it.
    pub(crate) fn patched(
        &mut self,
        now: Timestamp,
        updates: impl Iterator<Item = Arc<str>>,
        (before, after): (&Checks, &Checks),
    ) {
        self.patched = Some(now);
        self.before.clone_from(&before.failing);
        self.updates.extend(updates.map(|update| (update, Some(now))));
        let new: BTreeSet<Arc<str>> = after.failing.difference(&before.failing).cloned().collect();
        self.lost = before.passing.intersection(&after.unjudged).cloned().collect();
        let passes = new.is_empty() && self.lost.is_empty();
        self.failed = (!passes).then(|| (now, since_patched(&new, &self.lost)));
    }
}

/// Whether two updates are of the same package, each in a version of its own.
fn is_same(one: &str, other: &str) -> bool {
    let package = |update: &str| update.rsplit_once(' ').map(|(package, _)| package.to_owned());
    package(one) == package(other)
}

/// What is wrong with a host since it was patched.
fn since_patched(new: &BTreeSet<Arc<str>>, lost: &BTreeSet<Arc<str>>) -> String {
    let named = |controls: &BTreeSet<Arc<str>>| controls.iter().cloned().collect::<Vec<_>>();
    match (named(new).as_slice(), named(lost).as_slice()) {
        (new, []) => format!("{} since it was patched", fail(new)),
        ([], lost) => format!("{} since it was patched", unjudged(lost)),
        (new, lost) => format!("{}, and {} since it was patched", fail(new), unjudged(lost)),
    }
}

/// "`a` and `b` cannot be judged".
fn unjudged(controls: &[Arc<str>]) -> String {
    format!("{} cannot be judged", listed(controls))
}

/// "`a` and `b` fail".
fn fail(controls: &[Arc<str>]) -> String {
    let word = if controls.len() == 1 { "fails" } else { "fail" };
    format!("{} {word}", listed(controls))
}

/// "`a`, `b` and `c`".
fn listed(controls: &[Arc<str>]) -> String {
    let named: Vec<String> = controls.iter().map(|control| format!("`{control}`")).collect();
    match named.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        all => all.concat(),
    }
}

/// What is known of each ring.
pub(crate) fn rings(members: &[Member], hosts: &Hosts) -> Rings {
    let mut rings = Rings::new();
    for member in members {
        let remembered = hosts.get(&member.target.to_string());
        let state = rings.entry(member.ring.clone()).or_default();
        add(state, &member.name, remembered);
    }
    rings
}

fn add(state: &mut RingState, name: &str, remembered: Option<&Remembered>) {
    let looked = remembered.map(|one| one.looked);
    state.looked = if state.hosts == 0 { looked } else { state.looked.min(looked) };
    state.hosts += 1;
    let Some(remembered) = remembered else { return };
    if let Some((at, why)) = &remembered.failed
        && state.failed.as_ref().is_none_or(|known| known.at < *at)
    {
        state.failed = Some(Failed { at: *at, why: format!("{name}: {why}") });
    }
    if let Some((at, why)) = &remembered.silent
        && state.silent.as_ref().is_none_or(|known| known.at < *at)
    {
        state.silent = Some(Failed { at: *at, why: format!("{name}: {why}") });
    }
    for (update, since) in &remembered.updates {
        let reached = since.map_or(Reached::Pending, Reached::Since);
        let known = state.updates.entry(Arc::clone(update)).or_insert(reached);
        *known = match (*known, reached) {
            (Reached::Since(one), Reached::Since(other)) => Reached::Since(one.max(other)),
            _ => Reached::Pending,
        };
    }
}

/// Whether a finding is a security update that a host lacks.
pub(crate) fn is_update(finding: &Finding) -> bool {
    finding.kind == FindingKind::Package
        && finding.state.is_open()
        && matches!(finding.locus, Locus::SystemPackage { .. })
        && finding.instances.iter().any(|instance| instance.fixed_in.is_some())
}

/// The controls that fail and that nobody accepted.
fn failing(findings: &[Finding]) -> BTreeSet<Arc<str>> {
    let controls = findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::Control && finding.state.is_open());
    controls.map(|finding| Arc::clone(&finding.weakness.id.0)).collect()
}

/// What still runs although something newer is installed.
pub(crate) fn restarts(findings: &[Finding]) -> Vec<String> {
    let running = findings.iter().filter(|one| one.weakness.id.0.starts_with(RUNNING_PREFIX));
    running.map(|finding| finding.title.clone()).collect()
}

/// Whether a finding says that the machine has to be started anew.
pub(crate) fn needs_reboot(finding: &Finding) -> bool {
    *finding.weakness.id.0 == *OLD_KERNEL
}
