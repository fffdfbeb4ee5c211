//! What is not kept for ever: segments beyond retention, and the queue of messages.
//!
//! A missing segment is a fault unless an entry says that older ones were deleted, and nothing that
//! is there now follows from it.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_model::{Digest, Timestamp};

use super::{Broken, Walk};
use crate::codes;
use crate::error::StoreError;
use crate::ledger::PAGE;
use crate::rows::{FindingRow, Hex};
use crate::sql;
use crate::store::has_events;
use crate::tx::Tx;

/// A segment that an entry refers to and that is not there.
#[derive(Debug)]
pub(super) struct Absent {
    pub(super) seq: u64,
    pub(super) noted: Timestamp,
    pub(super) digest: Digest,
    /// Whether findings are folded from it.
    pub(super) look: bool,
    /// What it holds, for people.
    pub(super) what: &'static str,
}

/// Tells the segments that were deleted in the open from those that are missing. The entries whose
/// segments are beyond retention; findings that were folded from those are taken as they stand.
pub(super) fn absent(walk: &mut Walk, stored: &BTreeMap<(Hex, i64), FindingRow>) -> BTreeSet<u64> {
    let folded = &walk.folded;
    let looks = folded.observations.values().map(|row| &row.look);
    let sets = folded.asset_sets.values().map(|row| &row.digest);
    // Where somebody's answer to a case was redacted, the case looks as if it had never had one.
    let cited = if walk.bare_case { BTreeSet::new() } else { folded.events.cited() };
    let cited: Vec<Hex> = cited.into_iter().map(Hex::from).collect();
    let pinned: BTreeSet<Hex> = looks.chain(sets).chain(&cited).cloned().collect();
    let open: BTreeSet<i64> =
        stored.values().filter(|row| codes::is_open(row.state)).map(|row| row.seq).collect();

    let (mut gone, mut looks_gone) = (BTreeSet::new(), BTreeSet::new());
    for Absent { seq, noted, digest, look, what } in std::mem::take(&mut walk.absent) {
        let at = crate::tx::position(seq);
        let kept = pinned.contains(&Hex::from(digest)) || look && open.contains(&at);
        if kept || walk.retained.is_none_or(|before| noted >= before) {
            walk.broken(seq, format!("the segment of its {what}: it is missing"));
            continue;
        }
        gone.insert(seq);
        if look {
            looks_gone.insert(at);
        }
    }
    for (key, row) in stored.iter().filter(|(_, row)| looks_gone.contains(&row.seq)) {
        walk.folded.findings.insert(key.clone(), row.clone());
    }
    gone
}

/// Compares the queue with what the record asks for: each message is the one that was asked for,
/// and none that is still to be told is lost.
pub(super) async fn queue(tx: &mut Tx<'_>, walk: &mut Walk) -> Result<(), StoreError> {
    if !has_events(tx).await? {
        return Ok(());
    }
    let mut waiting: BTreeSet<i64> = BTreeSet::new();
    let mut after = -1_i64;
    loop {
        let rows = tx.rows(&sql::JOB_ALL, |q| q.bind(after).bind(PAGE)).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            after = row.int("seq")?;
            if row.maybe_int("next_at")?.is_some() {
                waiting.insert(after);
            }
            let body = Hex::from(Digest::of(row.text("body")?.as_bytes()));
            let seq = u64::try_from(after).unwrap_or_default();
            match walk.folded.events.tells.get(&after) {
                Some(tell) if tell.body == body => {}
                Some(_) => walk.broken(seq, "queue: its message was changed"),
                None => walk.broken(seq, "queue: a message waits that nobody asked for"),
            }
        }
    }
    let tells = walk.folded.events.tells.values();
    let lost: Vec<Broken> = tells
        .filter(|tell| tell.state < codes::TELL_SENT && !waiting.contains(&tell.seq))
        .map(|tell| Broken {
            seq: u64::try_from(tell.seq).unwrap_or_default(),
            what: "queue: its message is still to be told, and is gone".to_owned(),
        })
        .collect();
    walk.broken.extend(lost);
    Ok(())
}
