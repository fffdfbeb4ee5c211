//! Plans in the ledger: proposed, approved or refused, carried out.
//!
//! This module keeps what people said and what was done, and lets nothing happen twice. It must not
//! know what a plan does or how many people it needs: the room that approves reads the document.
//!
//! `read` gathers a plan from its entries; `rules` says what may follow what.

use holdfast_model::{Approval, AssetId, Digest, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Store;
use crate::entry::{Entry, EntryKind};
use crate::error::StoreError;
use crate::ledger::{Random, append_in};
use crate::tx::Tx;

mod read;
mod rules;

/// A greater document of a plan is refused, in bytes.
const GREATEST: usize = 1024 * 1024;
/// Of a longer log the first and the last lines are kept.
const FIRST_LINES: usize = 500;
const LAST_LINES: usize = 1_500;
/// Longer lines are cut, in characters.
const LONGEST_LINE: usize = 2_000;

/// What the store reads of a plan's document.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PlanHead {
    pub(crate) digest: Digest,
    pub(crate) asset: AssetId,
    pub(crate) author: String,
    pub(crate) title: String,
    pub(crate) proposed: Timestamp,
    pub(crate) expires: Timestamp,
}

/// What is done with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// It is carried out.
    Apply,
    /// The armed undo is called off: somebody could still get in.
    Confirm,
    /// It is taken back.
    Undo,
}

/// What became of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActResult {
    /// It brought what it should.
    Done,
    /// It did not, and everything was taken back.
    Failed,
    /// It was taken back.
    Undone,
    /// It was done, and an undo is armed until somebody confirms.
    ToConfirm,
    /// Somebody confirmed, and the undo was called off.
    Confirmed,
    /// It began, and nobody knows how it ended.
    Unknown,
}

/// The payload of the entry before an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Started {
    pub(crate) plan: Digest,
    act: Act,
    once: String,
}

/// The payload of the entry after an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finished {
    pub(crate) plan: Digest,
    pub(crate) result: ActResult,
    log: Vec<String>,
}

/// An act that is about to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActBegin {
    /// The plan.
    pub plan: Digest,
    /// What is done.
    pub act: Act,
    /// What tells this act from every other, so that whoever does it can tell a repetition.
    pub once: String,
    /// Who asked for it.
    pub who: String,
    /// When.
    pub at: Timestamp,
}

/// What became of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActEnd {
    /// The plan.
    pub plan: Digest,
    /// What became of it.
    pub result: ActResult,
    /// What was said meanwhile, line by line. Of more than 2,000 lines the first 500 and the last
    /// 1,500 are kept, of a line 2,000 characters.
    pub log: Vec<String>,
    /// Who did it, or who noticed.
    pub who: String,
    /// Why it ended so, in words.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

/// A beginning or an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActStep {
    /// It began.
    Started {
        /// What.
        act: Act,
        /// What tells it from every other.
        once: String,
    },
    /// It ended.
    Finished {
        /// How.
        result: ActResult,
        /// What was said meanwhile.
        log: Vec<String>,
    },
}

/// A beginning or an end, with its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActRecord {
    /// The entry.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// Why, in words.
    pub why: String,
    /// What.
    pub step: ActStep,
}

/// A plan with everything that was said of it and done with it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanRecord {
    /// Its identity, which its document states; the room that made it can check that.
    pub digest: Digest,
    /// Its entry.
    pub seq: u64,
    /// What was proposed.
    pub document: Value,
    /// Who said what, with its entry, oldest first.
    pub approvals: Vec<(u64, Approval)>,
    /// What was done, oldest first. An outcome that was redacted is not there.
    pub acts: Vec<ActRecord>,
}

impl PlanRecord {
    /// What is under way: the act that began last and has not ended.
    pub fn running(&self) -> Option<Act> {
        match self.acts.last().map(|act| &act.step) {
            Some(ActStep::Started { act, .. }) => Some(*act),
            Some(ActStep::Finished { .. }) | None => None,
        }
    }

    /// What became of the last act, where none is under way.
    pub fn result(&self) -> Option<ActResult> {
        match self.acts.last().map(|act| &act.step) {
            Some(ActStep::Finished { result, .. }) => Some(*result),
            Some(ActStep::Started { .. }) | None => None,
        }
    }
}

impl Store {
    /// Writes a proposal down; the number of its entry. The same document again is the same plan,
    /// and writes nothing.
    ///
    /// The document is an object with at least `digest`, `asset`, `author`, `title`, `proposed` and
    /// `expires`; it is refused without them, or beyond 1 MiB.
    pub async fn plan_propose(
        &self,
        document: &Value,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<u64, StoreError> {
        let head = PlanHead::deserialize(document)
            .map_err(|error| StoreError::refused(format!("the document is no plan: {error}")))?;
        if document.to_string().len() > GREATEST {
            return Err(StoreError::refused("a plan is not greater than 1 MiB"));
        }
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        if let Some(known) = read::gather(&mut tx, head.digest).await? {
            if known.document != *document {
                return Err(StoreError::refused("another plan has the same digest"));
            }
            return Ok(known.seq);
        }
        let entry = Entry {
            kind: EntryKind::Plan,
            happened: head.proposed,
            who: head.author,
            why: head.title,
            payload: document.clone(),
        };
        let committed = append_in(&mut tx, signer, &[entry], noted, random).await?;
        tx.commit().await?;
        Ok(committed.seqs.start)
    }

    /// Writes somebody's word on a plan down; the number of its entry. The same word of the same
    /// person again writes nothing: of two at the same moment each counts once.
    ///
    /// # Errors
    ///
    /// `Denied` with `plan-unknown`; with `plan-refused` after a no, which is final; with
    /// `plan-begun` once it is carried out; with `plan-expired` at or after its expiry.
    pub async fn approval_put(
        &self,
        approval: &Approval,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<u64, StoreError> {
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let plan = read::wanted(&mut tx, approval.plan).await?;
        let same = |voice: &Approval| voice.who == approval.who && voice.yes == approval.yes;
        if let Some((seq, _)) = plan.approvals.iter().find(|(_, voice)| same(voice)) {
            return Ok(*seq);
        }
        rules::may_speak(&tx, &plan, approval)?;
        let payload = serde_json::to_value(approval)
            .map_err(|error| StoreError::refused(format!("it cannot be written: {error}")))?;
        let entry = Entry {
            kind: EntryKind::Approval,
            happened: approval.at,
            who: approval.who.clone(),
            why: approval.because.clone(),
            payload,
        };
        let committed = append_in(&mut tx, signer, &[entry], noted, random).await?;
        tx.commit().await?;
        Ok(committed.seqs.start)
    }

    /// Writes down that an act of a plan is about to be done; the number of its entry. Whoever gets
    /// a number, and nobody else, does it: of two who ask at the same moment one is denied.
    ///
    /// Whether enough people said yes is for the caller to derive; here at least one must have, and
    /// nobody may have said no since the caller looked.
    ///
    /// # Errors
    ///
    /// `Denied` with `plan-unknown`; to apply, with `plan-begun`, `plan-refused`, `plan-expired` or
    /// `plan-unapproved`; to confirm or undo, with `plan-not-carried-out`, or with `plan-begun`
    /// where something of it is under way.
    pub async fn act_begin(
        &self,
        begin: &ActBegin,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<u64, StoreError> {
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let plan = read::wanted(&mut tx, begin.plan).await?;
        rules::may_begin(&tx, &plan, begin)?;
        let started = Started { plan: begin.plan, act: begin.act, once: begin.once.clone() };
        let entry = Entry {
            kind: EntryKind::Started,
            happened: begin.at,
            who: begin.who.clone(),
            why: match begin.act {
                Act::Apply => "the plan is carried out",
                Act::Confirm => "the armed undo is called off",
                Act::Undo => "the plan is taken back",
            }
            .to_owned(),
            payload: json!(started),
        };
        let committed = append_in(&mut tx, signer, &[entry], noted, random).await?;
        tx.commit().await?;
        Ok(committed.seqs.start)
    }

    /// Writes down what became of an act; the number of its entry.
    ///
    /// # Errors
    ///
    /// `Denied` with `plan-unknown`, or with `act-not-running` unless an act is under way, waits to
    /// be confirmed, or ended in a way that nobody knew.
    pub async fn act_end(
        &self,
        end: &ActEnd,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<u64, StoreError> {
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let plan = read::wanted(&mut tx, end.plan).await?;
        rules::may_end(&plan)?;
        let log = bounded(&end.log);
        let entry = Entry {
            kind: EntryKind::Finished,
            happened: end.at,
            who: end.who.clone(),
            why: end.why.clone(),
            payload: json!(Finished { plan: end.plan, result: end.result, log }),
        };
        let committed = append_in(&mut tx, signer, &[entry], noted, random).await?;
        tx.commit().await?;
        Ok(committed.seqs.start)
    }
}

fn bounded(log: &[String]) -> Vec<String> {
    let cut = |line: &String| line.chars().take(LONGEST_LINE).collect::<String>();
    let left_out = log.len().saturating_sub(FIRST_LINES + LAST_LINES);
    if left_out == 0 {
        return log.iter().map(cut).collect();
    }
    let mut kept: Vec<String> = log.iter().take(FIRST_LINES).map(cut).collect();
    kept.push(format!("({left_out} lines are left out)"));
    kept.extend(log.iter().skip(FIRST_LINES + left_out).map(cut));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_log_the_beginning_and_the_end_are_kept() {
        let log: Vec<String> = (0..2_003).map(|n| format!("line {n}")).collect();
        let kept = bounded(&log);
        assert_eq!(kept.len(), 2_001);
        assert_eq!((kept[0].as_str(), kept[499].as_str()), ("line 0", "line 499"));
        assert_eq!(kept[500], "(3 lines are left out)");
        assert_eq!((kept[501].as_str(), kept[2_000].as_str()), ("line 503", "line 2002"));
        assert_eq!(bounded(&log[..2_000]), &log[..2_000]);
        assert_eq!(bounded(&["ü".repeat(3_000)]), ["ü".repeat(2_000)]);
    }
}
