//! Cases in the ledger: one entry for each thing that is worth remembering of one.
//!
//! The entry holds the case as it stood then; the last one of an id says how it stands now. How
//! alerts become cases is for the room that joins them.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{Case, Digest, Timestamp};
use serde::{Deserialize, Serialize};

use crate::entry::{Entry, EntryKind};
use crate::error::StoreError;
use crate::store::has_events;
use crate::tx::{Got, Tx};
use crate::{Store, sql};

/// Cases asked for at once.
const MOST: u32 = 1_000;

/// Who answered a case, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Who.
    pub who: String,
    /// Why, in words.
    pub why: String,
}

/// The payload of an entry about a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSaid {
    /// The case as it stands.
    #[serde(flatten)]
    pub case: Case,
    /// Cases that are part of this one from now on.
    pub replaces: Vec<Arc<str>>,
    /// Who gave its answer, where it has one.
    pub answered: Option<Answered>,
    /// Segments of raw events that prove it, kept as long as nobody has answered it. Those of its
    /// earlier entries, and of the cases that it replaces, are added when it is written, and those
    /// that are not kept are left out.
    pub evidence: Vec<Digest>,
}

impl CaseSaid {
    /// A case as it stands, nothing else to say.
    pub fn new(case: Case) -> Self {
        Self { case, replaces: Vec::new(), answered: None, evidence: Vec::new() }
    }

    /// The entry that says so.
    pub fn entry(&self, who: &str, why: &str, at: Timestamp) -> Result<Entry, StoreError> {
        if self.replaces.contains(&self.case.id) {
            let id = &self.case.id;
            return Err(StoreError::refused(format!("case `{id}` cannot replace itself")));
        }
        let payload = serde_json::to_value(self)
            .map_err(|error| StoreError::refused(format!("it cannot be written: {error}")))?;
        let (who, why) = (who.to_owned(), why.to_owned());
        Ok(Entry { kind: EntryKind::Case, happened: at, who, why, payload })
    }

    /// What a stored document cites; what cannot be read cites nothing, and `verify` says so.
    pub(crate) fn evidence_of(document: &str) -> Vec<Digest> {
        #[derive(Deserialize)]
        struct Evidence {
            evidence: Vec<Digest>,
        }
        serde_json::from_str::<Evidence>(document).map(|read| read.evidence).unwrap_or_default()
    }
}

/// A case in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRecord {
    /// The entry that says so.
    pub seq: u64,
    /// How it stands by that entry.
    pub said: CaseSaid,
}

/// Which cases are wanted; the default is all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseFilter {
    /// Only those to which nobody has given an answer.
    pub open_only: bool,
    /// Only of this owner.
    pub owner: Option<String>,
    /// Only those whose last event happened then or later.
    pub since: Option<Timestamp>,
    /// At most so many, the newest; 0 for as many as there may be at once, which is 1,000.
    pub most: u32,
}

impl Store {
    /// How cases stand, those with the newest events first. A case that became part of another one
    /// is not there.
    pub async fn cases(&self, filter: &CaseFilter) -> Result<Vec<CaseRecord>, StoreError> {
        let since = filter.since.map_or(i64::MIN, |since| since.0);
        let (open, owner) = (i64::from(filter.open_only), filter.owner.clone());
        let most = if filter.most == 0 { MOST } else { filter.most.min(MOST) };
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_events(&mut tx).await? {
            return Ok(Vec::new());
        }
        let rows = tx
            .rows(&sql::CASE_LIST, |q| q.bind(since).bind(open).bind(owner).bind(i64::from(most)))
            .await?;
        rows.iter().map(|row| record(&tx, row)).collect()
    }

    /// What was ever said of a case, oldest first; one that became part of another one included.
    pub async fn case(&self, id: &str) -> Result<Vec<CaseRecord>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_events(&mut tx).await? {
            return Ok(Vec::new());
        }
        steps(&mut tx, id).await
    }
}

async fn steps(tx: &mut Tx<'_>, id: &str) -> Result<Vec<CaseRecord>, StoreError> {
    let id = id.to_owned();
    let rows = tx.rows(&sql::CASE_OF, |q| q.bind(id)).await?;
    rows.iter().map(|row| record(tx, row)).collect()
}

fn record(tx: &Tx<'_>, row: &Got) -> Result<CaseRecord, StoreError> {
    let said = serde_json::from_str(&row.text("document")?)
        .map_err(|error| tx.corrupt(format!("a case cannot be read: {error}")))?;
    Ok(CaseRecord { seq: row.count("seq")?, said })
}

/// Checks an entry about a case, and adds to its evidence what was cited before.
pub(crate) async fn with_evidence(
    tx: &mut Tx<'_>,
    entry: Entry,
    before: &[CaseSaid],
) -> Result<(Entry, CaseSaid), StoreError> {
    let mut said = CaseSaid::deserialize(&entry.payload)
        .map_err(|error| StoreError::refused(format!("the payload is no case: {error}")))?;
    let mut evidence: BTreeSet<Digest> = said.evidence.iter().copied().collect();
    let others = said.replaces.iter().chain([&said.case.id]);
    for id in others {
        let last = steps(tx, id).await?.pop();
        evidence.extend(last.into_iter().flat_map(|last| last.said.evidence));
        // What the same commit says of it comes after what the record does.
        for earlier in before.iter().filter(|earlier| earlier.case.id == *id) {
            evidence.extend(&earlier.evidence);
        }
    }
    // What is no longer kept proves nothing any more; what is cited from now on stays.
    said.evidence.clear();
    for digest in evidence {
        if tx.row(&sql::SEGMENT_FIND, |q| q.bind(digest.0.to_vec())).await?.is_some() {
            said.evidence.push(digest);
        }
    }
    let entry = said.entry(&entry.who, &entry.why, entry.happened)?;
    Ok((entry, said))
}
