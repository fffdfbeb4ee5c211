//! What a report of tests says besides what fails: which tests came to a verdict, which did not, and
//! where it sees a setting otherwise than we do.
//!
//! Knows results; what a test means of ours is for `references`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_findings::join::OWN_ENGINE;
use holdfast_findings::locus as loci;
use holdfast_findings::unassessed::Gap;
use holdfast_model::{AssetId, FindingKind, Key, Known, NotAssessed, Place, State, TestResult};

use super::document::TestsRow;
use super::read::{Item, Read};
use super::references::References;

/// What came of a test.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Test {
    pub(super) result: TestResult,
    /// Why, in the tool's words; else empty.
    pub(super) because: Arc<str>,
    /// By which names our controls may know it.
    pub(super) refs: Arc<[Arc<str>]>,
    /// Which of several things it speaks of; else empty.
    pub(super) resource: Arc<str>,
}

/// The tests among the items.
fn all<'i>(items: impl Iterator<Item = &'i Item>) -> impl Iterator<Item = (&'i Item, &'i Test)> {
    items.filter_map(|item| Some((item, item.test.as_ref()?)))
}

/// How many tests came to which result.
pub(super) fn row<'i>(items: impl Iterator<Item = &'i Item>) -> TestsRow {
    let mut row = TestsRow::default();
    for (_, test) in all(items) {
        match test.result {
            TestResult::Passed => row.passed += 1,
            TestResult::Failed => row.failed += 1,
            TestResult::NotApplicable => row.not_applicable += 1,
            TestResult::NotAssessed => row.not_assessed += 1,
        }
    }
    row
}

/// The names of the tests that came to a verdict wherever they were made.
pub(super) fn judged<'i>(items: impl Iterator<Item = &'i Item>) -> BTreeSet<Arc<str>> {
    let (mut told, mut open) = (BTreeSet::new(), BTreeSet::new());
    for (item, test) in all(items) {
        let list = if test.result == TestResult::NotAssessed { &mut open } else { &mut told };
        list.insert(Arc::clone(&item.plugin));
    }
    told.retain(|name| !open.contains(name));
    told
}

/// What could not be told, each test once.
pub(super) fn gaps<'i>(
    items: impl Iterator<Item = &'i Item>,
    read: &Read,
    scanner: &str,
    asset: &AssetId,
) -> Vec<NotAssessed> {
    let mut rows: BTreeMap<Key, NotAssessed> = BTreeMap::new();
    for (item, test) in all(items).filter(|(_, test)| test.result == TestResult::NotAssessed) {
        let reason = match &*test.because {
            "" => "the report does not say why".to_owned(),
            because => because.to_owned(),
        };
        let path = Arc::clone(&read.path);
        let gap = Gap {
            code: "foreign-test",
            kind: FindingKind::Control,
            locus: loci::whole_asset(&format!("test {scanner}:{} {}", item.plugin, test.resource)),
            subject: Arc::clone(&item.title),
            reason,
            closes_with: format!("a report of `{scanner}` in which this test is made"),
            place: Some(Place { path, line: item.line, column: item.column }),
        };
        let row = gap.on(asset);
        rows.entry(row.key).or_insert(row);
    }
    rows.into_values().collect()
}

/// Findings of our own controls that a test with their references passes. They stay as they are:
/// the test may look at less than ours does.
pub(super) fn contested<'i>(
    items: impl Iterator<Item = &'i Item>,
    known: &BTreeMap<Key, Known>,
    references: &References<'_>,
) -> Vec<Key> {
    let (mut passed, mut failed) = (BTreeSet::new(), BTreeSet::new());
    for (_, test) in all(items) {
        let list = match test.result {
            TestResult::Passed => &mut passed,
            TestResult::Failed => &mut failed,
            TestResult::NotApplicable | TestResult::NotAssessed => continue,
        };
        list.extend(references.controls(&test.refs));
    }
    let mut keys: Vec<Key> = known
        .values()
        .map(|known| &known.finding)
        .filter(|one| one.kind == FindingKind::Control)
        .filter(|one| one.state.is_open() || one.state == State::Accepted)
        .filter(|one| one.witnesses.iter().any(|witness| &*witness.engine == OWN_ENGINE))
        .filter(|one| passed.contains(&one.weakness.id.0) && !failed.contains(&one.weakness.id.0))
        .map(|one| one.key)
        .collect();
    keys.sort_unstable();
    keys
}
