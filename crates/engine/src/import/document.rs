//! What an import says: `holdfast/import/1`.

use std::sync::Arc;

use holdfast_model::{Coverage, Key, Problem, Timestamp};
use serde::{Deserialize, Serialize};

use super::read::Read;
use crate::document::{PlaceRow, ProblemRow, written};

/// How many dismissed findings of an asset are shown one by one.
pub(super) const MOST_DISMISSED: usize = 100;

/// `holdfast/import/1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Which document this is.
    pub schema: Arc<str>,
    /// When it was made, RFC 3339 in UTC.
    pub at: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// The format of the reports, `nessus`; several are separated by commas, and one that nobody
    /// knows is `unknown`.
    pub format: String,
    /// How many instances of findings the reports hold, dismissed ones too.
    pub findings: u64,
    /// How many they are when they are grouped as other importers do.
    pub grouped: u64,
    /// How many of the instances the reports themselves call no problem.
    pub dismissed: u64,
    /// One row a file.
    pub reports: Vec<ReportRow>,
    /// One row an asset and scanner.
    pub assets: Vec<SubjectRow>,
    /// What could not be read.
    pub problems: Vec<ProblemRow>,
    /// The same with source lines, for people.
    #[serde(skip)]
    pub details: Vec<Problem>,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRow {
    /// As it was named.
    pub path: Arc<str>,
    /// Its format; `None` where nobody knows it.
    pub format: Option<Arc<str>>,
    /// The digest of its bytes; empty where they could not be read.
    pub digest: String,
    /// Instances of findings.
    pub findings: u64,
    /// Groups of them.
    pub grouped: u64,
}

/// An asset of which a scanner speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectRow {
    /// The file.
    pub report: Arc<str>,
    /// What the report calls it; several names where several of its hosts are one of ours.
    pub called: Vec<Arc<str>>,
    /// Who speaks.
    pub scanner: Arc<str>,
    /// The id of our asset.
    pub asset: String,
    /// Its name for people.
    pub name: String,
    /// `host`, `repository`, `folder`.
    pub kind: Arc<str>,
    /// In which copy.
    pub standing: Arc<str>,
    /// By what it was joined: `machine id`, `origin`, `you`; `None` where only reports know it.
    pub joined_by: Option<Arc<str>>,
    /// Why it was joined so, or was not.
    pub because: String,
    /// Whether something points at an asset of ours and something else away from it.
    pub ambiguous: bool,
    /// How much the scanner saw.
    pub coverage: Coverage,
    /// By the report's own word.
    pub coverage_because: String,
    /// When it looked, RFC 3339 in UTC.
    pub looked: String,
    /// It says what the scanner's last report of the asset said, and nothing new: what it changes
    /// is not counted again.
    pub unchanged: bool,
    /// A newer report of the same scanner was imported before: this one changes nothing.
    pub outdated: bool,
    /// Instances of findings.
    pub findings: u64,
    /// Findings of ours that the scanner is a witness of.
    pub joined: u64,
    /// Findings that only scanners know.
    pub own: u64,
    /// Seen for the first time.
    pub new: u64,
    /// Closed before and named again.
    pub reopened: u64,
    /// Closed, since nobody names them any more.
    pub closed: u64,
    /// Closed before by a look of our own, and not named any more: their keys.
    pub confirmed: Vec<Key>,
    /// Named by a report that is older than what closed them.
    pub older: u64,
    /// What the report itself calls no problem; at most 100 are shown.
    pub dismissed: Vec<DismissedRow>,
    /// How many more.
    pub dismissed_more: u64,
    /// What its tests came to, where it is a report of tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestsRow>,
}

/// What the tests of a report came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestsRow {
    /// As it should be.
    pub passed: u64,
    /// Not as it should be.
    pub failed: u64,
    /// Nothing there that they speak of.
    pub not_applicable: u64,
    /// Skipped, or not to be made.
    pub not_assessed: u64,
    /// Findings of our own controls that a test with the same reference passes: their keys. They
    /// stay open.
    pub contested: Vec<Key>,
}

/// Something that a report names and calls no problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DismissedRow {
    /// What the scanner calls it.
    pub plugin: Arc<str>,
    /// Its known names.
    pub names: Arc<[Arc<str>]>,
    /// One sentence.
    pub title: Arc<str>,
    /// Why it is none.
    pub because: Arc<str>,
    /// Where in the report.
    pub place: PlaceRow,
}

/// What several reports add up to.
pub(super) struct Tally {
    started: Timestamp,
    dry_run: bool,
    reports: Vec<ReportRow>,
    subjects: Vec<SubjectRow>,
    pub(super) problems: Vec<Problem>,
    dismissed: u64,
}

impl Tally {
    pub(super) fn new(started: Timestamp, dry_run: bool, problems: Vec<Problem>) -> Self {
        let (reports, subjects) = (Vec::new(), Vec::new());
        Self { started, dry_run, reports, subjects, problems, dismissed: 0 }
    }

    pub(super) fn report(&mut self, read: &Read) {
        self.reports.push(ReportRow {
            path: Arc::clone(&read.path),
            format: read.format.map(Into::into),
            digest: read.digest.to_string(),
            findings: read.findings,
            grouped: read.grouped,
        });
    }

    /// A file that is not there, or cannot be read at all.
    pub(super) fn unread(&mut self, path: &str) {
        self.reports.push(ReportRow {
            path: path.into(),
            format: None,
            digest: String::new(),
            findings: 0,
            grouped: 0,
        });
    }

    pub(super) fn subject(&mut self, row: SubjectRow) {
        self.dismissed += row.dismissed.len() as u64 + row.dismissed_more;
        self.subjects.push(row);
    }

    /// What another tally of the same import noted.
    pub(super) fn join(&mut self, other: Self) {
        self.reports.extend(other.reports);
        self.subjects.extend(other.subjects);
        self.problems.extend(other.problems);
        self.dismissed += other.dismissed;
    }

    pub(super) fn several_hosts(&mut self, path: &str, hosts: usize) {
        let message = format!("`{path}` speaks of {hosts} hosts, which cannot all be `--asset`");
        let problem = Problem::new("import-several-hosts", message);
        self.problems.push(problem.help("they were joined by what the report says of them"));
    }

    pub(super) fn future(&mut self, path: &str, at: Timestamp) {
        let message = format!("`{path}` says that it was made at {at}, which is yet to come");
        let problem = Problem::new("report-from-future", message);
        self.problems.push(problem.help("it counts as made now; look at the scanner's clock"));
    }

    pub(super) fn finish(self, now: Timestamp) -> Imported {
        let mut formats: Vec<&str> = self
            .reports
            .iter()
            .map(|report| report.format.as_deref().unwrap_or("unknown"))
            .collect();
        formats.sort_unstable();
        formats.dedup();
        let sum = |count: fn(&ReportRow) -> u64| self.reports.iter().map(count).sum();
        Imported {
            schema: "holdfast/import/1".into(),
            at: written(self.started),
            dry_run: self.dry_run,
            format: formats.join(","),
            findings: sum(|report| report.findings),
            grouped: sum(|report| report.grouped),
            dismissed: self.dismissed,
            assets: self.subjects,
            problems: self.problems.iter().map(Into::into).collect(),
            details: self.problems,
            took_ms: now.0.saturating_sub(self.started.0),
            reports: self.reports,
        }
    }
}
