//! What each entry of the ledger means for the projections.
//!
//! `Change` is the one definition of that: a look that is written now and a fold of old entries go
//! through it. Folding never matches again: findings come from the segments that looks left.

use std::collections::BTreeMap;

use holdfast_model::{
    Acceptance, Approval, Asset, Coverage, Digest, Known, NotAssessed, Observation, Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::batch;
use crate::canonical;
use crate::codes;
use crate::entry::EntryKind;
use crate::error::StoreError;
use crate::holder::{self, Holder};
use crate::plans::{Finished, PlanHead, Started};
use crate::rows::{
    AcceptanceRow, ActRow, ApprovalRow, AssetRow, AssetSetRow, ComponentRow, FindingRow, Hex,
    NotAssessedRow, ObservationRow, PlanRow, Scope, SetRows, TransitionRow,
};
use crate::segment::{LookLines, Segment, document};

pub(crate) mod event;

/// The payload of an observation's entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LookPayload {
    pub(crate) asset: Asset,
    pub(crate) observation: Observation,
    /// The segment of its components.
    pub(crate) set: Digest,
    /// The segment of the findings and could-not-check rows that it wrote.
    pub(crate) look: Digest,
    /// It saw the same as the look before: nothing but the time is new.
    pub(crate) unchanged: bool,
}

/// What an entry does to the projections.
#[derive(Debug)]
pub(crate) enum Change {
    Look(Box<LookChange>),
    /// The same was seen again.
    Again {
        scope: Scope,
        coverage: i64,
        seq: i64,
        noted: i64,
        document: String,
    },
    /// The steps that one entry holds.
    Transitions(Vec<TransitionRow>),
    Acceptance(AcceptanceRow),
    Plan(PlanRow),
    Approval(ApprovalRow),
    Act(ActRow),
    Event(event::EventChange),
    /// The entry's payload was taken away, and what was folded from it goes too.
    Redacted(i64),
    Nothing,
}

/// What a look does to the projections.
#[derive(Debug)]
pub(crate) struct LookChange {
    /// What was looked at.
    pub(crate) of: Asset,
    pub(crate) asset: AssetRow,
    pub(crate) observation: ObservationRow,
    pub(crate) asset_set: AssetSetRow,
    /// Its components; `None` where the set is known to be there already.
    pub(crate) components: Option<Vec<ComponentRow>>,
    pub(crate) not_assessed: BTreeMap<Hex, NotAssessedRow>,
    /// Each finding once.
    pub(crate) findings: Vec<FindingRow>,
}

impl LookChange {
    pub(crate) fn new<'a>(
        seq: i64,
        noted: Timestamp,
        payload: &LookPayload,
        known: impl Iterator<Item = (&'a Known, impl Into<String>)>,
        not_assessed: impl Iterator<Item = (&'a NotAssessed, impl Into<String>)>,
        components: Option<Vec<ComponentRow>>,
    ) -> Result<Self, StoreError> {
        let observation = &payload.observation;
        let scope = Scope::of(observation);
        let coverage = codes::coverage(observation.coverage);
        let findings = known
            .map(|(known, line)| FindingRow::of(&scope.asset, seq, known, line.into()))
            .collect();
        let not_assessed = not_assessed
            .map(|(row, line)| NotAssessedRow::of(&scope, seq, row, line.into()))
            .map(|row| (row.key.clone(), row))
            .collect();
        let asset = document(&payload.asset)?;
        Ok(Self {
            of: payload.asset.clone(),
            asset: AssetRow { id: scope.asset.clone(), seq, document: asset },
            observation: ObservationRow {
                scope: scope.clone(),
                coverage,
                seq,
                at: observation.at.0,
                noted: noted.0,
                look: payload.look.into(),
                document: document(observation)?,
            },
            asset_set: AssetSetRow {
                holder: Holder::line(&payload.asset, scope.standing),
                scope,
                coverage,
                seq,
                digest: payload.set.into(),
            },
            components,
            not_assessed,
            findings,
        })
    }
}

/// Rows of components in the order of their segment.
pub(crate) fn component_rows<'a>(
    components: impl Iterator<Item = &'a holdfast_model::Component>,
) -> Vec<ComponentRow> {
    components.enumerate().map(|(at, component)| ComponentRow::of(at, component)).collect()
}

/// What an entry says, as far as projections are concerned: its payload without the reason.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) seq: i64,
    pub(crate) kind: EntryKind,
    pub(crate) happened: Timestamp,
    pub(crate) noted: Timestamp,
    pub(crate) body: Option<Value>,
}

/// The segments that the observation of an entry refers to, unpacked.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    /// Not needed where the set is known already.
    pub(crate) set: Option<Segment>,
    pub(crate) look: Option<Segment>,
    /// What is missing is no longer kept: what can be told without it is folded.
    pub(crate) gone: bool,
}

/// Reads the payload of an observation.
pub(crate) fn look_payload(said: &Said) -> Result<Option<LookPayload>, String> {
    match (&said.body, said.kind) {
        (Some(body), EntryKind::Observation) => LookPayload::deserialize(body)
            .map(Some)
            .map_err(|error| format!("the payload cannot be read: {error}")),
        _ => Ok(None),
    }
}

/// What an entry means. The message says why it cannot be folded.
pub(crate) fn change(said: &Said, segments: &Segments) -> Result<Change, String> {
    let unreadable = |error: serde_json::Error| format!("the payload cannot be read: {error}");
    let Some(body) = &said.body else { return Ok(Change::Nothing) };
    if let Some(change) = event::change(said, body)? {
        return Ok(Change::Event(change));
    }
    match said.kind {
        EntryKind::Observation => {
            let Some(payload) = look_payload(said)? else { return Ok(Change::Nothing) };
            look(said, &payload, segments)
        }
        EntryKind::Transition => {
            let steps = batch::steps(body).map_err(unreadable)?;
            let rows = steps.iter().zip(0..);
            let rows = rows.map(|(step, at)| TransitionRow::of(said.seq, at, step)).collect();
            Ok(Change::Transitions(rows))
        }
        EntryKind::Acceptance => {
            let acceptance = Acceptance::deserialize(body).map_err(unreadable)?;
            acceptance_row(said.seq, &acceptance).map(Change::Acceptance).map_err(|e| e.to_string())
        }
        EntryKind::Redacted => match body.get("seq").and_then(Value::as_i64) {
            Some(seq) => Ok(Change::Redacted(seq)),
            None => Err("it does not say which entry was redacted".to_owned()),
        },
        EntryKind::Plan => plan_row(said.seq, body).map(Change::Plan),
        EntryKind::Approval => {
            let approval = Approval::deserialize(body).map_err(unreadable)?;
            approval_row(said.seq, &approval).map(Change::Approval)
        }
        EntryKind::Started | EntryKind::Finished => act(said, body).map_err(unreadable),
        EntryKind::StoreOpened
        | EntryKind::Decision
        | EntryKind::Feed
        | EntryKind::Access
        | EntryKind::Retention
        // Folded above.
        | EntryKind::Announcement
        | EntryKind::Case
        | EntryKind::Events
        | EntryKind::Tell
        | EntryKind::Told
        | EntryKind::Objective
        | EntryKind::Host => Ok(Change::Nothing),
    }
}

fn plan_row(seq: i64, document: &Value) -> Result<PlanRow, String> {
    let head = PlanHead::deserialize(document)
        .map_err(|error| format!("the payload is no plan: {error}"))?;
    // The ledger sorts keys; what is proposed may have them in another order.
    let text = canonical::bytes(document).and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(PlanRow {
        digest: head.digest.into(),
        seq,
        asset: head.asset.0.to_string(),
        author: head.author,
        proposed: head.proposed.0,
        expires: head.expires.0,
        document: text.ok_or("the plan is nested too deeply")?,
    })
}

fn approval_row(seq: i64, approval: &Approval) -> Result<ApprovalRow, String> {
    Ok(ApprovalRow {
        seq,
        plan: approval.plan.into(),
        who: approval.who.clone(),
        yes: i64::from(approval.yes),
        at: approval.at.0,
        document: document(approval).map_err(|error| error.to_string())?,
    })
}

/// Acts of plans only: what else was started or finished has no projection.
fn act(said: &Said, body: &Value) -> Result<Change, serde_json::Error> {
    if body.get("plan").is_none() {
        return Ok(Change::Nothing);
    }
    let (plan, state) = if said.kind == EntryKind::Started {
        (Started::deserialize(body)?.plan, codes::RUNNING)
    } else {
        let finished = Finished::deserialize(body)?;
        (finished.plan, codes::outcome_of_act(finished.result))
    };
    Ok(Change::Act(ActRow { seq: said.seq, plan: plan.into(), state, at: said.happened.0 }))
}

fn look(said: &Said, payload: &LookPayload, segments: &Segments) -> Result<Change, String> {
    if payload.unchanged {
        return Ok(Change::Again {
            scope: Scope::of(&payload.observation),
            coverage: codes::coverage(payload.observation.coverage),
            seq: said.seq,
            noted: said.noted.0,
            document: document(&payload.observation).map_err(|error| error.to_string())?,
        });
    }
    let lines = match &segments.look {
        Some(segment) => segment.look()?,
        None if segments.gone => LookLines::default(),
        None => return Err("the segment of its findings is missing".to_owned()),
    };
    let components = match &segments.set {
        Some(set) => Some(component_rows(set.components()?.iter())),
        None => None,
    };
    LookChange::new(
        said.seq,
        said.noted,
        payload,
        lines.known.iter().map(|(known, line)| (known, *line)),
        lines.not_assessed.iter().map(|(row, line)| (row, *line)),
        components,
    )
    .map(|change| Change::Look(Box::new(change)))
    .map_err(|error| error.to_string())
}

pub(crate) fn acceptance_row(
    seq: i64,
    acceptance: &Acceptance,
) -> Result<AcceptanceRow, StoreError> {
    Ok(AcceptanceRow {
        seq,
        covers: acceptance.covers.to_string(),
        subject: acceptance.subject.to_string(),
        until: acceptance.until.0,
        document: document(acceptance)?,
    })
}

/// All projections in memory, for rebuilding and comparing.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Projections {
    pub(crate) assets: BTreeMap<String, AssetRow>,
    pub(crate) observations: BTreeMap<(Scope, i64), ObservationRow>,
    pub(crate) sets: BTreeMap<Hex, SetRows>,
    pub(crate) asset_sets: BTreeMap<(Scope, i64), AssetSetRow>,
    pub(crate) not_assessed: BTreeMap<Scope, BTreeMap<Hex, NotAssessedRow>>,
    pub(crate) findings: BTreeMap<(Hex, i64), FindingRow>,
    pub(crate) transitions: BTreeMap<(i64, i64), TransitionRow>,
    pub(crate) acceptances: BTreeMap<i64, AcceptanceRow>,
    pub(crate) plans: BTreeMap<Hex, PlanRow>,
    pub(crate) approvals: BTreeMap<i64, ApprovalRow>,
    pub(crate) acts: BTreeMap<i64, ActRow>,
    pub(crate) events: event::EventProjections,
}

impl Projections {
    /// Folds one entry in. What SQL does to the tables, this does to maps.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Look(look) => self.look(*look),
            Change::Again { scope, coverage, seq, noted, document } => {
                if let Some(row) = self.observations.get_mut(&(scope, coverage)) {
                    row.seq = seq;
                    row.noted = noted;
                    row.document = document;
                }
            }
            Change::Transitions(rows) => {
                self.transitions.extend(rows.into_iter().map(|row| ((row.seq, row.position), row)));
            }
            Change::Acceptance(row) => {
                self.acceptances.insert(row.seq, row);
            }
            Change::Plan(row) => {
                self.plans.entry(row.digest.clone()).or_insert(row);
            }
            Change::Approval(row) => {
                self.approvals.insert(row.seq, row);
            }
            Change::Act(row) => {
                self.acts.insert(row.seq, row);
            }
            Change::Redacted(seq) => {
                self.acceptances.remove(&seq);
                self.acts.remove(&seq);
                self.events.redacted(seq);
            }
            Change::Event(change) => self.events.apply(change),
            Change::Nothing => {}
        }
    }

    fn look(&mut self, look: LookChange) {
        let LookChange { of, asset, observation, asset_set, components, not_assessed, findings } =
            look;
        let scope = asset_set.scope.clone();
        if self.assets.get(&asset.id).is_none_or(|old| old.document != asset.document) {
            self.assets.insert(asset.id.clone(), asset);
            holder::renew_in(&mut self.asset_sets, &of);
        }
        if let Some(components) = components {
            let (digest, seq) = (asset_set.digest.clone(), asset_set.seq);
            self.sets.entry(digest.clone()).or_insert(SetRows { digest, seq, components });
        }
        let coverage = asset_set.coverage;
        let mut gone = Vec::new();
        if coverage == codes::coverage(Coverage::Full) {
            let partial = codes::coverage(Coverage::Partial);
            gone.extend(self.asset_sets.remove(&(scope.clone(), partial)));
        }
        gone.extend(self.asset_sets.insert((scope.clone(), coverage), asset_set));
        for old in gone {
            if !self.asset_sets.values().any(|kept| kept.digest == old.digest) {
                self.sets.remove(&old.digest);
            }
        }
        self.observations.insert((scope.clone(), coverage), observation);
        self.not_assessed.insert(scope, not_assessed);
        let findings = findings.into_iter().map(|row| ((row.key.clone(), row.standing), row));
        self.findings.extend(findings);
    }
}
