//! One list of outcomes from the documents of `check`, `up` and `audit`, for the forms that other
//! tools read: what passed, what failed, and what could not be told.
//!
//! Knows documents; must not know any form.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use holdfast_engine::audit::{Audit, AuditedRow, ResultRow};
use holdfast_engine::document::{
    AssetRow, FindingRow, InstanceRow, NotAssessedRow, OsRow, PlaceRow, ProblemRow, Report,
};
use holdfast_model::{Severity, State, Verdict};

/// How the address of a host begins, by which commands take it.
const ADDRESS: &str = "ssh://";

/// What came of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Came {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed,
    /// Not as it should be, and accepted for a time.
    Accepted,
    /// Nothing is there that it speaks of.
    NotApplicable,
    /// It could not be looked at; never the same as passed.
    NotAssessed,
    /// What was looked at is no valid configuration.
    Error,
}

impl Came {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "pass",
            Self::Failed => "fail",
            Self::Accepted => "accepted",
            Self::NotApplicable => "not applicable",
            Self::NotAssessed => "not assessed",
            Self::Error => "error",
        }
    }
}

/// One row.
#[derive(Debug, Clone)]
pub struct Outcome<'d> {
    /// The control, or the weakness.
    pub id: &'d str,
    /// One sentence.
    pub title: &'d str,
    /// What it is about.
    pub subject: &'d str,
    /// On which asset.
    pub target: &'d str,
    /// What came of it.
    pub came: Came,
    /// Why, or what mends it; else empty.
    pub reason: String,
    /// What was found and what is wanted, where one is known.
    pub values: (Option<&'d str>, Option<&'d str>),
    /// Where.
    pub place: Option<&'d PlaceRow>,
    /// How soon; of what could not be told nothing is known.
    pub severity: Option<Severity>,
    /// The numbers of the control elsewhere, by scheme.
    pub refs: Option<&'d BTreeMap<String, Vec<String>>>,
    /// Why it matters; else empty.
    pub why: &'d str,
    /// The key of its finding.
    pub key: Option<&'d str>,
    /// By when it is to be mended.
    pub due: Option<&'d str>,
}

/// Who an asset is, beside what rows call it.
#[derive(Debug, Clone, Copy)]
pub struct Who<'d> {
    /// As rows name it: its identity; for hosts that were audited, the word by which commands take it.
    pub target: &'d str,
    /// Its identity, the same in every report.
    pub id: &'d str,
    /// Its name for people.
    pub name: &'d str,
    /// Whether it is a machine.
    pub host: bool,
    /// Its operating system, where that is known.
    pub os: Option<&'d OsRow>,
}

/// Everything that one document says.
#[derive(Debug, Clone)]
pub struct Sheet<'d> {
    /// `check`, `up`, `audit`.
    pub command: &'static str,
    /// When it was made, RFC 3339 in UTC.
    pub at: &'d str,
    /// The assets, in the order of the document.
    pub targets: Vec<&'d str>,
    /// Who they are.
    pub assets: Vec<Who<'d>>,
    /// What was looked at and against what, in one sentence.
    pub looked: String,
    /// In the order of the document.
    pub outcomes: Vec<Outcome<'d>>,
    /// What could not be read.
    pub problems: &'d [ProblemRow],
    /// What our rules for acting say.
    pub verdict: Verdict,
}

impl<'d> Sheet<'d> {
    /// Of a gate or a look. What rules say of events is left out, as in SARIF: an event that
    /// happened once is no state that could pass the next time.
    pub fn of_report(report: &'d Report) -> Self {
        let command = match report.schema {
            "holdfast/up/1" => "up",
            _ => "check",
        };
        // By identity: two hosts may have one name.
        let targets = different(report.assets.iter().map(|asset| asset.id.as_str()));
        let here = targets.first().copied().unwrap_or_default();
        let findings = report.findings.iter().map(finding);
        let gaps = report.not_assessed.iter().map(|row| gap(row, here));
        let packages: u64 = report.assets.iter().map(|asset| asset.packages).sum();
        let settings: u64 = report.assets.iter().map(|asset| asset.settings).sum();
        let against = match &report.against.synced {
            Some(day) => format!("{} advisories of {day}", report.against.advisories),
            None => "the built-in starter set".to_owned(),
        };
        Self {
            command,
            at: &report.at,
            targets,
            assets: report.assets.iter().map(asset).collect(),
            looked: format!("{packages} packages and {settings} settings, against {against}"),
            outcomes: findings.chain(gaps).collect(),
            problems: &report.problems,
            verdict: report.verdict,
        }
    }

    /// Of hosts and their controls.
    pub fn of_audit(audit: &'d Audit) -> Self {
        let hosts = audit.hosts.iter().map(|host| host.target.as_str());
        let targets = different(hosts.chain(audit.results.iter().map(|row| row.target.as_str())));
        let mut controls: Vec<&str> = audit.results.iter().map(|row| &*row.control).collect();
        controls.sort_unstable();
        controls.dedup();
        Self {
            command: "audit",
            at: &audit.at,
            looked: format!("{} resources by {} controls", audit.results.len(), controls.len()),
            targets,
            assets: audit.hosts.iter().map(audited).collect(),
            outcomes: audit.results.iter().map(result).collect(),
            problems: &audit.problems,
            verdict: audit.verdict,
        }
    }

    /// What is known of the asset that rows name so.
    pub fn who<'s>(&'s self, target: &'s str) -> Who<'s> {
        let known = self.assets.iter().find(|one| one.target == target).copied();
        known.unwrap_or(Who { target, id: target, name: target, host: false, os: None })
    }

    /// What people call it: its name; where another one has the same, its address, or its name with
    /// its identity. One that was asked for in several ways is called by each.
    pub fn called<'s>(&'s self, target: &'s str) -> Cow<'s, str> {
        let who = self.who(target);
        let alike = self.assets.iter().filter(|one| one.name == who.name).count();
        if alike < 2 {
            Cow::Borrowed(who.name)
        } else if target.starts_with(ADDRESS) || self.is_twice(who) {
            Cow::Borrowed(target)
        } else {
            Cow::Owned(format!("{} ({})", who.name, who.id))
        }
    }

    /// What no other asset of the document has: its identity; with the word by which it was asked for,
    /// where it was in several ways.
    pub fn own<'s>(&'s self, target: &'s str) -> Cow<'s, str> {
        let who = self.who(target);
        if self.is_twice(who) {
            Cow::Owned(format!("{} {target}", who.id))
        } else {
            Cow::Borrowed(who.id)
        }
    }

    /// Whether an asset was asked for in several ways, such as by two files of one host.
    fn is_twice(&self, who: Who<'_>) -> bool {
        self.assets.iter().any(|one| one.id == who.id && one.target != who.target)
    }

    /// How many came to this.
    pub fn count(&self, came: Came) -> usize {
        self.outcomes.iter().filter(|one| one.came == came).count()
    }

    /// The outcomes of one asset, by id; within one in the order of the document.
    pub fn by_id(&self, target: &str) -> BTreeMap<&'d str, Vec<&Outcome<'d>>> {
        let mut by_id: BTreeMap<&'d str, Vec<&Outcome<'d>>> = BTreeMap::new();
        for one in self.outcomes.iter().filter(|one| one.target == target) {
            by_id.entry(one.id).or_default().push(one);
        }
        by_id
    }
}

/// Each once, in their order.
fn different<'d>(all: impl Iterator<Item = &'d str>) -> Vec<&'d str> {
    let mut seen = BTreeSet::new();
    all.filter(|one| seen.insert(*one)).collect()
}

fn asset(row: &AssetRow) -> Who<'_> {
    Who {
        target: &row.id,
        id: &row.id,
        name: &row.name,
        host: row.kind == "host",
        os: row.os.as_ref(),
    }
}

fn audited(row: &AuditedRow) -> Who<'_> {
    Who { target: &row.target, id: &row.id, name: &row.name, host: true, os: row.os.as_ref() }
}

fn finding(row: &FindingRow) -> Outcome<'_> {
    let came = if row.state == State::Accepted { Came::Accepted } else { Came::Failed };
    Outcome {
        id: &row.weakness,
        title: &row.title,
        subject: &row.subject,
        target: &row.asset_id.0,
        came,
        reason: row.mends().unwrap_or_default(),
        values: (row.version.as_deref(), row.fixed_in.as_deref()),
        place: row.place.as_ref(),
        severity: Some(row.severity),
        refs: None,
        why: "",
        key: Some(&row.key),
        due: row.decision.as_ref().and_then(|decision| decision.due.as_deref()),
    }
}

fn gap<'d>(row: &'d NotAssessedRow, target: &'d str) -> Outcome<'d> {
    Outcome {
        id: "not-assessed",
        title: &row.subject,
        subject: &row.subject,
        target: row.asset_id.as_ref().map_or(target, |asset| &*asset.0),
        came: Came::NotAssessed,
        reason: format!("{}; {}", row.reason, row.closes_with),
        values: (None, None),
        place: row.place.as_ref(),
        severity: None,
        refs: None,
        why: "",
        key: Some(&row.key),
        due: None,
    }
}

fn result(row: &ResultRow) -> Outcome<'_> {
    let came = match row.result {
        "pass" => Came::Passed,
        "fail" | "acceptance expired" => Came::Failed,
        "accepted" => Came::Accepted,
        "not applicable" => Came::NotApplicable,
        "error" => Came::Error,
        // What nobody here knows is never clean.
        _ => Came::NotAssessed,
    };
    Outcome {
        id: &row.control,
        title: &row.title,
        subject: &row.resource,
        target: &row.target,
        came,
        reason: row.reason.clone(),
        values: (row.found.as_deref(), Some(&row.wanted)),
        place: row.place.as_ref(),
        severity: Some(row.severity),
        refs: Some(&row.refs),
        why: &row.why,
        key: row.key.as_deref(),
        due: None,
    }
}

/// Where a copy stands, to follow its version: ` at path:line:column`, or that no file says it.
pub fn stands(instance: &InstanceRow) -> String {
    match &instance.place {
        Some(at) => format!(" at {}", place(at)),
        None => ", which no file says".to_owned(),
    }
}

/// `path:line:column`.
pub fn place(place: &PlaceRow) -> String {
    format!("{}:{}:{}", place.path, place.line, place.column)
}

/// Text that may stand in XML and HTML: their marks are escaped, and what XML 1.0 does not allow
/// at all (section 2.2) is shown as `?`.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\r' | '\t' => out.push(' '),
            '\u{FFFE}' | '\u{FFFF}' => out.push('?'),
            control if control.is_control() => out.push('?'),
            other => out.push(other),
        }
    }
    out
}

/// Each asset as rows name it, and none twice; the command where nothing was looked at.
pub fn targets<'d>(sheet: &Sheet<'d>) -> Vec<&'d str> {
    let of_rows = sheet.outcomes.iter().map(|one| one.target);
    let mut targets = different(sheet.targets.iter().copied().chain(of_rows));
    if targets.is_empty() {
        targets.push(sheet.command);
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_file_says_has_no_line() {
        let line = PlaceRow { path: "/etc/ssh/sshd_config".into(), line: 3, column: 1 };
        let copy = |place| InstanceRow { version: None, place, fixed_in: None };
        assert_eq!(stands(&copy(Some(line))), " at /etc/ssh/sshd_config:3:1");
        assert_eq!(stands(&copy(None)), ", which no file says");
    }

    #[test]
    fn nothing_gets_out_of_its_text() {
        assert_eq!(escaped("<b a=\"x\">'&\u{1}\n"), "&lt;b a=&quot;x&quot;&gt;&#39;&amp;? ");
    }
}
