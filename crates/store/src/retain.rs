//! Retention: segments older than some days are deleted, unless something that is there now follows
//! from them.
//!
//! Kept for longer are the last look of each asset, copy, sensor and coverage with its packages, the
//! looks that wrote what open findings look like, and what open cases cite. An entry says that
//! older segments were deleted, so that a check can tell that from a loss.

use std::collections::BTreeSet;

use holdfast_model::{Digest, Timestamp};
use serde::Deserialize;
use serde_json::json;

use crate::case::CaseSaid;
use crate::entry::{Entry, EntryKind};
use crate::error::StoreError;
use crate::fold::event::RetentionSaid;
use crate::ledger::{Random, append_in};
use crate::tx::Tx;
use crate::{Store, sql};

/// Days that segments are kept, where nobody wants otherwise.
pub const RETENTION_DAYS: u32 = 90;
/// Segments, and messages, deleted by one call.
const MOST: i64 = 1_000;
const DAY: i64 = 86_400_000;

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retained {
    /// What was referred to last before this was not kept.
    pub before: Timestamp,
    /// How many segments were deleted.
    pub segments: u64,
    /// How many messages that were told, or given up, were deleted; the record of them stays.
    pub messages: u64,
    /// There is more to delete: call it again.
    pub more: bool,
}

impl Store {
    /// Deletes segments to which no entry of the last `days` days refers, but for those that are
    /// still needed, and messages that were over before; at most 1,000 of each a call.
    pub async fn retain(
        &self,
        now: Timestamp,
        days: u32,
        random: Random<'_>,
    ) -> Result<Retained, StoreError> {
        let signer = self.signer()?;
        let before = now.0.saturating_sub(i64::from(days).saturating_mul(DAY));
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let pinned = pinned(&mut tx).await?;
        // Among so many there is some work, or there is none.
        let enough = i64::try_from(pinned.len()).unwrap_or(i64::MAX).saturating_add(MOST);
        let rows = tx.rows(&sql::SEGMENT_OLD, |q| q.bind(before).bind(enough)).await?;
        let (mut segments, mut more) = (0, false);
        for row in rows {
            let digest = row.digest("digest")?;
            if pinned.contains(&digest) {
                continue;
            }
            if segments == MOST.unsigned_abs() {
                more = true;
                break;
            }
            segments += tx.run(&sql::SEGMENT_DROP, |q| q.bind(digest.0.to_vec())).await?;
        }
        let messages = tx.run(&sql::JOB_DROP_OLD, |q| q.bind(before).bind(MOST)).await?;
        more |= segments == MOST.unsigned_abs() || messages == MOST.unsigned_abs();
        let before = Timestamp(before);
        if segments > 0 {
            let entry = Entry {
                kind: EntryKind::Retention,
                happened: now,
                who: "holdfast".to_owned(),
                why: format!("what is older than {days} days is not kept"),
                payload: json!(RetentionSaid { before, segments }),
            };
            append_in(&mut tx, signer, &[entry], now, random).await?;
        }
        tx.commit().await?;
        Ok(Retained { before, segments, messages, more })
    }
}

/// What must stay, however old it is.
async fn pinned(tx: &mut Tx<'_>) -> Result<BTreeSet<Digest>, StoreError> {
    #[derive(Deserialize)]
    struct Entry {
        body: Look,
    }
    #[derive(Deserialize)]
    struct Look {
        look: Digest,
    }
    let mut pinned = BTreeSet::new();
    for row in tx.rows(&sql::PINNED_BY_LOOKS, |q| q).await? {
        pinned.insert(row.digest("digest")?);
    }
    for row in tx.rows(&sql::PINNED_BY_FINDINGS, |q| q).await? {
        let Some(payload) = row.maybe_text("payload")? else { continue };
        let entry: Entry = serde_json::from_str(&payload)
            .map_err(|error| tx.corrupt(format!("a look cannot be read: {error}")))?;
        pinned.insert(entry.body.look);
    }
    for row in tx.rows(&sql::CASE_OPEN, |q| q).await? {
        pinned.extend(CaseSaid::evidence_of(&row.text("document")?));
    }
    Ok(pinned)
}
