//! The documents that others rely on: every surface renders these rows and nothing else.
//!
//! Each document has a `schema` key; documents grow and never rename.

use std::fmt::Write as _;
use std::sync::Arc;

use holdfast_act::finding_by_hand;
use holdfast_model::{
    AssetId, Coverage, Do, Finding, FindingKind, ImageLayer, Instance, NotAssessed, Place, Problem,
    Severity, SeverityStep, Standing, State, Timestamp, TraitValue, Verdict, Witness,
};
use holdfast_posture::Seen;
use serde::{Deserialize, Serialize};

use crate::lineage;

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceRow {
    /// Relative to the root, or absolute for files of a host.
    pub path: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl From<&Place> for PlaceRow {
    fn from(place: &Place) -> Self {
        Self { path: Arc::clone(&place.path), line: place.line, column: place.column }
    }
}

/// One copy at a finding's locus.
#[derive(Debug, Clone, Serialize)]
pub struct InstanceRow {
    /// The version, where one is known.
    pub version: Option<Arc<str>>,
    /// Where; `None` where no file says it, such as a default.
    pub place: Option<PlaceRow>,
    /// The smallest version that mends it and leaves the fewest other known problems.
    pub fixed_in: Option<Arc<str>>,
}

impl InstanceRow {
    fn new(finding: &Finding, instance: &Instance) -> Self {
        Self {
            version: instance.version.clone(),
            place: finding.place_of(instance).map(Into::into),
            fixed_in: instance.fixed_in.clone(),
        }
    }
}

/// What is done, by when, by whom, and which line of the appetite says so.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionRow {
    /// What is done.
    #[serde(rename = "do")]
    pub deeds: Vec<Do>,
    /// RFC 3339 in UTC.
    pub due: Option<String>,
    /// Who.
    pub team: String,
    /// The line's name.
    pub line: String,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// One finding.
#[derive(Debug, Clone, Serialize)]
pub struct FindingRow {
    /// Identity on this asset; unique prefixes are accepted everywhere.
    pub key: String,
    /// Identity without the asset.
    pub local_key: String,
    /// What sort of check found it.
    pub kind: FindingKind,
    /// The one name of what is wrong.
    pub weakness: Arc<str>,
    /// Its other names.
    pub aliases: Vec<Arc<str>>,
    /// One sentence.
    pub title: String,
    /// `now`, `soon`, `when you can`.
    pub severity: Severity,
    /// How it came to that.
    pub severity_steps: Vec<SeverityStep>,
    /// Its state.
    pub state: State,
    /// In which copy.
    pub standing: Standing,
    /// The asset's name for people.
    pub asset: String,
    /// The asset's identity: two may have one name.
    pub asset_id: AssetId,
    /// A purl for packages.
    pub subject: Arc<str>,
    /// Of the first instance.
    pub version: Option<Arc<str>>,
    /// Of the first instance.
    pub fixed_in: Option<Arc<str>>,
    /// Of the first instance.
    pub place: Option<PlaceRow>,
    /// Every copy.
    pub instances: Vec<InstanceRow>,
    /// Who reported it.
    pub witnesses: Vec<Witness>,
    /// Declared by the project itself.
    pub direct: Option<bool>,
    /// Only used while developing.
    pub dev: bool,
    /// `safe`, `risky`, `none`.
    pub fix: &'static str,
    /// What the appetite says.
    pub decision: Option<DecisionRow>,
    /// The layers that brought it, on an image.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<ImageLayer>,
}

impl FindingRow {
    /// The row of a finding of an asset, which people call by this name.
    pub fn new(finding: &Finding, asset: &AssetId, name: &str) -> Self {
        let first = finding.instances.first();
        Self {
            key: finding.key.to_string(),
            local_key: finding.local.to_string(),
            kind: finding.kind,
            weakness: Arc::clone(&finding.weakness.id.0),
            aliases: finding.weakness.aliases.clone(),
            title: finding.title.clone(),
            severity: finding.severity,
            severity_steps: finding.severity_steps.clone(),
            state: finding.state,
            standing: finding.standing,
            asset: name.to_owned(),
            asset_id: asset.clone(),
            subject: Arc::clone(&finding.subject),
            version: first.and_then(|instance| instance.version.clone()),
            fixed_in: first.and_then(|instance| instance.fixed_in.clone()),
            place: finding.place().map(Into::into),
            instances: finding.instances.iter().map(|one| InstanceRow::new(finding, one)).collect(),
            witnesses: finding.witnesses.clone(),
            direct: finding.direct,
            dev: finding.dev,
            fix: finding.fix.word(),
            decision: finding.decision.as_ref().map(|decision| DecisionRow {
                deeds: decision.deeds.clone(),
                due: decision.due.map(|due| due.to_string()),
                team: decision.team.clone(),
                line: decision.line.clone(),
                reasons: decision.reasons.clone(),
            }),
            layers: finding.layers.clone(),
        }
    }

    /// Which layers of an image brought it, in words: "layer 3 of 4 (sha256:0123456789ab): RUN apk add
    /// curl".
    pub fn layer_words(&self) -> Vec<String> {
        let words = |layer: &ImageLayer| {
            let mut words = format!("layer {} of {}", layer.number, layer.of);
            if !layer.digest.is_empty() {
                let _ = write!(words, " ({})", lineage::short(&layer.digest));
            }
            if !layer.base.is_empty() {
                let _ = write!(words, ", which is its base image {}", layer.base);
            }
            if !layer.command.is_empty() {
                let _ = write!(words, ": {}", layer.command);
            }
            words
        };
        self.layers.iter().map(words).collect()
    }

    /// What would mend it, in a phrase: "0.2.23 mends it", "found `yes`, wanted `no`"; `None` where
    /// nothing is known.
    pub fn mends(&self) -> Option<String> {
        let wanted = self.fixed_in.as_deref()?;
        if self.kind != FindingKind::Control {
            return Some(format!("{wanted} mends it"));
        }
        let quoted = |value: &str| {
            if value.contains(' ') { value.to_owned() } else { format!("`{value}`") }
        };
        Some(match self.version.as_deref() {
            Some(found) if let Some(bad) = not_wanted(found, wanted) => format!("found {bad}"),
            Some(found) => format!("found {}, wanted {}", quoted(found), quoted(wanted)),
            None => format!("wanted {}", quoted(wanted)),
        })
    }

    /// What people do themselves for it to be mended, where `fix` can make no step: the line that they
    /// edit, or the command of the tool that keeps the file.
    pub fn by_hand(&self) -> Option<String> {
        let wanted = self.fixed_in.as_deref().filter(|_| self.kind == FindingKind::Package)?;
        let place = self.place.as_ref()?;
        let files = self.instances.iter().filter_map(|one| Some(&*one.place.as_ref()?.path));
        finding_by_hand(&self.subject, wanted, (&place.path, place.line), files)
    }

    /// The name of the package, or the subject where it is no package.
    pub fn name(&self) -> &str {
        match self.kind {
            FindingKind::Package => self.subject.rsplit('/').next().unwrap_or(&self.subject),
            _ => &self.subject,
        }
    }
}

/// Of a list that may hold only some names, those that it should not: two long lists would hide them.
fn not_wanted(found: &str, wanted: &str) -> Option<String> {
    let names: Vec<&str> = wanted.strip_prefix("only ")?.split(", ").collect();
    let mut bad: Vec<String> = found
        .split(',')
        .filter(|name| !names.contains(name))
        .map(|name| format!("`{name}`"))
        .collect();
    let last = bad.pop()?;
    Some(if bad.is_empty() {
        format!("{last}, which is not wanted")
    } else {
        format!("{} and {last}, which are not wanted", bad.join(", "))
    })
}

/// What could not be judged.
#[derive(Debug, Clone, Serialize)]
pub struct NotAssessedRow {
    /// Identity on this asset.
    pub key: String,
    /// What sort of check could not be made.
    pub kind: FindingKind,
    /// What could not be judged.
    pub subject: Arc<str>,
    /// Why.
    pub reason: String,
    /// What would close the gap.
    pub closes_with: String,
    /// Where, if it has a place.
    pub place: Option<PlaceRow>,
    /// The asset's name for people, in a document about several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// The asset's identity, in a document about several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<AssetId>,
}

impl NotAssessedRow {
    /// The row of a gap of an asset, which people call by this name.
    pub fn new(row: &NotAssessed, asset: &AssetId, name: &str) -> Self {
        Self { asset: Some(name.to_owned()), asset_id: Some(asset.clone()), ..row.into() }
    }
}

impl From<&NotAssessed> for NotAssessedRow {
    fn from(row: &NotAssessed) -> Self {
        Self {
            key: row.key.to_string(),
            kind: row.kind,
            subject: Arc::clone(&row.subject),
            reason: row.reason.clone(),
            closes_with: row.closes_with.clone(),
            place: row.place.as_ref().map(Into::into),
            asset: None,
            asset_id: None,
        }
    }
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemRow {
    /// Stable.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Option<PlaceRow>,
    /// What to do.
    pub help: String,
}

impl From<&Problem> for ProblemRow {
    fn from(problem: &Problem) -> Self {
        Self {
            code: problem.code.clone(),
            message: problem.message.clone(),
            place: problem.place.as_ref().map(Into::into),
            help: problem.help.clone(),
        }
    }
}

/// One asset that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct AssetRow {
    /// Its identity.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// `host`, `repository`, `folder`.
    pub kind: &'static str,
    /// In which copy.
    pub standing: Standing,
    /// Whether everything was seen.
    pub coverage: Coverage,
    /// The git revision.
    pub revision: Option<String>,
    /// Packages seen, counted once per ecosystem, name and version.
    pub packages: u64,
    /// Settings seen.
    pub settings: u64,
    /// The operating system of a host, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<OsRow>,
}

/// The operating system of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OsRow {
    /// `debian`.
    pub id: Arc<str>,
    /// `12`.
    pub version: Option<Arc<str>>,
}

impl OsRow {
    /// As far as it was seen.
    pub(crate) fn of(seen: &Seen) -> Option<Self> {
        let text = |name: &str| match seen.host(name)?.value.as_ref()? {
            TraitValue::Text(text) => Some(Arc::clone(text)),
            _ => None,
        };
        Some(Self { id: text("os")?, version: text("version") })
    }
}

/// Against what was judged.
#[derive(Debug, Clone, Serialize)]
pub struct AgainstRow {
    /// Records of real feeds.
    pub advisories: u64,
    /// Records of the built-in starter set, which is never coverage.
    pub starter: u64,
    /// When the index was made, RFC 3339; `None` for the built-in one.
    pub synced: Option<String>,
}

/// `holdfast/check/1` and `holdfast/up/1`.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Which document this is.
    pub schema: &'static str,
    /// When it was made, RFC 3339 in UTC.
    pub at: String,
    /// What was looked at.
    pub assets: Vec<AssetRow>,
    /// Against what.
    pub against: AgainstRow,
    /// The name of the appetite that decided.
    pub appetite: String,
    /// What was found, most urgent first.
    pub findings: Vec<FindingRow>,
    /// What rules say of events that are new since the last look.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<crate::detect::AlertRow>,
    /// What could not be judged.
    pub not_assessed: Vec<NotAssessedRow>,
    /// What could not be read.
    pub problems: Vec<ProblemRow>,
    /// What the gate says.
    pub verdict: Verdict,
    /// The source lines behind problems, for people; not part of the promise.
    #[serde(skip)]
    pub details: Vec<Problem>,
    /// How long it took, in milliseconds of wall-clock time; for people.
    #[serde(skip)]
    pub took_ms: i64,
    /// The path that was named, where it was not the current folder; for commands that are shown.
    #[serde(skip)]
    pub path: Option<String>,
    /// The only kinds that were judged; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<&'static str>,
    /// Findings that this change did not bring in, with `--base`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<u64>,
}

/// RFC 3339 of a time, for documents.
pub fn written(time: Timestamp) -> String {
    time.to_string()
}
