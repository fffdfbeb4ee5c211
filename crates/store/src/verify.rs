//! Checking the whole record: entries, tree, checkpoints, segments, projections.
//!
//! It believes nothing that it can compute again, goes on after a fault, and names what it finds.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_model::{Digest, Timestamp};
use serde::{Deserialize as _, Serialize};

use crate::checkpoint::Checkpoint;
use crate::entry::{EntryKind, Header};
use crate::error::StoreError;
use crate::fold::event::{EventsSaid, RetentionSaid};
use crate::fold::{self, Projections, Said, Segments};
use crate::ledger::{self, EntryRow, PAGE, TILE, TILE_LEVEL};
use crate::merkle::{self, Frontier};
use crate::rows::{Hex, Named, NotAssessedRow, Scope};
use crate::segment::Segment;
use crate::tx::{Tx, position};
use crate::{Store, project, sql};

mod kept;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    /// The entry that it concerns.
    pub seq: u64,
    /// What is wrong, in words.
    pub what: String,
}

/// What checking found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// How many entries are there.
    pub entries: u64,
    /// The last checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// Entries whose payload was taken away in the open; their place is still proven.
    pub redacted: Vec<u64>,
    /// Entries whose segments are beyond retention: what followed from those alone is taken as it
    /// stands, not assessed, and not wrong.
    pub not_assessed: Vec<u64>,
    /// Everything that is wrong; empty for a record that is whole.
    pub broken: Vec<Broken>,
}

/// What was gathered on the way through the entries.
#[derive(Default)]
struct Walk {
    leaves: Vec<Digest>,
    missing: BTreeSet<u64>,
    /// Entries without payload, which an entry of their own must explain.
    bare: BTreeSet<u64>,
    /// One of them is about a case.
    bare_case: bool,
    /// What entries say was redacted.
    told: BTreeSet<u64>,
    folded: Projections,
    /// Segments that are not there.
    absent: Vec<kept::Absent>,
    /// What was referred to last before this was deleted.
    retained: Option<Timestamp>,
    broken: Vec<Broken>,
}

impl Walk {
    fn broken(&mut self, seq: u64, what: impl Into<String>) {
        self.broken.push(Broken { seq, what: what.into() });
    }
}

impl Store {
    /// Checks everything. With `against`, a checkpoint kept elsewhere, also that this record is
    /// the one that it was taken of, continued: a shortened or rewritten record is found by that
    /// alone, for whoever holds the key can sign anything.
    pub async fn verify(&self, against: Option<&Checkpoint>) -> Result<VerifyReport, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let mut walk = Walk::default();
        let frontier = ledger::frontier(&mut tx).await;
        self.walk(&mut tx, &mut walk).await?;
        let entries = walk.leaves.len() as u64;

        match frontier {
            Ok(kept) => tree(&mut tx, &mut walk, &kept).await?,
            Err(error) => walk.broken(entries.saturating_sub(1), error.to_string()),
        }
        let checkpoint = self.checkpoints(&mut tx, &mut walk).await?;
        if let Some(against) = against {
            self.against(&mut walk, against);
        }
        let gone = match project::load(&mut tx).await {
            Ok(stored) => {
                let gone = kept::absent(&mut walk, &stored.findings);
                kept::queue(&mut tx, &mut walk).await?;
                compare(&mut walk, &stored);
                gone
            }
            // A value of another type than was written: the rest is still checked.
            Err(error @ (StoreError::Database { .. } | StoreError::Corrupt { .. })) => {
                let what = format!("a table that follows from the entries cannot be read: {error}");
                walk.broken(entries.saturating_sub(1), what);
                kept::absent(&mut walk, &BTreeMap::new())
            }
            Err(error) => return Err(error),
        };

        let Walk { bare, told, mut broken, .. } = walk;
        for seq in bare.difference(&told) {
            let what = "its payload is gone, and no entry says that it was redacted".to_owned();
            broken.push(Broken { seq: *seq, what });
        }
        broken.sort();
        broken.dedup();
        let redacted = bare.intersection(&told).copied().collect();
        Ok(VerifyReport {
            entries,
            checkpoint,
            redacted,
            not_assessed: gone.into_iter().collect(),
            broken,
        })
    }

    /// Makes all projections again from the ledger and its segments. Nothing is matched again.
    ///
    /// Findings whose segment is beyond retention, all of them closed, are kept as they stand.
    pub async fn rebuild(&self) -> Result<(), StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let mut walk = Walk::default();
        self.walk(&mut tx, &mut walk).await?;
        let stored = if walk.absent.is_empty() {
            BTreeMap::new()
        } else {
            project::findings(&mut tx).await?
        };
        kept::absent(&mut walk, &stored);
        // Missing payloads of redacted entries are no fault; anything else must be seen first.
        if let Some(Broken { seq, what }) = walk.broken.first() {
            return Err(tx.corrupt(format!("entry {seq}: {what}")));
        }
        project::replace(&mut tx, &walk.folded).await?;
        tx.commit().await
    }

    /// Reads every entry, checks it by itself and folds it.
    async fn walk(&self, tx: &mut Tx<'_>, walk: &mut Walk) -> Result<(), StoreError> {
        let mut next = 0_i64;
        loop {
            let rows = tx.rows(&sql::ENTRY_LIST, |q| q.bind(next).bind(PAGE)).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in rows {
                let row = EntryRow::read(&row)?;
                next = position(row.seq).saturating_add(1);
                let expected = walk.leaves.len() as u64 + walk.missing.len() as u64;
                for seq in expected..row.seq.min(expected.saturating_add(1_000)) {
                    walk.missing.insert(seq);
                    walk.broken(seq, "the entry is missing");
                }
                let header = entry(walk, &row);
                walk.leaves.push(row.leaf);
                if let Some(header) = header {
                    fold_in(tx, walk, &row.said(&header)).await?;
                }
            }
        }
    }

    /// Checks every checkpoint; returns the last that could be read.
    async fn checkpoints(
        &self,
        tx: &mut Tx<'_>,
        walk: &mut Walk,
    ) -> Result<Option<Checkpoint>, StoreError> {
        let (mut last, mut covered, mut reported) = (None, 0, false);
        let mut tree = Frontier::default();
        let whole = walk.missing.is_empty();
        for row in tx.rows(&sql::CHECKPOINT_LIST, |q| q).await? {
            let size = row.count("size")?;
            let at = size.saturating_sub(1);
            let checkpoint = match Checkpoint::parse(&row.text("note")?) {
                Ok(checkpoint) => checkpoint,
                Err(error) => {
                    walk.broken(at, format!("the checkpoint of size {size}: {error}"));
                    continue;
                }
            };
            if let Err(error) = checkpoint.verify(&self.verifier) {
                walk.broken(at, format!("the checkpoint of size {size}: {error}"));
            }
            if checkpoint.size != size {
                walk.broken(at, format!("the checkpoint of size {size} says {}", checkpoint.size));
            }
            let held = walk.leaves.len() as u64;
            if whole && size <= held {
                while tree.size() < size {
                    let index = usize::try_from(tree.size()).unwrap_or(usize::MAX);
                    let Some(leaf) = walk.leaves.get(index) else { break };
                    tree.push(*leaf, &mut |_, _, _| {});
                }
                if tree.root() != checkpoint.root && !reported {
                    // All later roots differ as well; the first says where.
                    reported = true;
                    walk.broken(covered, differs(covered, size));
                }
            }
            covered = size;
            last = Some(checkpoint);
        }
        let held = walk.leaves.len() as u64 + walk.missing.len() as u64;
        for seq in held..covered.min(held.saturating_add(1_000)) {
            walk.broken(seq, "the entry is missing: the last checkpoint covers it");
        }
        if covered < held {
            walk.broken(covered, "no checkpoint covers the entries from here on");
        }
        Ok(last)
    }

    /// Compares with a checkpoint kept elsewhere.
    fn against(&self, walk: &mut Walk, against: &Checkpoint) {
        let size = against.size;
        let held = walk.leaves.len() as u64;
        if let Err(error) = against.verify(&self.verifier) {
            walk.broken(size.saturating_sub(1), format!("the given checkpoint: {error}"));
            return;
        }
        if held < size {
            let what = format!("the record was cut short: the given checkpoint has {size} entries");
            walk.broken(held, what);
            return;
        }
        let leaves = usize::try_from(size).ok().and_then(|size| walk.leaves.get(..size));
        if leaves.is_none_or(|leaves| merkle::root(leaves) != against.root) {
            let what = format!(
                "the record is another one: its first {size} entries differ from those of the \
                 given checkpoint"
            );
            walk.broken(size.saturating_sub(1), what);
        }
    }
}

fn differs(from: u64, to: u64) -> String {
    if to == from + 1 {
        "the entry is not the one that was signed".to_owned()
    } else {
        format!(
            "among the entries {from} to {} is one that was not signed so",
            to.saturating_sub(1)
        )
    }
}

/// Checks one entry against its own digests. The header, where it can be believed.
fn entry(walk: &mut Walk, row: &EntryRow) -> Option<Header> {
    let seq = row.seq;
    let leaf = merkle::leaf_hash(&row.header, &row.payload_digest);
    let Some(header) = Header::parse(&row.header) else {
        walk.broken(seq, "its header cannot be read");
        return None;
    };
    if header.seq != seq {
        walk.broken(seq, format!("entry {} stands in its place", header.seq));
    } else if leaf != row.leaf {
        walk.broken(seq, "its header was changed");
    }
    if row.kind != header.kind.code() {
        walk.broken(seq, "its kind was changed");
    }
    if let (Some(salt), Some(payload)) = (&row.salt, &row.payload) {
        if merkle::payload_digest(salt, payload.as_bytes()) != row.payload_digest {
            walk.broken(seq, "its payload was changed");
            return None;
        }
    } else {
        walk.bare.insert(seq);
        walk.bare_case |= header.kind == EntryKind::Case;
    }
    Some(header)
}

/// Folds an entry in, or says why that cannot be done.
async fn fold_in(tx: &mut Tx<'_>, walk: &mut Walk, said: &Said) -> Result<(), StoreError> {
    let seq = u64::try_from(said.seq).unwrap_or_default();
    if said.kind == EntryKind::Redacted
        && let Some(told) =
            said.body.as_ref().and_then(|body| body.get("seq")?.as_u64()).filter(|at| *at < seq)
    {
        walk.told.insert(told);
    }
    if said.kind == EntryKind::Retention
        && let Some(body) = &said.body
    {
        match RetentionSaid::deserialize(body) {
            // Nothing can be old before it is there.
            Ok(retention) => {
                walk.retained = walk.retained.max(Some(retention.before.min(said.noted)));
            }
            Err(error) => walk.broken(seq, format!("the payload cannot be read: {error}")),
        }
    }
    let segments = match segments(tx, walk, said).await? {
        Ok(segments) => segments,
        Err(what) => {
            walk.broken(seq, what);
            return Ok(());
        }
    };
    match fold::change(said, &segments) {
        Ok(change) => walk.folded.apply(change),
        Err(what) => walk.broken(seq, what),
    }
    Ok(())
}

/// The segments that an entry refers to. One that is not there is put down as absent, and what can
/// be told without it is folded: whether it was deleted in the open, later entries say.
async fn segments(
    tx: &mut Tx<'_>,
    walk: &mut Walk,
    said: &Said,
) -> Result<Result<Segments, String>, StoreError> {
    if let (EntryKind::Events, Some(body)) = (said.kind, &said.body) {
        let Ok(events) = EventsSaid::deserialize(body) else { return Ok(Ok(Segments::default())) };
        let found = segment(tx, walk, said, (events.digest, false, "events")).await?;
        return Ok(found.map(|_| Segments::default()));
    }
    let payload = match fold::look_payload(said) {
        Ok(Some(payload)) if !payload.unchanged => payload,
        Ok(_) => return Ok(Ok(Segments::default())),
        Err(what) => return Ok(Err(what)),
    };
    let look = match segment(tx, walk, said, (payload.look, true, "findings")).await? {
        Ok(look) => look,
        Err(what) => return Ok(Err(what)),
    };
    let mut found = Segments { set: None, gone: look.is_none(), look };
    if walk.folded.sets.contains_key(&Hex::from(payload.set)) {
        return Ok(Ok(found));
    }
    match segment(tx, walk, said, (payload.set, false, "packages")).await? {
        Ok(set) => {
            found.set = set;
            Ok(Ok(found))
        }
        Err(what) => Ok(Err(what)),
    }
}

/// A segment, if it is there; the message says why it cannot be read.
async fn segment(
    tx: &mut Tx<'_>,
    walk: &mut Walk,
    said: &Said,
    (digest, look, what): (Digest, bool, &'static str),
) -> Result<Result<Option<Segment>, String>, StoreError> {
    let row = tx.row(&sql::SEGMENT_GET, |q| q.bind(digest.0.to_vec())).await?;
    let Some(row) = row else {
        let seq = u64::try_from(said.seq).unwrap_or_default();
        walk.absent.push(kept::Absent { seq, noted: said.noted, digest, look, what });
        return Ok(Ok(None));
    };
    let found = Segment::unpack(digest, &row.bytes("bytes")?);
    Ok(found.map(Some).map_err(|error| format!("the segment of its {what}: {error}")))
}

/// Compares what is kept of the tree with what the leaves give.
async fn tree(tx: &mut Tx<'_>, walk: &mut Walk, kept: &Frontier) -> Result<(), StoreError> {
    let mut tiles = BTreeMap::new();
    let mut tree = Frontier::default();
    for leaf in &walk.leaves {
        tree.push(*leaf, &mut |level, at, hash| {
            if level == TILE_LEVEL {
                tiles.insert(at, hash);
            }
        });
    }
    let held = tree.size();
    if walk.missing.is_empty() && tree != *kept && kept.size() <= held {
        walk.broken(held.saturating_sub(1), "the state of the tree does not fit the entries");
    }
    for seq in held + walk.missing.len() as u64..kept.size().min(held.saturating_add(1_000)) {
        walk.broken(seq, "the entry is missing: the tree counts it");
    }
    for row in tx.rows(&sql::TILE_LIST, |q| q).await? {
        let (number, hash) = (row.count("number")?, row.digest("hash")?);
        if tiles.remove(&number).is_some_and(|own| own != hash) && walk.missing.is_empty() {
            let what = format!("the tile over the entries {} and on is wrong", number * TILE);
            walk.broken(number * TILE, what);
        }
    }
    if walk.missing.is_empty() {
        for number in tiles.into_keys() {
            let what = format!("the tile over the entries {} and on is missing", number * TILE);
            walk.broken(number * TILE, what);
        }
    }
    Ok(())
}

/// Compares the tables with the fold.
fn compare(walk: &mut Walk, stored: &Projections) {
    let folded = std::mem::take(&mut walk.folded);
    let broken = &mut walk.broken;
    table(broken, &folded.assets, &stored.assets);
    table(broken, &folded.observations, &stored.observations);
    table(broken, &folded.sets, &stored.sets);
    table(broken, &folded.asset_sets, &stored.asset_sets);
    table(broken, &flat(&folded), &flat(stored));
    table(broken, &folded.findings, &stored.findings);
    table(broken, &folded.transitions, &stored.transitions);
    table(broken, &folded.acceptances, &stored.acceptances);
    table(broken, &folded.plans, &stored.plans);
    table(broken, &folded.approvals, &stored.approvals);
    table(broken, &folded.acts, &stored.acts);
    table(broken, &folded.events.announcements, &stored.events.announcements);
    table(broken, &folded.events.cases, &stored.events.cases);
    table(broken, &folded.events.segments, &stored.events.segments);
    table(broken, &folded.events.tells, &stored.events.tells);
    table(broken, &folded.events.objectives, &stored.events.objectives);
    table(broken, &folded.events.hosts, &stored.events.hosts);
}

fn flat(all: &Projections) -> BTreeMap<(&Scope, &Hex), &NotAssessedRow> {
    let rows = all.not_assessed.iter();
    rows.flat_map(|(scope, rows)| rows.iter().map(move |(key, row)| ((scope, key), row))).collect()
}

impl<T: Named> Named for &T {
    fn seq(&self) -> i64 {
        (*self).seq()
    }
    fn name(&self) -> String {
        (*self).name()
    }
}

fn table<K: Ord, R: Named + PartialEq + Serialize>(
    broken: &mut Vec<Broken>,
    wanted: &BTreeMap<K, R>,
    stored: &BTreeMap<K, R>,
) {
    let mut say = |row: &R, what: String| {
        broken.push(Broken { seq: u64::try_from(row.seq()).unwrap_or_default(), what });
    };
    for (key, row) in wanted {
        match stored.get(key) {
            None => say(row, format!("projection: {} is missing", row.name())),
            Some(other) if other != row => {
                let fields = different(row, other).join("`, `");
                say(row, format!("projection: {} differs in `{fields}`", row.name()));
            }
            Some(_) => {}
        }
    }
    for (key, row) in stored {
        if !wanted.contains_key(key) {
            say(row, format!("projection: {} comes from no entry", row.name()));
        }
    }
}

/// The names of the fields in which two rows differ.
fn different<R: Serialize>(a: &R, b: &R) -> Vec<String> {
    let (Ok(serde_json::Value::Object(a)), Ok(b)) =
        (serde_json::to_value(a), serde_json::to_value(b))
    else {
        return Vec::new();
    };
    a.into_iter().filter(|(name, value)| b.get(name) != Some(value)).map(|(name, _)| name).collect()
}
