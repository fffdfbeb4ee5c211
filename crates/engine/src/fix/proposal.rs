//! Everything that would be done, before it is: edits, and the commands that follow them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_act::by_file;
use holdfast_act::refresh::shown;
use holdfast_advisories::version::compare;
use holdfast_model::{Ecosystem, Edit, Refresh};

use super::Row;

/// Everything that would be done.
#[derive(Debug, Default)]
pub(crate) struct Proposal {
    /// Changes to manifests.
    pub edits: Vec<Edit>,
    /// Lockfiles to bring in line, in order.
    pub steps: Vec<Step>,
    /// The same, one sentence a finding.
    pub rows: Vec<Row>,
    /// The edits as a unified diff.
    pub diff: String,
    /// What people should know.
    pub notes: Vec<String>,
    /// The version that each edit reaches, by where it begins.
    reached: BTreeMap<(Arc<str>, usize), String>,
}

/// A lockfile to bring in line.
#[derive(Debug)]
pub(crate) struct Step {
    /// How.
    pub refresh: Refresh,
    /// The edited manifests that it follows; empty where only lock entries are lifted.
    pub manifests: BTreeSet<Arc<str>>,
    /// The lock entries that it lifts.
    pub entries: Vec<Entry>,
}

/// A version of a package in a lockfile.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The lockfile.
    pub lockfile: Arc<str>,
    /// The package.
    pub name: Arc<str>,
    /// What is locked now.
    pub version: Arc<str>,
}

impl Proposal {
    /// Whether nothing would be done.
    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.steps.is_empty()
    }

    /// The edits of each file.
    pub(crate) fn edits_by_path(&self) -> BTreeMap<Arc<str>, Vec<Edit>> {
        by_file(self.edits.iter())
    }

    /// Of two findings that lift the same text, the higher version mends both.
    pub(super) fn add_edit(&mut self, edit: Edit, ecosystem: &Ecosystem, to: &str) {
        let at = (Arc::clone(&edit.path), edit.span.start);
        let same = |known: &&mut Edit| known.path == edit.path && known.span == edit.span;
        match self.edits.iter_mut().find(same) {
            Some(known) => {
                let higher = |known: &String| compare(ecosystem, known, to);
                if self.reached.get(&at).and_then(higher).is_some_and(Ordering::is_ge) {
                    return;
                }
                *known = edit;
            }
            None => self.edits.push(edit),
        }
        self.reached.insert(at, to.to_owned());
    }

    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(super) fn add_step(&mut self, step: Step) {
        match self.steps.iter_mut().find(|known| known.refresh == step.refresh) {
            Some(known) => {
                known.manifests.extend(step.manifests);
                known.entries.extend(step.entries);
            }
            None => self.steps.push(step),
        }
    }

    /// The commands, as one would type them.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.steps.iter().map(|step| shown(&step.refresh)).collect()
    }
}
