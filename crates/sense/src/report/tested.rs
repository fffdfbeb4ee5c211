//! What all reports of tests share: the report is named, its asset once, and at its end it is said
//! how many tests came to no verdict.
//!
//! Knows results; must not know any format, nor what a reference means to us.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{
    Coverage, Covered, Fact, Named, Place, Report, Severity, TestResult, Tested, Timestamp,
};

use super::say::Say;

/// The tests of one asset, while they are read.
#[derive(Debug, Default)]
pub(super) struct Suite {
    /// What the tests are about, by its name in the report; the report's own path where it says
    /// nothing.
    pub(super) asset: Arc<str>,
    /// When the tests were made, where that is known.
    pub(super) at: Option<Timestamp>,
    /// How many came to which result.
    counts: [usize; 4],
    /// Findings that are no tests, such as holes that patch lists name.
    pub(super) others: usize,
    /// Something that the report itself says of how far its tool came.
    pub(super) unfinished: &'static str,
}

/// A test as its report has it, before it is known what the report is about.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) refs: BTreeSet<String>,
    pub(super) title: String,
    pub(super) severity: Severity,
    pub(super) result: TestResult,
    pub(super) because: String,
    pub(super) resource: String,
    pub(super) dismissed: String,
    pub(super) place: Place,
}

impl Draft {
    /// A test that nothing is known of but its name.
    pub(super) fn new(id: &str, result: TestResult, place: Place) -> Self {
        Self {
            id: id.to_owned(),
            refs: BTreeSet::new(),
            title: String::new(),
            severity: Severity::Soon,
            result,
            because: String::new(),
            resource: String::new(),
            dismissed: String::new(),
            place,
        }
    }

    /// One more name by which it may be known; one that says nothing is passed over.
    pub(super) fn also(&mut self, scheme: &str, id: &str) {
        let (scheme, id) = (scheme.trim(), id.trim());
        let plain = |text: &str| !text.is_empty() && text.len() <= 200;
        if plain(scheme) && plain(id) && !id.contains(char::is_whitespace) && self.refs.len() < 64 {
            self.refs.insert(format!("{scheme}:{id}"));
        }
    }
}

impl Suite {
    /// Tests of what is called so.
    pub(super) fn of(asset: &str) -> Self {
        Self { asset: asset.into(), ..Self::default() }
    }

    /// Who speaks.
    pub(super) fn report(&self, scanner: &str, version: &str, say: &mut Say<'_>) {
        let (scanner, version) = (scanner.into(), version.into());
        say.fact(Fact::Report(Report { scanner, version, at: self.at }));
    }

    /// Of what.
    pub(super) fn named(&self, named: Named, say: &mut Say<'_>) {
        say.fact(Fact::Named(Named { name: Arc::clone(&self.asset), ..named }));
    }

    /// One test.
    pub(super) fn test(&mut self, draft: Draft, say: &mut Say<'_>) {
        if let Some(count) = self.counts.get_mut(draft.result as usize) {
            *count += 1;
        }
        let failed = draft.result == TestResult::Failed;
        say.fact(Fact::Tested(Tested {
            asset: Arc::clone(&self.asset),
            title: if draft.title.is_empty() { draft.id.clone() } else { draft.title },
            id: draft.id.into(),
            refs: draft.refs.into_iter().map(Into::into).collect(),
            severity: draft.severity,
            result: draft.result,
            because: draft.because,
            resource: draft.resource.into(),
            dismissed: if failed { draft.dismissed } else { String::new() },
            place: draft.place,
        }));
    }

    /// How much was seen: a report is full where each of its tests came to a verdict.
    pub(super) fn covered(&self, whole: bool, say: &mut Say<'_>) {
        let total: usize = self.counts.iter().sum();
        let open = self.counts.get(TestResult::NotAssessed as usize).copied().unwrap_or_default();
        let (coverage, because) = match (total + self.others, open) {
            _ if !whole => (Coverage::Partial, "the report could not be read whole".to_owned()),
            _ if !self.unfinished.is_empty() => (Coverage::Partial, self.unfinished.to_owned()),
            (0, _) => (Coverage::Partial, "no test was made".to_owned()),
            _ if total == 0 => (Coverage::Partial, "it lists what fails only".to_owned()),
            (_, 0) if total == 1 => (Coverage::Full, "its one test came to a verdict".to_owned()),
            (_, 0) => (Coverage::Full, format!("each of {total} tests came to a verdict")),
            (_, open) => (Coverage::Partial, format!("{open} of {total} tests came to no verdict")),
        };
        let asset = Arc::clone(&self.asset);
        say.fact(Fact::Covered(Covered { asset, coverage, because, at: self.at }));
    }
}

/// The schemes by which a test may be known elsewhere, as tools write them into what is free for
/// all: tags, labels, descriptions.
const SCHEMES: [&str; 8] = ["holdfast", "devsec", "cis", "stig", "stig_id", "cce", "lynis", "ssg"];

/// A word as the name of a scheme, if it is one.
pub(super) fn scheme(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let known = SCHEMES.iter().find(|known| **known == word)?;
    Some(if *known == "stig_id" { "stig" } else { known })
}

/// The references in a text, written as `devsec:sshd-06` or `[devsec:sshd-06]`, and the text
/// without them.
pub(super) fn referred(text: &str) -> (Vec<(&'static str, &str)>, String) {
    let mut found = Vec::new();
    let mut rest = Vec::new();
    for word in text.split_whitespace() {
        let bare = word.trim_matches(['[', ']', '(', ')', ',', ';']);
        match bare.split_once(':') {
            Some((name, id)) if !id.is_empty() && scheme(name).is_some() => {
                found.extend(scheme(name).map(|name| (name, id)));
            }
            _ => rest.push(word),
        }
    }
    (found, rest.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_out_of_texts() {
        let (found, rest) = referred("[devsec:sshd-06] Root stays out, CIS:5.2.8; see note:this");
        assert_eq!(found, [("devsec", "sshd-06"), ("cis", "5.2.8")]);
        assert_eq!(rest, "Root stays out, see note:this");
        assert!(referred("devsec: x").0.is_empty());
    }
}
