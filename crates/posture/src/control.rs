//! A control: what is wanted of a host, why, what mending it may break, and the examples that
//! prove that it says what it means.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Desired, Place, Severity};
use holdfast_rulefile::Condition;

use crate::examples::Example;

/// One rule about how a host should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// In kebab case; the name of its file.
    pub id: Arc<str>,
    /// What is so where it passes: "nobody logs in as root over ssh".
    pub title: String,
    /// What is so where it fails; the headline of its findings: "root may log in over ssh".
    pub wrong: String,
    /// Why it matters, in one or two sentences.
    pub why: String,
    /// How soon it should be mended.
    pub severity: Severity,
    /// Its numbers elsewhere, by the name of the list: `devsec`, `nist-800-53`.
    pub refs: BTreeMap<String, Vec<String>>,
    /// Where it applies; everywhere if `None`.
    pub when: Option<Condition>,
    /// What is wanted; not empty, and no two of the same subject.
    pub ensure: Vec<Desired>,
    /// Why people mend what of it can only be checked, as `fix: {manual: …}` says.
    pub manual: Option<String>,
    /// What mending it may cost.
    pub risk: Risk,
    /// The tests inside the rule.
    pub examples: Vec<Example>,
    /// Where the rule begins.
    pub place: Place,
    /// Where each line of `ensure` stands; empty where it was not read from a file.
    pub lines: Vec<Place>,
}

/// What mending may cost; known before anything is done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Risk {
    /// Who or what may stop working, in words: `docker`, `people who log in with a password`.
    pub breaks: Vec<String>,
    /// Whether people can lock themselves out.
    pub lockout: bool,
    /// Whether it takes effect only after a restart of the host.
    pub reboot: bool,
    /// What is interrupted while it is done, in words; `none` where nothing is.
    pub interruption: String,
    /// What is known to run slower for it afterwards, in words; `none` where nothing is, `unknown` or
    /// empty where nobody measured it.
    pub slowdown: String,
}

impl Control {
    /// The names of traits and declarations that decide whether it applies, as conditions write
    /// them, sorted.
    pub fn asks(&self) -> Vec<&str> {
        self.when.as_ref().map(Condition::fields).unwrap_or_default()
    }

    /// Where a line of `ensure` stands, from 0.
    pub fn place_of(&self, line: usize) -> &Place {
        self.lines.get(line).unwrap_or(&self.place)
    }
}
