//! Asking for messages and what came of them.

use holdfast_model::Timestamp;
use serde_json::Value;

use crate::error::StoreError;
use crate::project::event::read_tell;
use crate::rows::event::TellRow;
use crate::store::has_events;
use crate::tx::{Tx, position};
use crate::{Store, codes, sql};

/// Messages asked for at once.
const MOST: u32 = 1_000;

/// How far a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TellState {
    /// It waits for its first attempt.
    Waiting,
    /// An attempt began.
    Sending,
    /// The last attempt failed; there will be another.
    Failed,
    /// It was told.
    Sent,
    /// It will not be tried again.
    Dead,
}

impl TellState {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Failed => "failed",
            Self::Sent => "sent",
            Self::Dead => "dead",
        }
    }

    fn of(code: i64) -> Option<Self> {
        Some(match code {
            codes::TELL_WAITING => Self::Waiting,
            codes::TELL_STARTED => Self::Sending,
            codes::TELL_FAILED => Self::Failed,
            codes::TELL_SENT => Self::Sent,
            codes::TELL_DEAD => Self::Dead,
            _ => return None,
        })
    }
}

/// A message in the record.
#[derive(Debug, Clone, PartialEq)]
pub struct TellRecord {
    /// The entry of its request.
    pub seq: u64,
    /// The entry of its last step; that one says why.
    pub last: u64,
    /// See [`Tell`](crate::Tell).
    pub once: String,
    /// See [`Tell`](crate::Tell).
    pub kind: String,
    /// See [`Tell`](crate::Tell).
    pub account: String,
    /// See [`Tell`](crate::Tell).
    pub subject: String,
    /// How far it came.
    pub state: TellState,
    /// How many attempts started.
    pub attempts: u64,
    /// Some attempt may have arrived although nobody said so.
    pub unsure: bool,
    /// When the last step happened.
    pub at: Timestamp,
    /// What the partner calls it, once it was sent.
    pub receipt: Option<Value>,
}

/// Which messages are wanted; the default is the newest 1,000.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TellFilter {
    /// Only about this subject.
    pub subject: Option<String>,
    /// Only those that are still to be told.
    pub open_only: bool,
    /// Only those asked for before this entry, for the next page.
    pub below: Option<u64>,
    /// At most so many; 0 for as many as there may be at once, which is 1,000.
    pub most: u32,
}

impl Store {
    /// Messages, the newest request first.
    pub async fn tells(&self, filter: &TellFilter) -> Result<Vec<TellRecord>, StoreError> {
        let (subject, open) = (filter.subject.clone(), i64::from(filter.open_only));
        let below = filter.below.map_or(i64::MAX, position);
        let most = if filter.most == 0 { MOST } else { filter.most.min(MOST) };
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_events(&mut tx).await? {
            return Ok(Vec::new());
        }
        let rows = tx
            .rows(&sql::TELL_LIST, |q| q.bind(subject).bind(open).bind(below).bind(i64::from(most)))
            .await?;
        rows.iter().map(|row| record(&tx, read_tell(row)?)).collect()
    }

    /// What the partner calls the first message about a subject that was sent by an account, with
    /// the entry of its request: later ones comment on it, rewrite it or follow it.
    pub async fn tell_receipt(
        &self,
        subject: &str,
        account: &str,
    ) -> Result<Option<(u64, Value)>, StoreError> {
        let (subject, account) = (subject.to_owned(), account.to_owned());
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_events(&mut tx).await? {
            return Ok(None);
        }
        let row = tx.row(&sql::TELL_RECEIPT, |q| q.bind(subject).bind(account)).await?;
        let Some(row) = row else { return Ok(None) };
        let (seq, receipt) = (row.count("seq")?, parse(&tx, &row.text("receipt")?)?);
        Ok(Some((seq, receipt)))
    }

    /// A message itself; `None` where it is no longer kept.
    pub async fn tell_body(&self, seq: u64) -> Result<Option<Value>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_events(&mut tx).await? {
            return Ok(None);
        }
        let row = tx.row(&sql::JOB_GET, |q| q.bind(position(seq))).await?;
        row.map(|row| parse(&tx, &row.text("body")?)).transpose()
    }
}

fn parse(tx: &Tx<'_>, text: &str) -> Result<Value, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| tx.corrupt(format!("a message cannot be read: {error}")))
}

fn record(tx: &Tx<'_>, row: TellRow) -> Result<TellRecord, StoreError> {
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    Ok(TellRecord {
        seq: count(row.seq),
        last: count(row.last),
        state: TellState::of(row.state)
            .ok_or_else(|| tx.corrupt(format!("message {} has no known state", row.seq)))?,
        attempts: count(row.attempts),
        unsure: row.unsure != 0,
        at: Timestamp(row.at),
        receipt: row.receipt.as_deref().map(|text| parse(tx, text)).transpose()?,
        once: row.once,
        kind: row.kind,
        account: row.account,
        subject: row.subject,
    })
}
