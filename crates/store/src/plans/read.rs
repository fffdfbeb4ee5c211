//! A plan as its entries say. The tables that follow from the entries only say which ones to read:
//! nothing of what they hold themselves is believed.

use std::collections::BTreeMap;

use holdfast_model::{Approval, Digest};
use serde::Deserialize;

use super::rules::unknown;
use super::{ActRecord, ActStep, Finished, PlanHead, PlanRecord, Started};
use crate::entry::EntryKind;
use crate::error::StoreError;
use crate::ledger::{EntryRow, Recorded, proof_in};
use crate::proof::verify_proof;
use crate::sql::Statement;
use crate::store::has_plans;
use crate::tx::{Got, Tx};
use crate::{Store, sql};

impl Store {
    /// Every plan, oldest first.
    pub async fn plans(&self) -> Result<Vec<PlanRecord>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_plans(&mut tx).await? {
            return Ok(Vec::new());
        }
        let plans = tx.rows(&sql::PLAN_ENTRY_LIST, |q| q).await?;
        let approvals = tx.rows(&sql::APPROVAL_ENTRY_LIST, |q| q).await?;
        let acts = tx.rows(&sql::ACT_ENTRY_LIST, |q| q).await?;
        let mut all = assemble(&tx, &plans, &approvals, &acts)?;
        all.sort_by_key(|plan| plan.seq);
        Ok(all)
    }

    /// One plan. Beside what [`Store::plans`] checks, each entry is proven to stand under the last
    /// signed checkpoint: this is what a change is made by.
    pub async fn plan(&self, digest: Digest) -> Result<Option<PlanRecord>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_plans(&mut tx).await? {
            return Ok(None);
        }
        let mut proven = Vec::new();
        for statement in ENTRIES_OF {
            for row in tx.rows(statement, |q| q.bind(digest.0.to_vec())).await? {
                proven.push(sound(&tx, &row)?);
            }
        }
        for recorded in proven {
            let seq = recorded.header.seq;
            let proof = proof_in(&mut tx, seq).await?;
            verify_proof(&proof, &recorded.leaf, &self.verifier)
                .map_err(|error| tx.corrupt(format!("entry {seq}: {error}")))?;
        }
        gather(&mut tx, digest).await
    }
}

/// Plan, approvals and acts of one digest.
const ENTRIES_OF: [&Statement; 3] =
    [&sql::PLAN_ENTRY_OF, &sql::APPROVAL_ENTRY_OF, &sql::ACT_ENTRY_OF];

/// A plan as its entries say.
pub(super) async fn gather(
    tx: &mut Tx<'_>,
    digest: Digest,
) -> Result<Option<PlanRecord>, StoreError> {
    let [plan, approval, act] = ENTRIES_OF;
    let plans = tx.rows(plan, |q| q.bind(digest.0.to_vec())).await?;
    let approvals = tx.rows(approval, |q| q.bind(digest.0.to_vec())).await?;
    let acts = tx.rows(act, |q| q.bind(digest.0.to_vec())).await?;
    Ok(assemble(tx, &plans, &approvals, &acts)?.pop())
}

pub(super) async fn wanted(tx: &mut Tx<'_>, digest: Digest) -> Result<PlanRecord, StoreError> {
    gather(tx, digest).await?.ok_or_else(|| unknown(digest))
}

/// An entry of a row, if its payload is the one that its leaf was made of.
fn sound(tx: &Tx<'_>, row: &Got) -> Result<Recorded, StoreError> {
    let row = EntryRow::read(row)?;
    let (seq, leaf) = (row.seq, row.leaf);
    match row.recorded() {
        Some(recorded) if recorded.header.seq == seq && recorded.leaf.hash() == leaf => {
            Ok(recorded)
        }
        _ => Err(tx.corrupt(format!("entry {seq} is not as it was written"))),
    }
}

/// The payload of an entry, if it is of this kind and belongs to the plan that its row names.
fn payload<T: for<'d> Deserialize<'d>>(
    tx: &Tx<'_>,
    recorded: &Recorded,
    kinds: &[EntryKind],
    of: impl Fn(&T) -> Digest,
    row: &Got,
) -> Result<(Digest, T), StoreError> {
    let digest = row.digest("plan")?;
    let seq = recorded.header.seq;
    let payload = recorded.payload.as_ref().filter(|_| kinds.contains(&recorded.header.kind));
    match payload.map(T::deserialize) {
        Some(Ok(payload)) if of(&payload) == digest => Ok((digest, payload)),
        _ => Err(tx.corrupt(format!("entry {seq} does not say what the table of plans does"))),
    }
}

fn assemble(
    tx: &Tx<'_>,
    plans: &[Got],
    approvals: &[Got],
    acts: &[Got],
) -> Result<Vec<PlanRecord>, StoreError> {
    let mut all = BTreeMap::new();
    for row in plans {
        let entry = sound(tx, row)?;
        let of = |head: &PlanHead| head.digest;
        let (digest, _) = payload(tx, &entry, &[EntryKind::Plan], of, row)?;
        let (seq, document) = (entry.header.seq, entry.payload.unwrap_or_default());
        let (approvals, acts) = (Vec::new(), Vec::new());
        all.insert(digest, PlanRecord { digest, seq, document, approvals, acts });
    }
    for row in approvals {
        let entry = sound(tx, row)?;
        let of = |approval: &Approval| approval.plan;
        let (digest, approval) = payload(tx, &entry, &[EntryKind::Approval], of, row)?;
        if let Some(plan) = all.get_mut(&digest) {
            plan.approvals.push((entry.header.seq, approval));
        }
    }
    for row in acts {
        let entry = sound(tx, row)?;
        let (digest, step) = if entry.header.kind == EntryKind::Started {
            let of = |started: &Started| started.plan;
            let (digest, Started { act, once, .. }) =
                payload(tx, &entry, &[EntryKind::Started], of, row)?;
            (digest, ActStep::Started { act, once })
        } else {
            let of = |finished: &Finished| finished.plan;
            let (digest, Finished { result, log, .. }) =
                payload(tx, &entry, &[EntryKind::Finished], of, row)?;
            (digest, ActStep::Finished { result, log })
        };
        if let Some(plan) = all.get_mut(&digest) {
            let (seq, at, who) = (entry.header.seq, entry.header.happened, entry.header.who);
            plan.acts.push(ActRecord { seq, at, who, why: entry.why.unwrap_or_default(), step });
        }
    }
    Ok(all.into_values().collect())
}
