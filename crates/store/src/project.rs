//! Projections in the database: writing changes, clearing, writing all, reading all.

use std::collections::BTreeMap;

use crate::codes;
use crate::error::StoreError;
use crate::fold::{Change, LookChange, Projections};
use crate::holder;
use crate::packages;
use crate::rows::{
    AcceptanceRow, ActRow, ApprovalRow, AssetRow, AssetSetRow, ComponentRow, FindingColumns,
    FindingRow, Hex, NotAssessedRow, ObservationRow, PlanRow, Scope, SetRows, TransitionRow,
};
use crate::sql;
use crate::store::{has_events, has_holders, has_many_steps, has_packages, has_plans};
use crate::tx::{Got, MOST_BESIDE, Tx};

pub(crate) mod event;

/// Writes what one entry does.
pub(crate) async fn write(tx: &mut Tx<'_>, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Look(change) => look(tx, change).await,
        Change::Again { scope, coverage, seq, noted, document } => {
            let (scope, document) = (scope.clone(), document.clone());
            tx.run(&sql::OBSERVATION_AGAIN, |q| {
                bind_scope(q, scope).bind(*coverage).bind(*seq).bind(*noted).bind(document)
            })
            .await?;
            Ok(())
        }
        Change::Transitions(rows) => transitions(tx, rows).await,
        Change::Acceptance(row) => acceptance(tx, row).await,
        Change::Plan(row) => plan(tx, row).await,
        Change::Approval(row) => approval(tx, row).await,
        Change::Act(row) => act(tx, row).await,
        Change::Event(change) => event::write(tx, change).await,
        Change::Redacted(seq) => {
            tx.run(&sql::ACCEPTANCE_DROP, |q| q.bind(*seq)).await?;
            tx.run(&sql::ACT_DROP, |q| q.bind(*seq)).await?;
            event::redacted(tx, *seq).await
        }
        Change::Nothing => Ok(()),
    }
}

fn bind_scope(q: crate::tx::Q<'_>, scope: Scope) -> crate::tx::Q<'_> {
    q.bind(scope.asset).bind(scope.standing).bind(scope.sensor)
}

async fn look(tx: &mut Tx<'_>, look: &LookChange) -> Result<(), StoreError> {
    let scope = &look.asset_set.scope;
    if asset(tx, &look.asset).await? {
        holder::renew(tx, &look.of).await?;
    }
    if let Some(components) = &look.components {
        set(tx, &look.asset_set.digest, look.asset_set.seq, components).await?;
    }
    let before = tx.rows(&sql::ASSET_SET_OF, |q| bind_scope(q, scope.clone())).await?;
    asset_set(tx, &look.asset_set).await?;
    if look.asset_set.coverage == codes::coverage(holdfast_model::Coverage::Full) {
        tx.run(&sql::ASSET_SET_DROP_PARTIAL, |q| bind_scope(q, scope.clone())).await?;
    }
    for row in before {
        let digest = row.bytes("digest")?;
        if digest != look.asset_set.digest.0 {
            tx.run(&sql::COMPONENT_SET_DROP, |q| q.bind(digest)).await?;
        }
    }
    observation(tx, &look.observation).await?;
    tx.run(&sql::NOT_ASSESSED_DROP, |q| bind_scope(q, scope.clone())).await?;
    let rows: Vec<&NotAssessedRow> = look.not_assessed.values().collect();
    tx.bulk(&sql::NOT_ASSESSED_PUT, &rows, |q| q).await?;
    findings_put(tx, look.findings.iter()).await
}

/// Writes what findings look like now. Their documents travel as they are, one behind the other,
/// beside the rows that say where each stands: as text within JSON every quote of theirs would be
/// masked and unmasked.
async fn findings_put<'r>(
    tx: &mut Tx<'_>,
    rows: impl Iterator<Item = &'r FindingRow>,
) -> Result<(), StoreError> {
    let (mut listed, mut documents) = (Vec::new(), Vec::new());
    for row in rows {
        listed.push(FindingColumns { row, from: documents.len() });
        documents.extend_from_slice(row.document.as_bytes());
        if documents.len() >= MOST_BESIDE {
            let beside = std::mem::take(&mut documents);
            tx.bulk_beside(&sql::FINDING_PUT, &listed, beside).await?;
            listed.clear();
        }
    }
    if listed.is_empty() {
        Ok(())
    } else {
        tx.bulk_beside(&sql::FINDING_PUT, &listed, documents).await
    }
}

/// Whether it is new or changed.
async fn asset(tx: &mut Tx<'_>, row: &AssetRow) -> Result<bool, StoreError> {
    let row = row.clone();
    let put = tx.run(&sql::ASSET_PUT, |q| q.bind(row.id).bind(row.seq).bind(row.document)).await?;
    Ok(put > 0)
}

async fn observation(tx: &mut Tx<'_>, row: &ObservationRow) -> Result<(), StoreError> {
    let row = row.clone();
    tx.run(&sql::OBSERVATION_PUT, |q| {
        bind_scope(q, row.scope)
            .bind(row.coverage)
            .bind(row.seq)
            .bind(row.at)
            .bind(row.noted)
            .bind(row.look.0)
            .bind(row.document)
    })
    .await?;
    Ok(())
}

async fn asset_set(tx: &mut Tx<'_>, row: &AssetSetRow) -> Result<(), StoreError> {
    let row = row.clone();
    tx.run(&sql::ASSET_SET_PUT, |q| {
        bind_scope(q, row.scope)
            .bind(row.coverage)
            .bind(row.seq)
            .bind(row.digest.0)
            .bind(row.holder)
    })
    .await?;
    Ok(())
}

/// Writes a set unless it is there.
async fn set(
    tx: &mut Tx<'_>,
    digest: &Hex,
    seq: i64,
    components: &[ComponentRow],
) -> Result<(), StoreError> {
    if has_set(tx, digest).await? {
        return Ok(());
    }
    let digest = digest.0.clone();
    let row = tx.row(&sql::COMPONENT_SET_PUT, |q| q.bind(digest).bind(seq)).await?;
    let Some(row) = row else { return Err(tx.corrupt("a package set was not numbered")) };
    let number = row.int("number")?;
    tx.bulk(&sql::COMPONENT_PUT, components, |q| q.bind(number)).await
}

/// Whether a set of components is there.
pub(crate) async fn has_set(tx: &mut Tx<'_>, digest: &Hex) -> Result<bool, StoreError> {
    let digest = digest.0.clone();
    Ok(tx.row(&sql::COMPONENT_SET_FIND, |q| q.bind(digest)).await?.is_some())
}

/// Writes steps of findings.
pub(crate) async fn transitions(tx: &mut Tx<'_>, rows: &[TransitionRow]) -> Result<(), StoreError> {
    let listed: Vec<_> = rows.iter().map(TransitionRow::columns).collect();
    tx.bulk(&sql::TRANSITION_PUT, &listed, |q| q).await
}

async fn acceptance(tx: &mut Tx<'_>, row: &AcceptanceRow) -> Result<(), StoreError> {
    let row = row.clone();
    tx.run(&sql::ACCEPTANCE_PUT, |q| {
        q.bind(row.seq).bind(row.covers).bind(row.subject).bind(row.until).bind(row.document)
    })
    .await?;
    Ok(())
}

async fn plan(tx: &mut Tx<'_>, row: &PlanRow) -> Result<(), StoreError> {
    let row = row.clone();
    tx.run(&sql::PLAN_PUT, |q| {
        q.bind(row.digest.0)
            .bind(row.seq)
            .bind(row.asset)
            .bind(row.author)
            .bind(row.proposed)
            .bind(row.expires)
            .bind(row.document)
    })
    .await?;
    Ok(())
}

async fn approval(tx: &mut Tx<'_>, row: &ApprovalRow) -> Result<(), StoreError> {
    let row = row.clone();
    tx.run(&sql::APPROVAL_PUT, |q| {
        q.bind(row.seq).bind(row.plan.0).bind(row.who).bind(row.yes).bind(row.at).bind(row.document)
    })
    .await?;
    Ok(())
}

async fn act(tx: &mut Tx<'_>, row: &ActRow) -> Result<(), StoreError> {
    let row = row.clone();
    tx.run(&sql::ACT_PUT, |q| q.bind(row.seq).bind(row.plan.0).bind(row.state).bind(row.at))
        .await?;
    Ok(())
}

/// Replaces all projections.
pub(crate) async fn replace(tx: &mut Tx<'_>, all: &Projections) -> Result<(), StoreError> {
    for statement in [
        &sql::CLEAR_ASSET,
        &sql::CLEAR_OBSERVATION,
        &sql::CLEAR_ASSET_SET,
        &sql::CLEAR_COMPONENT,
        &sql::CLEAR_COMPONENT_SET,
        &sql::CLEAR_NOT_ASSESSED,
        &sql::CLEAR_FINDING,
        &sql::CLEAR_TRANSITION,
        &sql::CLEAR_ACCEPTANCE,
        &sql::CLEAR_PLAN,
        &sql::CLEAR_APPROVAL,
        &sql::CLEAR_ACT,
    ] {
        tx.run(statement, |q| q).await?;
    }
    for row in all.assets.values() {
        asset(tx, row).await?;
    }
    for row in all.observations.values() {
        observation(tx, row).await?;
    }
    for row in all.sets.values() {
        set(tx, &row.digest, row.seq, &row.components).await?;
    }
    for row in all.asset_sets.values() {
        asset_set(tx, row).await?;
    }
    let rows: Vec<&NotAssessedRow> =
        all.not_assessed.values().flat_map(std::collections::BTreeMap::values).collect();
    tx.bulk(&sql::NOT_ASSESSED_PUT, &rows, |q| q).await?;
    findings_put(tx, all.findings.values()).await?;
    let rows: Vec<_> = all.transitions.values().map(TransitionRow::columns).collect();
    tx.bulk(&sql::TRANSITION_PUT, &rows, |q| q).await?;
    for row in all.acceptances.values() {
        acceptance(tx, row).await?;
    }
    for row in all.plans.values() {
        plan(tx, row).await?;
    }
    for row in all.approvals.values() {
        approval(tx, row).await?;
    }
    for row in all.acts.values() {
        act(tx, row).await?;
    }
    event::replace(tx, &all.events).await
}

/// Reads all projections as they stand in the tables.
pub(crate) async fn load(tx: &mut Tx<'_>) -> Result<Projections, StoreError> {
    let mut all = Projections::default();
    for row in tx.rows(&sql::ASSET_LIST, |q| q).await? {
        let (id, seq, document) = (row.text("id")?, row.int("seq")?, row.text("document")?);
        all.assets.insert(id.clone(), AssetRow { id, seq, document });
    }
    for row in tx.rows(&sql::OBSERVATION_LIST, |q| q).await? {
        let row = read_observation(&row)?;
        all.observations.insert((row.scope.clone(), row.coverage), row);
    }
    let has_packages = has_packages(tx).await?;
    for row in tx.rows(&sql::COMPONENT_SET_LIST, |q| q).await? {
        let (number, digest) = (row.int("number")?, Hex(row.bytes("digest")?));
        let components = if has_packages {
            let rows = tx.rows(&sql::COMPONENT_LIST, |q| q.bind(number)).await?;
            rows.iter().map(read_component).collect::<Result<_, _>>()?
        } else {
            packages::brought_forward(tx, number, row.digest("digest")?).await?
        };
        let seq = row.int("seq")?;
        all.sets.insert(digest.clone(), SetRows { digest, seq, components });
    }
    for row in tx.rows(&sql::ASSET_SET_LIST, |q| q).await? {
        let (scope, coverage) = (scope(&row)?, row.int("coverage")?);
        let (seq, digest) = (row.int("seq")?, Hex(row.bytes("digest")?));
        let row =
            AssetSetRow { scope: scope.clone(), coverage, seq, digest, holder: String::new() };
        all.asset_sets.insert((scope, coverage), row);
    }
    load_holders(tx, &mut all).await?;
    // A look without such rows leaves an empty map in the fold.
    for (scope, _) in all.observations.keys() {
        all.not_assessed.entry(scope.clone()).or_default();
    }
    for row in tx.rows(&sql::NOT_ASSESSED_LIST, |q| q).await? {
        let (scope, key) = (scope(&row)?, Hex(row.bytes("key")?));
        let read = NotAssessedRow {
            asset: scope.asset.clone(),
            standing: scope.standing,
            sensor: scope.sensor.clone(),
            key: key.clone(),
            seq: row.int("seq")?,
            document: row.text("document")?,
        };
        all.not_assessed.entry(scope).or_default().insert(key, read);
    }
    all.findings = findings(tx).await?;
    let many = has_many_steps(tx).await?;
    let list = if many { &sql::TRANSITION_LIST } else { &sql::TRANSITION_LIST_ALONE };
    for row in tx.rows(list, |q| q).await? {
        let row = read_transition(&row)?;
        all.transitions.insert((row.seq, row.position), row);
    }
    for row in tx.rows(&sql::ACCEPTANCE_LIST, |q| q).await? {
        let row = read_acceptance(&row)?;
        all.acceptances.insert(row.seq, row);
    }
    if has_plans(tx).await? {
        load_plans(tx, &mut all).await?;
    }
    if has_events(tx).await? {
        all.events = event::load(tx).await?;
    }
    Ok(all)
}

/// Reads the findings as they stand in their table.
pub(crate) async fn findings(
    tx: &mut Tx<'_>,
) -> Result<BTreeMap<(Hex, i64), FindingRow>, StoreError> {
    let mut all = BTreeMap::new();
    for row in tx.rows(&sql::FINDING_LIST, |q| q).await? {
        let row = read_finding(&row)?;
        all.insert((row.key.clone(), row.standing), row);
    }
    Ok(all)
}

/// In a store of an older form holders are not written yet: they are as they will be.
async fn load_holders(tx: &mut Tx<'_>, all: &mut Projections) -> Result<(), StoreError> {
    if !has_holders(tx).await? {
        for row in all.assets.values() {
            let asset = holder::asset_of(tx, &row.document)?;
            holder::renew_in(&mut all.asset_sets, &asset);
        }
        return Ok(());
    }
    for row in tx.rows(&sql::HOLDER_LIST, |q| q).await? {
        let of = (scope(&row)?, row.int("coverage")?);
        if let Some(held) = all.asset_sets.get_mut(&of) {
            held.holder = row.text("holder")?;
        }
    }
    Ok(())
}

async fn load_plans(tx: &mut Tx<'_>, all: &mut Projections) -> Result<(), StoreError> {
    for row in tx.rows(&sql::PLAN_LIST, |q| q).await? {
        let row = read_plan(&row)?;
        all.plans.insert(row.digest.clone(), row);
    }
    for row in tx.rows(&sql::APPROVAL_LIST, |q| q).await? {
        let row = read_approval(&row)?;
        all.approvals.insert(row.seq, row);
    }
    for row in tx.rows(&sql::ACT_LIST, |q| q).await? {
        let (seq, plan) = (row.int("seq")?, Hex(row.bytes("plan")?));
        let row = ActRow { seq, plan, state: row.int("state")?, at: row.int("at")? };
        all.acts.insert(row.seq, row);
    }
    Ok(())
}

fn scope(row: &Got) -> Result<Scope, StoreError> {
    Ok(Scope {
        asset: row.text("asset")?,
        standing: row.int("standing")?,
        sensor: row.text("sensor")?,
    })
}

fn read_observation(row: &Got) -> Result<ObservationRow, StoreError> {
    Ok(ObservationRow {
        scope: scope(row)?,
        coverage: row.int("coverage")?,
        seq: row.int("seq")?,
        at: row.int("at")?,
        noted: row.int("noted")?,
        look: Hex(row.bytes("look")?),
        document: row.text("document")?,
    })
}

fn read_component(row: &Got) -> Result<ComponentRow, StoreError> {
    Ok(ComponentRow {
        position: row.int("position")?,
        ecosystem: row.text("ecosystem")?,
        name: row.text("name")?,
        version: row.maybe_text("version")?,
        own_name: row.text("own_name")?,
        package: row.text("package")?,
        path: row.text("path")?,
        line: row.int("line")?,
        col: row.int("col")?,
    })
}

fn read_finding(row: &Got) -> Result<FindingRow, StoreError> {
    Ok(FindingRow {
        key: Hex(row.bytes("key")?),
        standing: row.int("standing")?,
        asset: row.text("asset")?,
        kind: row.int("kind")?,
        state: row.int("state")?,
        severity: row.int("severity")?,
        weakness: row.text("weakness")?,
        aliases: row.text("aliases")?,
        subject: row.text("subject")?,
        first_seen: row.int("first_seen")?,
        last_seen: row.int("last_seen")?,
        since: row.int("since")?,
        decision_line: row.maybe_text("decision_line")?,
        due: row.maybe_int("due")?,
        team: row.maybe_text("team")?,
        seq: row.int("seq")?,
        document: row.text("document")?,
    })
}

pub(crate) fn read_transition(row: &Got) -> Result<TransitionRow, StoreError> {
    Ok(TransitionRow {
        seq: row.int("seq")?,
        position: row.int("position")?,
        key: Hex(row.bytes("key")?),
        standing: row.int("standing")?,
        from_state: row.maybe_int("from_state")?,
        to_state: row.int("to_state")?,
        outcome: row.maybe_int("outcome")?,
        other: row.maybe_bytes("other")?.map(Hex),
        at: row.int("at")?,
    })
}

fn read_acceptance(row: &Got) -> Result<AcceptanceRow, StoreError> {
    Ok(AcceptanceRow {
        seq: row.int("seq")?,
        covers: row.text("covers")?,
        subject: row.text("subject")?,
        until: row.int("until")?,
        document: row.text("document")?,
    })
}

fn read_plan(row: &Got) -> Result<PlanRow, StoreError> {
    Ok(PlanRow {
        digest: Hex(row.bytes("digest")?),
        seq: row.int("seq")?,
        asset: row.text("asset")?,
        author: row.text("author")?,
        proposed: row.int("proposed")?,
        expires: row.int("expires")?,
        document: row.text("document")?,
    })
}

fn read_approval(row: &Got) -> Result<ApprovalRow, StoreError> {
    Ok(ApprovalRow {
        seq: row.int("seq")?,
        plan: Hex(row.bytes("plan")?),
        who: row.text("who")?,
        yes: row.int("yes")?,
        at: row.int("at")?,
        document: row.text("document")?,
    })
}
