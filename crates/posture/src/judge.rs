//! Is this as it should be? One verdict for each thing that a control speaks of.

pub(crate) mod accounts;
mod checked;
mod cron;
mod evidence;
mod files;
mod mounts;
mod restart;
mod services;
mod state;
mod ways;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::sync::Arc;

use holdfast_model::{Desired, Digest, Fields, Place, Reading, Resource};

use crate::fields::{Applies, applies};
use crate::{Control, Seen};

pub use evidence::wanted;
pub(crate) use mounts::lacking;
pub use ways::nearest_way;

/// Compares two versions of a package in the order of the distribution; `None` where it cannot
/// tell.
pub type Order<'o> = &'o dyn Fn(&str, &str) -> Option<Ordering>;

/// What came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ControlResult {
    /// As it should be.
    Pass,
    /// Not as it should be.
    Fail,
    /// There is nothing here that it speaks of.
    NotApplicable,
    /// What was looked at is no valid configuration.
    Error,
    /// It could not be looked at; never the same as passing.
    NotAssessed,
    /// Only a person can tell, and nobody did, or not any more.
    Manual,
}

impl ControlResult {
    /// The word, the same in files and for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "not applicable",
            Self::Error => "error",
            Self::NotAssessed => "not assessed",
            Self::Manual => "manual",
        }
    }
}

/// The verdict on one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Which line of the control's `ensure`, from 0.
    pub line: usize,
    /// The thing, as findings name it: `Desired::subject`.
    pub resource: Arc<str>,
    /// For whom, where not for everybody: the criteria of an sshd `Match` block.
    pub scope: Option<Arc<str>>,
    /// The verdict.
    pub result: ControlResult,
    /// Why, in one sentence without a full stop: the evidence of a pass or a fail; otherwise what
    /// follows "because".
    pub reason: String,
    /// What was found; `None` where nothing could be seen.
    pub found: Option<Arc<str>>,
    /// What is wanted.
    pub wanted: Arc<str>,
    /// Where it is decided: the line to look at first.
    pub place: Option<Place>,
    /// What would close the gap of something not assessed; else empty.
    pub closes_with: String,
}

/// A verdict before it belongs to a line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    result: ControlResult,
    reason: String,
    found: Option<Arc<str>>,
    place: Option<Place>,
    closes_with: String,
}

impl Verdict {
    fn new(result: ControlResult, reason: String) -> Self {
        Self { result, reason, found: None, place: None, closes_with: String::new() }
    }

    fn found(mut self, found: impl Into<Arc<str>>) -> Self {
        self.found = Some(found.into());
        self
    }

    fn at(mut self, place: Option<&Place>) -> Self {
        self.place = place.cloned();
        self
    }

    fn closes_with(mut self, what: impl Into<String>) -> Self {
        self.closes_with = what.into();
        self
    }
}

/// Judges each line of a control against what was seen: one judgement for each, and for an option
/// of the ssh server one more for each `Match` block.
pub fn judge(control: &Control, seen: &Seen, order: Order<'_>) -> Vec<Judgement> {
    let everywhere = |verdict: Verdict| vec![(None, verdict)];
    let applies = applies(control.when.as_ref(), seen);
    let mut out = Vec::new();
    for (line, (desired, words)) in control.ensure.worded().enumerate() {
        let verdicts = match &applies {
            Applies::Yes => state::of(desired, seen, order),
            Applies::No(reason) => {
                everywhere(Verdict::new(ControlResult::NotApplicable, reason.clone()))
            }
            Applies::Unknown { reason, closes_with } => everywhere(
                Verdict::new(ControlResult::NotAssessed, reason.clone()).closes_with(closes_with),
            ),
        };
        out.extend(verdicts.into_iter().map(|(scope, verdict)| Judgement {
            line,
            resource: Arc::clone(&words.subject),
            scope,
            result: verdict.result,
            reason: verdict.reason,
            found: verdict.found,
            wanted: Arc::clone(&words.wanted),
            place: verdict.place,
            closes_with: verdict.closes_with,
        }));
    }
    out
}

/// What has to be looked at for some controls: sorted, each once.
pub fn resources<'a>(controls: impl Iterator<Item = &'a Control>) -> Vec<Resource> {
    let mut all: Vec<Resource> =
        controls.flat_map(|control| &control.ensure).flat_map(needed).collect();
    all.sort();
    all.dedup();
    all
}

/// The resources of a state, and what has to be known to bring it about: an option of the ssh
/// server or client is set in a folder of drop-ins only where the main file includes that.
fn needed(desired: &Desired) -> Vec<Resource> {
    let mut all = desired.resources();
    if all.iter().any(|resource| matches!(resource, Resource::Sshd { .. })) {
        all.push(Resource::Sshd { option: "Include".into() });
    }
    if all.iter().any(|resource| matches!(resource, Resource::Ssh { .. })) {
        all.push(Resource::Ssh { option: "Include".into() });
    }
    all
}

/// The digest of what was seen of some lines of a control: a plan made from it is stale as soon as
/// it is another. Lines and columns do not count, files and values do.
pub fn digest_of(control: &Control, lines: &[usize], seen: &Seen) -> Digest {
    let mut lines = lines.to_vec();
    lines.sort_unstable();
    lines.dedup();
    let mut fields = Fields::new("holdfast/posture/seen/1");
    fields.add(if seen.is_at_rest() { b"at rest" } else { b"running" });
    for desired in lines.iter().filter_map(|line| control.ensure.get(*line)) {
        fields.add(desired.subject().as_bytes());
        for resource in needed(desired) {
            fields.add(resource.to_string().as_bytes());
            let settings = seen.all_of(&resource);
            fields.add(&(settings.len() as u64).to_be_bytes());
            for setting in settings {
                let (kind, value) = match &setting.reading {
                    Reading::Is(value) => ("is", value.as_ref()),
                    Reading::Absent => ("absent", ""),
                    Reading::Unknown { .. } => ("unknown", ""),
                    Reading::Broken { .. } => ("broken", ""),
                };
                let path = setting.place.as_ref().map_or("", |place| place.path.as_ref());
                let scope = setting.scope.as_deref();
                let whose = if scope.is_some() { "scope" } else { "everywhere" };
                let said = if setting.default { "default" } else { "said" };
                let aspect = setting.aspect.word();
                for part in [aspect, whose, scope.unwrap_or_default(), kind, value, path, said] {
                    fields.add(part.as_bytes());
                }
            }
        }
    }
    fields.finish()
}
