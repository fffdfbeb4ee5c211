//! The outbox: what is to be told to somebody, each once, and what came of it.
//!
//! A request is an entry, and its message waits in the queue in the same transaction. Whoever
//! leases a message sends it: before each attempt stands an entry `started`, after it one that says
//! what became of it. After a crash the lease runs out, and the next one who leases is told that
//! the message may have arrived already. What a message says, and how it is sent, this module must
//! not know.

use holdfast_model::{Digest, Problem, Timestamp};
use serde_json::{Value, json};

use crate::codes;
use crate::entry::{Entry, EntryKind};
use crate::error::StoreError;
use crate::events::EventCommit;
use crate::fold::event::{TellSaid, TellStarted, ToldResult, ToldSaid, text};
use crate::ledger::{Random, append_in};
use crate::project::event::read_tell;
use crate::rows::event::TellRow;
use crate::tx::{Tx, position};
use crate::{Store, sql};

mod read;

pub use read::{TellFilter, TellRecord, TellState};

/// A greater message is refused, in bytes.
const GREATEST: usize = 256 * 1024;
/// A longer name is refused, in bytes.
const LONGEST_NAME: usize = 400;
/// A greater receipt is refused, in bytes.
const GREATEST_RECEIPT: usize = 16 * 1024;
/// A longer reason is cut, in characters.
const LONGEST_WHY: usize = 2_000;
/// Who delivers.
const CARRIER: &str = "holdfast";

/// Something to tell somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Tell {
    /// What tells it from every other: a second one with the same key is the same.
    pub once: String,
    /// What sort of message, in the words of whoever sends it.
    pub kind: String,
    /// By which account, with its channel; never a secret.
    pub account: String,
    /// What it is about: the id of a case, the key of a decision. Messages about the same subject
    /// by the same account are sent one after the other; an empty one stands for no subject.
    pub subject: String,
    /// The message. It is kept in the queue only; the record holds its digest.
    pub body: Value,
    /// When it was decided.
    pub at: Timestamp,
    /// It is not sent before.
    pub not_before: Timestamp,
    /// Who decided; stands in clear for ever.
    pub who: String,
    /// Why, in words.
    pub why: String,
}

/// Where a message stands in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TellPut {
    /// The entry of its request.
    pub seq: u64,
    /// Whether it is there since now; else one with the same key was.
    pub new: bool,
}

/// A message that somebody is about to send.
#[derive(Debug, Clone, PartialEq)]
pub struct TellLease {
    /// The entry of its request.
    pub seq: u64,
    /// Which attempt this is, from 1; attempts that ended before they began count too.
    pub attempt: u32,
    /// Until when nobody else gets it.
    pub until: Timestamp,
    /// An earlier attempt may have arrived, and nobody knows.
    pub repeat: bool,
    /// See [`Tell`].
    pub once: String,
    /// See [`Tell`].
    pub kind: String,
    /// See [`Tell`].
    pub account: String,
    /// See [`Tell`].
    pub subject: String,
    /// See [`Tell`].
    pub body: Value,
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TellFailure {
    /// In words, without secrets; of more than 2,000 characters the first ones are kept.
    pub why: String,
    /// It may have arrived all the same: the request went out, and no answer came.
    pub unsure: bool,
}

/// A request on its way into the record.
pub(crate) enum Pending {
    /// The key is known.
    Known(u64),
    /// The same key as that of an earlier one here.
    Same(usize),
    /// Its entry is the n-th of the new ones.
    New { nth: u64, body: String, next_at: i64 },
}

/// What the queue knows of a message.
struct Job {
    next_at: Option<i64>,
    lease_until: Option<i64>,
    attempts: i64,
}

/// Adds an entry for each message whose key is new.
pub(crate) async fn requests(
    tx: &mut Tx<'_>,
    tells: Vec<Tell>,
    wanted: &mut Vec<Entry>,
) -> Result<Vec<Pending>, StoreError> {
    let mut pending = Vec::with_capacity(tells.len());
    let mut keys = std::collections::BTreeMap::new();
    let mut new = 0;
    for (tell, at) in tells.into_iter().zip(0..) {
        let Tell { once, kind, account, subject, body, at: happened, not_before, who, why } = tell;
        let body = text(&body).map_err(StoreError::refused)?;
        sound(&once, [&kind, &account, &subject], &body)?;
        if let Some(same) = keys.get(&once) {
            pending.push(Pending::Same(*same));
            continue;
        }
        keys.insert(once.clone(), at);
        let bound = once.clone();
        if let Some(row) = tx.row(&sql::TELL_FIND, |q| q.bind(bound)).await? {
            pending.push(Pending::Known(row.count("seq")?));
            continue;
        }
        let digest = Digest::of(body.as_bytes());
        let payload = json!(TellSaid { once, kind, account, subject, body: digest });
        wanted.push(Entry { kind: EntryKind::Tell, happened, who, why, payload });
        pending.push(Pending::New { nth: new, body, next_at: not_before.0 });
        new += 1;
    }
    Ok(pending)
}

fn sound(once: &str, names: [&str; 3], body: &str) -> Result<(), StoreError> {
    if once.is_empty() || names.into_iter().chain([once]).any(|name| name.len() > LONGEST_NAME) {
        return Err(StoreError::refused("a name of a message has at most 400 bytes"));
    }
    if body.len() > GREATEST {
        return Err(StoreError::refused("a message is not greater than 256 KiB"));
    }
    Ok(())
}

/// Puts new messages into the queue; the first new request is the entry `first`.
pub(crate) async fn queue(
    tx: &mut Tx<'_>,
    pending: Vec<Pending>,
    first: u64,
) -> Result<Vec<TellPut>, StoreError> {
    let mut put: Vec<TellPut> = Vec::with_capacity(pending.len());
    for one in pending {
        put.push(match one {
            Pending::Known(seq) => TellPut { seq, new: false },
            Pending::Same(at) => match put.get(at) {
                Some(same) => TellPut { seq: same.seq, new: false },
                None => return Err(StoreError::refused("a message was given twice")),
            },
            Pending::New { nth, body, next_at } => {
                let seq = first.saturating_add(nth);
                let at = position(seq);
                tx.run(&sql::JOB_PUT, |q| q.bind(at).bind(body).bind(next_at)).await?;
                TellPut { seq, new: true }
            }
        });
    }
    Ok(put)
}

impl Store {
    /// Asks for something to be told. Where a message with the same key was ever asked for, whatever
    /// became of it, nothing is written.
    pub async fn tell_put(
        &self,
        tell: Tell,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<TellPut, StoreError> {
        let commit = EventCommit { tells: vec![tell], ..EventCommit::default() };
        let mut done = self.commit_events(commit, noted, random).await?;
        done.tells.pop().ok_or_else(|| StoreError::refused("the message was not asked for"))
    }

    /// Gives out the message that has waited longest, for `lease_ms` milliseconds; `None` where
    /// nothing is to be sent now. Nobody else gets it meanwhile.
    pub async fn tell_lease(
        &self,
        now: Timestamp,
        lease_ms: u32,
    ) -> Result<Option<TellLease>, StoreError> {
        self.signer()?;
        let until = now.0.saturating_add(i64::from(lease_ms));
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let row = tx.row(&sql::JOB_LEASE, |q| q.bind(now.0).bind(until)).await?;
        let Some(row) = row else { return Ok(None) };
        let (seq, attempts) = (row.int("seq")?, row.int("attempts")?);
        let body = row.text("body")?;
        let Some(tell) = get(&mut tx, seq).await? else {
            return Err(tx.corrupt(format!("message {seq} is not in the record")));
        };
        if tell.body.0 != Digest::of(body.as_bytes()).0 {
            return Err(tx.corrupt(format!("message {seq} is not the one that was asked for")));
        }
        let body = serde_json::from_str(&body)
            .map_err(|error| tx.corrupt(format!("message {seq} cannot be read: {error}")))?;
        let lease = TellLease {
            seq: row.count("seq")?,
            attempt: u32::try_from(attempts).unwrap_or(u32::MAX),
            until: Timestamp(until),
            repeat: tell.state == codes::TELL_STARTED || tell.unsure != 0,
            once: tell.once,
            kind: tell.kind,
            account: tell.account,
            subject: tell.subject,
            body,
        };
        tx.commit().await?;
        Ok(Some(lease))
    }

    /// Holds a lease longer.
    ///
    /// # Errors
    ///
    /// `Denied` with `tell-lease-lost`.
    pub async fn tell_renew(
        &self,
        lease: &mut TellLease,
        now: Timestamp,
        lease_ms: u32,
    ) -> Result<(), StoreError> {
        self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let seq = position(lease.seq);
        held(&mut tx, lease, Some(now)).await?;
        let until = now.0.saturating_add(i64::from(lease_ms));
        tx.run(&sql::JOB_RENEW, |q| q.bind(seq).bind(until)).await?;
        tx.commit().await?;
        lease.until = Timestamp(until);
        Ok(())
    }

    /// Gives a message back unsent, to be given out again at a time. Nothing is recorded.
    ///
    /// # Errors
    ///
    /// `Denied` with `tell-lease-lost`; `Refused` once the attempt has started.
    pub async fn tell_defer(
        &self,
        lease: &TellLease,
        next_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        held(&mut tx, lease, None).await?;
        if has_started(&mut tx, lease).await? {
            return Err(StoreError::refused("an attempt that has started cannot be put off"));
        }
        next(&mut tx, lease, Some(next_at.0)).await?;
        tx.commit().await
    }

    /// Writes down that a message is about to be sent; the same attempt again writes nothing.
    /// Whoever does not get `Ok` must not send it.
    ///
    /// # Errors
    ///
    /// `Denied` with `tell-lease-lost` where the lease ran out, or the message was told meanwhile.
    pub async fn tell_started(
        &self,
        lease: &TellLease,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(), StoreError> {
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        held(&mut tx, lease, Some(now)).await?;
        if has_started(&mut tx, lease).await? {
            return Ok(());
        }
        let (tell, attempt) = (position(lease.seq), i64::from(lease.attempt));
        let why = if lease.repeat { "may be a repeat" } else { "a message is sent" };
        let entry = Entry {
            kind: EntryKind::Started,
            happened: now,
            who: CARRIER.to_owned(),
            why: why.to_owned(),
            payload: json!(TellStarted { tell, attempt }),
        };
        append_in(&mut tx, signer, &[entry], now, random).await?;
        tx.run(&sql::ATTEMPT_PUT, |q| q.bind(tell).bind(attempt)).await?;
        tx.commit().await
    }

    /// Writes down that a message was sent, with what the partner calls it. A lease that ran out
    /// meanwhile changes nothing: it was sent. The same receipt again writes nothing.
    ///
    /// # Errors
    ///
    /// `Refused` where the attempt never started, or the receipt is greater than 16 KiB; `Denied`
    /// with `tell-lease-lost` where the message is no longer kept.
    pub async fn tell_done(
        &self,
        lease: &TellLease,
        receipt: &Value,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(), StoreError> {
        let written = text(receipt).map_err(StoreError::refused)?;
        if written.len() > GREATEST_RECEIPT {
            return Err(StoreError::refused("a receipt is not greater than 16 KiB"));
        }
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        if job(&mut tx, lease.seq).await?.is_none() {
            return Err(lost(lease));
        }
        if !has_started(&mut tx, lease).await? {
            return Err(StoreError::refused("an attempt that never started cannot have arrived"));
        }
        let Some(tell) = get(&mut tx, position(lease.seq)).await? else { return Err(lost(lease)) };
        next(&mut tx, lease, None).await?;
        if tell.state == codes::TELL_SENT && tell.receipt.as_deref() == Some(&written) {
            return tx.commit().await;
        }
        let told = ToldSaid {
            tell: position(lease.seq),
            attempt: i64::from(lease.attempt),
            result: ToldResult::Sent,
            unsure: false,
            receipt: Some(receipt.clone()),
        };
        let entry = outcome(&told, "it was sent", now);
        append_in(&mut tx, signer, &[entry], now, random).await?;
        tx.commit().await
    }

    /// Writes down that an attempt failed; it is given out again at `next_at`.
    ///
    /// # Errors
    ///
    /// `Denied` with `tell-lease-lost` where somebody else has it, or it was told meanwhile.
    pub async fn tell_failed(
        &self,
        lease: &TellLease,
        failure: &TellFailure,
        next_at: Timestamp,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(), StoreError> {
        let next = (ToldResult::Failed, Some(next_at.0));
        self.tell_ended(lease, failure, next, now, random).await
    }

    /// Writes down that a message will not be told, and why.
    ///
    /// # Errors
    ///
    /// As [`Store::tell_failed`].
    pub async fn tell_dead(
        &self,
        lease: &TellLease,
        failure: &TellFailure,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(), StoreError> {
        self.tell_ended(lease, failure, (ToldResult::Dead, None), now, random).await
    }

    async fn tell_ended(
        &self,
        lease: &TellLease,
        failure: &TellFailure,
        (result, next_at): (ToldResult, Option<i64>),
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(), StoreError> {
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        held(&mut tx, lease, None).await?;
        let Some(tell) = get(&mut tx, position(lease.seq)).await? else { return Err(lost(lease)) };
        // It ended before it began, and an earlier one is still unaccounted for.
        let earlier = tell.state == codes::TELL_STARTED && !has_started(&mut tx, lease).await?;
        let told = ToldSaid {
            tell: position(lease.seq),
            attempt: i64::from(lease.attempt),
            result,
            unsure: failure.unsure || earlier,
            receipt: None,
        };
        append_in(&mut tx, signer, &[outcome(&told, &failure.why, now)], now, random).await?;
        next(&mut tx, lease, next_at).await?;
        tx.commit().await
    }
}

fn outcome(told: &ToldSaid, why: &str, now: Timestamp) -> Entry {
    Entry {
        kind: EntryKind::Told,
        happened: now,
        who: CARRIER.to_owned(),
        why: why.chars().take(LONGEST_WHY).collect(),
        payload: json!(told),
    }
}

async fn get(tx: &mut Tx<'_>, seq: i64) -> Result<Option<TellRow>, StoreError> {
    let row = tx.row(&sql::TELL_GET, |q| q.bind(seq)).await?;
    row.map(|row| read_tell(&row)).transpose()
}

async fn job(tx: &mut Tx<'_>, seq: u64) -> Result<Option<Job>, StoreError> {
    let seq = position(seq);
    let Some(row) = tx.row(&sql::JOB_GET, |q| q.bind(seq)).await? else { return Ok(None) };
    Ok(Some(Job {
        next_at: row.maybe_int("next_at")?,
        lease_until: row.maybe_int("lease_until")?,
        attempts: row.int("attempts")?,
    }))
}

async fn has_started(tx: &mut Tx<'_>, lease: &TellLease) -> Result<bool, StoreError> {
    let (job, attempt) = (position(lease.seq), i64::from(lease.attempt));
    Ok(tx.row(&sql::ATTEMPT_FIND, |q| q.bind(job).bind(attempt)).await?.is_some())
}

/// Gives a message back, to be given out again at a time, or never.
async fn next(tx: &mut Tx<'_>, lease: &TellLease, at: Option<i64>) -> Result<(), StoreError> {
    let (job, attempt) = (position(lease.seq), i64::from(lease.attempt));
    tx.run(&sql::JOB_NEXT, |q| q.bind(job).bind(at).bind(attempt)).await?;
    Ok(())
}

/// Whether a lease still holds: nobody leased it since, it is not over, and at
/// `now`, where that matters, the time is not up.
async fn held(
    tx: &mut Tx<'_>,
    lease: &TellLease,
    now: Option<Timestamp>,
) -> Result<(), StoreError> {
    let Some(job) = job(tx, lease.seq).await? else { return Err(lost(lease)) };
    let own = job.attempts == i64::from(lease.attempt) && job.next_at.is_some();
    let until = job.lease_until.filter(|until| now.is_none_or(|now| now.0 < *until));
    if own && until.is_some() { Ok(()) } else { Err(lost(lease)) }
}

fn lost(lease: &TellLease) -> StoreError {
    let seq = lease.seq;
    let message = format!("somebody else has message {seq} by now, or it was told");
    let problem = Problem::new("tell-lease-lost", message);
    StoreError::denied(problem.help("do not send it; look at what became of it"))
}
