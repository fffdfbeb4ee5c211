//! Verdicts on goals in the ledger: one entry whenever one changes.

use holdfast_model::Timestamp;
use serde::Deserialize as _;
use serde_json::Value;

use crate::entry::{Entry, EntryKind};
use crate::error::StoreError;
use crate::fold::event::ObjectiveHead;
use crate::ledger::{Random, append_in};
use crate::project::event::read_objective;
use crate::rows::event::ObjectiveRow;
use crate::store::has_events;
use crate::tx::{Got, Tx};
use crate::{Store, sql};

/// A verdict on a goal, with its entry.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectiveRecord {
    /// The entry.
    pub seq: u64,
    /// The goal.
    pub name: String,
    /// The verdict, as the room that counts calls it.
    pub verdict: String,
    /// Since when.
    pub at: Timestamp,
    /// Everything that was said.
    pub document: Value,
}

impl Store {
    /// Writes a verdict down if it is another one than the last of the same goal: the number of its
    /// entry, `None` where nothing changed. The document has at least `name` and `verdict`.
    pub async fn objective_put(
        &self,
        document: &Value,
        who: &str,
        why: &str,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<Option<u64>, StoreError> {
        let ObjectiveHead { name, verdict } = ObjectiveHead::deserialize(document)
            .map_err(|error| StoreError::refused(format!("it is no verdict: {error}")))?;
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let before = tx.rows(&sql::OBJECTIVE_OF, |q| q.bind(name)).await?;
        if let Some(row) = before.last()
            && row.text("verdict")? == verdict
        {
            return Ok(None);
        }
        let entry = Entry {
            kind: EntryKind::Objective,
            happened: noted,
            who: who.to_owned(),
            why: why.to_owned(),
            payload: document.clone(),
        };
        let committed = append_in(&mut tx, signer, &[entry], noted, random).await?;
        tx.commit().await?;
        Ok(Some(committed.seqs.start))
    }

    /// Every verdict on every goal, oldest first; of each goal the last one counts.
    pub async fn objectives(&self) -> Result<Vec<ObjectiveRecord>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_events(&mut tx).await? {
            return Ok(Vec::new());
        }
        let rows = tx.rows(&sql::OBJECTIVE_ALL, |q| q).await?;
        rows.iter().map(|row| record(&tx, row)).collect()
    }
}

fn record(tx: &Tx<'_>, row: &Got) -> Result<ObjectiveRecord, StoreError> {
    let seq = row.count("seq")?;
    let ObjectiveRow { name, verdict, at, document, .. } = read_objective(row)?;
    let document = serde_json::from_str(&document)
        .map_err(|error| tx.corrupt(format!("a verdict cannot be read: {error}")))?;
    Ok(ObjectiveRecord { seq, name, verdict, at: Timestamp(at), document })
}
