//! A control: what is wanted of a host, why, what mending it may break, and the examples that
//! prove that it says what it means.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use holdfast_model::{Desired, Place, Severity};
use holdfast_rulefile::Condition;

use crate::examples::Example;
use crate::judge::wanted;

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
    pub ensure: Ensure,
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

/// The lines of a control: what is wanted. They stay as they are, so that their words are found once
/// and not again for each host.
#[derive(Clone, Default)]
pub struct Ensure(Arc<Lines>);

#[derive(Default)]
struct Lines {
    all: Vec<Desired>,
    words: OnceLock<Vec<Words>>,
}

/// A line in words.
pub(crate) struct Words {
    /// The thing, as findings name it: [`Desired::subject`].
    pub(crate) subject: Arc<str>,
    /// What is wanted of it: [`wanted`].
    pub(crate) wanted: Arc<str>,
}

impl Ensure {
    /// Each line with its words.
    pub(crate) fn worded(&self) -> impl Iterator<Item = (&Desired, &Words)> {
        let words = |desired: &Desired| Words {
            subject: desired.subject().into(),
            wanted: wanted(desired).into(),
        };
        let words = self.0.words.get_or_init(|| self.iter().map(words).collect());
        self.iter().zip(words)
    }
}

impl Deref for Ensure {
    type Target = [Desired];

    fn deref(&self) -> &[Desired] {
        &self.0.all
    }
}

impl From<Vec<Desired>> for Ensure {
    fn from(all: Vec<Desired>) -> Self {
        Self(Arc::new(Lines { all, words: OnceLock::new() }))
    }
}

impl FromIterator<Desired> for Ensure {
    fn from_iter<I: IntoIterator<Item = Desired>>(all: I) -> Self {
        Vec::from_iter(all).into()
    }
}

impl<'e> IntoIterator for &'e Ensure {
    type Item = &'e Desired;
    type IntoIter = std::slice::Iter<'e, Desired>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Ensure {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Ensure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
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
