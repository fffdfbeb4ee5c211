//! The rows of the projections, made from what entries and segments say.
//!
//! One definition serves both ways: a look writes these rows, and a fold of the ledger makes the
//! same ones again.

use holdfast_model::{Component, Digest, Key, Known, NotAssessed, Observation, Transition};
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use crate::{codes, packages};

pub(crate) mod event;

/// Bytes that travel to the database as hexadecimal text inside JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl Hex {
    /// Lower-case digits.
    pub(crate) fn text(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
        let mut text = vec![0; self.0.len() * 2];
        for (pair, byte) in text.chunks_exact_mut(2).zip(&self.0) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        // Digits are ASCII.
        String::from_utf8(text).unwrap_or_default()
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl From<Key> for Hex {
    fn from(key: Key) -> Self {
        Self(key.0.to_vec())
    }
}

impl From<Digest> for Hex {
    fn from(digest: Digest) -> Self {
        Self(digest.0.to_vec())
    }
}

/// A key for people, from a row.
pub(crate) fn key_text(bytes: &Hex) -> String {
    bytes.0.as_slice().try_into().map_or_else(|_| "?".to_owned(), |key| Key(key).to_string())
}

/// The beginning of a digest, for people.
fn start(digest: &Hex) -> String {
    let start = Hex(digest.0.iter().take(4).copied().collect());
    format!("{}…", start.text())
}

fn standing_text(code: i64) -> &'static str {
    codes::standing_of(code).map_or("?", holdfast_model::Standing::word)
}

/// A row that `verify` can speak of.
pub(crate) trait Named {
    /// The entry that wrote it last.
    fn seq(&self) -> i64;
    /// What it is, for people.
    fn name(&self) -> String;
}

/// Which stream of looks: asset, standing, sensor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scope {
    pub(crate) asset: String,
    pub(crate) standing: i64,
    pub(crate) sensor: String,
}

impl Scope {
    pub(crate) fn of(observation: &Observation) -> Self {
        Self {
            asset: observation.asset.0.to_string(),
            standing: codes::standing(observation.standing),
            sensor: observation.sensor.clone(),
        }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` ({}, {})", self.asset, standing_text(self.standing), self.sensor)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AssetRow {
    pub(crate) id: String,
    pub(crate) seq: i64,
    pub(crate) document: String,
}

impl Named for AssetRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("asset `{}`", self.id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ObservationRow {
    #[serde(skip)]
    pub(crate) scope: Scope,
    pub(crate) coverage: i64,
    pub(crate) seq: i64,
    /// When the look was that last wrote anything, in milliseconds.
    pub(crate) at: i64,
    /// When its last entry was written down.
    pub(crate) noted: i64,
    /// The segment of the look that last wrote anything.
    pub(crate) look: Hex,
    pub(crate) document: String,
}

impl Named for ObservationRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("look at {}", self.scope)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ComponentRow {
    pub(crate) position: i64,
    pub(crate) ecosystem: String,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) own_name: String,
    pub(crate) package: String,
    pub(crate) path: String,
    pub(crate) line: i64,
    pub(crate) col: i64,
}

impl ComponentRow {
    /// Under the name and version of the source package, where there is one.
    pub(crate) fn of(position: usize, component: &Component) -> Self {
        let source = component.source.as_ref();
        let version = source.map(|source| &source.version).or(component.version.as_ref());
        let (name, own_name) = packages::names(component);
        Self {
            position: i64::try_from(position).unwrap_or(i64::MAX),
            ecosystem: component.ecosystem.as_str().to_owned(),
            name,
            version: version.map(ToString::to_string),
            own_name,
            package: packages::text(component),
            path: component.place.path.to_string(),
            line: component.place.line.into(),
            col: component.place.column.into(),
        }
    }
}

/// A deduplicated set of components.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SetRows {
    pub(crate) digest: Hex,
    pub(crate) seq: i64,
    pub(crate) components: Vec<ComponentRow>,
}

impl Named for SetRows {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("package set `{}`", start(&self.digest))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AssetSetRow {
    #[serde(skip)]
    pub(crate) scope: Scope,
    pub(crate) coverage: i64,
    pub(crate) seq: i64,
    pub(crate) digest: Hex,
    /// What is shown of the asset and its copy, see `holder`.
    pub(crate) holder: String,
}

impl Named for AssetSetRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("packages of {}", self.scope)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NotAssessedRow {
    pub(crate) asset: String,
    pub(crate) standing: i64,
    pub(crate) sensor: String,
    pub(crate) key: Hex,
    pub(crate) seq: i64,
    pub(crate) document: String,
}

impl NotAssessedRow {
    pub(crate) fn of(scope: &Scope, seq: i64, row: &NotAssessed, document: String) -> Self {
        Self {
            asset: scope.asset.clone(),
            standing: scope.standing,
            sensor: scope.sensor.clone(),
            key: row.key.into(),
            seq,
            document,
        }
    }
}

impl Named for NotAssessedRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("could-not-check row `{}` of `{}`", key_text(&self.key), self.asset)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FindingRow {
    pub(crate) key: Hex,
    pub(crate) standing: i64,
    pub(crate) asset: String,
    pub(crate) kind: i64,
    pub(crate) state: i64,
    pub(crate) severity: i64,
    pub(crate) weakness: String,
    /// A JSON array.
    pub(crate) aliases: String,
    pub(crate) subject: String,
    pub(crate) first_seen: i64,
    pub(crate) last_seen: i64,
    pub(crate) since: i64,
    pub(crate) decision_line: Option<String>,
    pub(crate) due: Option<i64>,
    pub(crate) team: Option<String>,
    pub(crate) seq: i64,
    /// The `Known`, as one line of JSON.
    pub(crate) document: String,
}

impl FindingRow {
    pub(crate) fn of(asset: &str, seq: i64, known: &Known, document: String) -> Self {
        let finding = &known.finding;
        let decision = finding.decision.as_ref();
        Self {
            key: finding.key.into(),
            standing: codes::standing(finding.standing),
            asset: asset.to_owned(),
            kind: codes::kind(finding.kind),
            state: codes::state(finding.state),
            severity: codes::severity(finding.severity),
            weakness: finding.weakness.id.0.to_string(),
            aliases: serde_json::to_string(&finding.weakness.aliases).unwrap_or_default(),
            subject: finding.subject.to_string(),
            first_seen: known.first_seen.0,
            last_seen: known.last_seen.0,
            since: known.since.0,
            decision_line: decision.map(|decision| decision.line.clone()),
            due: decision.and_then(|decision| decision.due).map(|due| due.0),
            team: decision.map(|decision| decision.team.clone()),
            seq,
            document,
        }
    }
}

/// The columns of a finding in the order of its table, as one list. Instead of the document, where
/// it stands among those beside it: its first byte, counted from one, and its length.
pub(crate) struct FindingColumns<'r> {
    pub(crate) row: &'r FindingRow,
    /// The bytes of documents before its own.
    pub(crate) from: usize,
}

impl Serialize for FindingColumns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = self.row;
        let mut list = serializer.serialize_seq(None)?;
        list.serialize_element(&row.key)?;
        list.serialize_element(&row.standing)?;
        list.serialize_element(&row.asset)?;
        list.serialize_element(&row.kind)?;
        list.serialize_element(&row.state)?;
        list.serialize_element(&row.severity)?;
        list.serialize_element(&row.weakness)?;
        list.serialize_element(&row.aliases)?;
        list.serialize_element(&row.subject)?;
        list.serialize_element(&row.first_seen)?;
        list.serialize_element(&row.last_seen)?;
        list.serialize_element(&row.since)?;
        list.serialize_element(&row.decision_line)?;
        list.serialize_element(&row.due)?;
        list.serialize_element(&row.team)?;
        list.serialize_element(&row.seq)?;
        list.serialize_element(&(self.from + 1))?;
        list.serialize_element(&row.document.len())?;
        list.end()
    }
}

impl Named for FindingRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("finding `{}` ({})", key_text(&self.key), standing_text(self.standing))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TransitionRow {
    pub(crate) seq: i64,
    /// Which of the steps of its entry, from 0.
    pub(crate) position: i64,
    pub(crate) key: Hex,
    pub(crate) standing: i64,
    pub(crate) from_state: Option<i64>,
    pub(crate) to_state: i64,
    pub(crate) outcome: Option<i64>,
    pub(crate) other: Option<Hex>,
    pub(crate) at: i64,
}

impl TransitionRow {
    pub(crate) fn of(seq: i64, position: i64, transition: &Transition) -> Self {
        Self {
            seq,
            position,
            key: transition.key.into(),
            standing: codes::standing(transition.standing),
            from_state: transition.from.map(codes::state),
            to_state: codes::state(transition.to),
            outcome: transition.outcome.map(codes::outcome),
            other: transition.other.map(Hex::from),
            at: transition.at.0,
        }
    }

    /// The columns in the order of the table, as one list.
    pub(crate) fn columns(&self) -> impl Serialize + '_ {
        let Self { seq, position, key, standing, from_state, to_state, outcome, other, at } = self;
        (seq, position, key, standing, from_state, to_state, outcome, other, at)
    }
}

impl Named for TransitionRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("step of finding `{}`", key_text(&self.key))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AcceptanceRow {
    pub(crate) seq: i64,
    pub(crate) covers: String,
    pub(crate) subject: String,
    pub(crate) until: i64,
    pub(crate) document: String,
}

impl Named for AcceptanceRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("acceptance of `{}`", self.covers)
    }
}

/// A proposal of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PlanRow {
    pub(crate) digest: Hex,
    pub(crate) seq: i64,
    pub(crate) asset: String,
    pub(crate) author: String,
    pub(crate) proposed: i64,
    pub(crate) expires: i64,
    /// Canonical JSON.
    pub(crate) document: String,
}

impl Named for PlanRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("plan `{}`", start(&self.digest))
    }
}

/// Somebody's word on a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ApprovalRow {
    pub(crate) seq: i64,
    pub(crate) plan: Hex,
    pub(crate) who: String,
    pub(crate) yes: i64,
    pub(crate) at: i64,
    pub(crate) document: String,
}

impl Named for ApprovalRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("the word of `{}` on plan `{}`", self.who, start(&self.plan))
    }
}

/// The beginning or the end of something that is done with a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ActRow {
    pub(crate) seq: i64,
    pub(crate) plan: Hex,
    pub(crate) state: i64,
    pub(crate) at: i64,
}

impl Named for ActRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("act of plan `{}`", start(&self.plan))
    }
}
