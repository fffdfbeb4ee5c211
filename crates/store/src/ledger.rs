//! The ledger: appending entries, reading them, proving that they stand there.
//!
//! How they get their numbers is told in [`number`].

use std::ops::Range;

use holdfast_model::{Acceptance, Digest, Timestamp};
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::checkpoint::{Checkpoint, Signer};
use crate::entry::{Entry, EntryKind, Header};
use crate::error::StoreError;
use crate::fold::{self, Said, Segments};
use crate::merkle::{self, Frontier};
use crate::proof::{self, Body, Leaf};
use crate::rows::Hex;
use crate::tx::{Got, Tx, position};
use crate::{Store, project, sql};

mod number;

pub(crate) use number::{Draft, insert, number};

/// Fills a slice with random bytes.
pub type Random<'r> = &'r mut (dyn FnMut(&mut [u8]) + Send);

/// Leaves under one tile, as the power of two.
pub(crate) const TILE_LEVEL: u32 = 8;
/// Leaves under one tile.
pub(crate) const TILE: u64 = 1 << TILE_LEVEL;
/// Entries read at once.
pub(crate) const PAGE: i64 = 1_000;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The numbers of the new entries; empty where nothing had to be written.
    pub seqs: Range<u64>,
    /// The checkpoint over everything so far.
    pub checkpoint: Checkpoint,
}

/// An entry as it stands in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// What is hashed in clear.
    pub header: Header,
    /// Why; `None` once it was redacted.
    pub why: Option<String>,
    /// The rest; `None` once it was redacted.
    pub payload: Option<Value>,
    /// The bytes behind its leaf, for proofs.
    pub leaf: Leaf,
}

/// A row of the table, nothing checked.
#[derive(Debug)]
pub(crate) struct EntryRow {
    pub(crate) seq: u64,
    pub(crate) kind: i64,
    pub(crate) header: Vec<u8>,
    pub(crate) salt: Option<Vec<u8>>,
    pub(crate) payload: Option<String>,
    pub(crate) payload_digest: Digest,
    pub(crate) leaf: Digest,
}

impl EntryRow {
    pub(crate) fn read(row: &Got) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.count("seq")?,
            kind: row.int("kind")?,
            header: row.bytes("header")?,
            salt: row.maybe_bytes("salt")?,
            payload: row.maybe_text("payload")?,
            payload_digest: row.digest("payload_digest")?,
            leaf: row.digest("leaf")?,
        })
    }

    /// The payload's JSON object of `body` and `why`.
    fn value(&self) -> Option<Value> {
        self.payload.as_deref().and_then(|text| serde_json::from_str(text).ok())
    }

    /// What a fold needs.
    pub(crate) fn said(&self, header: &Header) -> Said {
        let body = self.value().and_then(|mut value| value.get_mut("body").map(Value::take));
        Said {
            seq: position(self.seq),
            kind: header.kind,
            happened: header.happened,
            noted: header.noted,
            body,
        }
    }

    pub(crate) fn recorded(self) -> Option<Recorded> {
        let header = Header::parse(&self.header)?;
        let value = self.value();
        let why = value.as_ref().and_then(|value| value.get("why")?.as_str().map(str::to_owned));
        let payload = value.and_then(|mut value| value.get_mut("body").map(Value::take));
        let body = match (self.salt, self.payload) {
            (Some(salt), Some(payload)) => Body::Whole { salt, payload: payload.into_bytes() },
            _ => Body::Redacted(self.payload_digest),
        };
        Some(Recorded { header, why, payload, leaf: Leaf { header: self.header, body } })
    }
}

/// The state of the tree.
pub(crate) async fn frontier(tx: &mut Tx<'_>) -> Result<Frontier, StoreError> {
    let Some(row) = tx.row(&sql::TREE_GET, |q| q).await? else {
        return Ok(Frontier::default());
    };
    Frontier::from_bytes(row.count("size")?, &row.bytes("peaks")?)
        .ok_or_else(|| tx.corrupt("the state of the ledger's tree does not fit its size"))
}

/// The last checkpoint.
pub(crate) async fn last_checkpoint(tx: &mut Tx<'_>) -> Result<Option<Checkpoint>, StoreError> {
    let Some(row) = tx.row(&sql::CHECKPOINT_LAST, |q| q).await? else { return Ok(None) };
    let checkpoint = Checkpoint::parse(&row.text("note")?);
    checkpoint.map(Some).map_err(|error| tx.corrupt(format!("the last checkpoint: {error}")))
}

/// Numbers entries and folds them in, within a transaction that the caller commits.
pub(crate) async fn append_in(
    tx: &mut Tx<'_>,
    signer: &Signer,
    entries: &[Entry],
    noted: Timestamp,
    random: Random<'_>,
) -> Result<Committed, StoreError> {
    let drafts = entries.iter().map(Draft::of).collect::<Result<Vec<_>, _>>()?;
    insert(tx, drafts, noted, random).await?;
    let committed = number(tx, signer, noted).await?;
    for (entry, seq) in entries.iter().zip(committed.seqs.clone()) {
        let body = Some(entry.payload.clone());
        let Entry { kind, happened, .. } = *entry;
        let said = Said { seq: position(seq), kind, happened, noted, body };
        let change = fold::change(&said, &Segments::default()).map_err(StoreError::refused)?;
        project::write(tx, &change).await?;
    }
    Ok(committed)
}

impl Store {
    /// Appends entries that belong to no look: acceptances, what was started and finished, feeds.
    ///
    /// Refuses looks and their steps ([`Store::commit_look`] writes those), plans and what is said
    /// of them and done with them ([`Store::plan_propose`] and its neighbours do), and acceptances
    /// whose payload is no `Acceptance`.
    pub async fn append(
        &self,
        entries: Vec<Entry>,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<Committed, StoreError> {
        for entry in &entries {
            match entry.kind {
                EntryKind::Decision | EntryKind::Feed => {}
                EntryKind::Started | EntryKind::Finished => {
                    let of = |name: &str| entry.payload.get(name).is_some();
                    if of("plan") || of("tell") {
                        let message =
                            "what is done with plans and messages is not appended by hand";
                        return Err(StoreError::refused(message));
                    }
                }
                EntryKind::Acceptance => {
                    Acceptance::deserialize(&entry.payload).map_err(|error| {
                        StoreError::refused(format!("the payload is no acceptance: {error}"))
                    })?;
                }
                EntryKind::StoreOpened
                | EntryKind::Observation
                | EntryKind::Transition
                | EntryKind::Redacted
                | EntryKind::Plan
                | EntryKind::Approval
                | EntryKind::Access
                | EntryKind::Announcement
                | EntryKind::Case
                | EntryKind::Events
                | EntryKind::Tell
                | EntryKind::Told
                | EntryKind::Objective
                | EntryKind::Retention
                | EntryKind::Host => {
                    let word = entry.kind.word();
                    return Err(StoreError::refused(format!("`{word}` is not appended by hand")));
                }
            }
        }
        self.record(&entries, noted, random, None).await
    }

    /// Takes the payload and the reason of an entry away; its digest stays, so that every proof
    /// still holds. A new entry says who did it and why.
    ///
    /// Its bytes are overwritten in the database; the write-ahead log loses them when the store is
    /// closed. Copies, backups and exports are out of reach.
    pub async fn redact(
        &self,
        seq: u64,
        who: &str,
        why: &str,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<Committed, StoreError> {
        let recorded = self.entry(seq).await?;
        if !recorded.header.kind.redactable() {
            let word = recorded.header.kind.word();
            return Err(StoreError::refused(format!("an entry of kind `{word}` must stay whole")));
        }
        let entry = Entry {
            kind: EntryKind::Redacted,
            happened: noted,
            who: who.to_owned(),
            why: why.to_owned(),
            payload: json!({ "seq": seq }),
        };
        self.record(&[entry], noted, random, Some(seq)).await
    }

    /// Writes entries and folds them in, in one transaction.
    pub(crate) async fn record(
        &self,
        entries: &[Entry],
        noted: Timestamp,
        random: Random<'_>,
        redact: Option<u64>,
    ) -> Result<Committed, StoreError> {
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        if let Some(seq) = redact {
            tx.run(&sql::ENTRY_REDACT, |q| q.bind(position(seq))).await?;
        }
        let committed = append_in(&mut tx, signer, entries, noted, random).await?;
        tx.commit().await?;
        Ok(committed)
    }

    /// One entry.
    pub async fn entry(&self, seq: u64) -> Result<Recorded, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let row = tx.row(&sql::ENTRY_GET, |q| q.bind(position(seq))).await?;
        let row = row.ok_or(StoreError::NoSuchEntry { seq })?;
        let recorded = EntryRow::read(&row)?.recorded();
        recorded.ok_or_else(|| tx.corrupt(format!("the header of entry {seq} cannot be read")))
    }

    /// Entries below a number, or from the last one on, newest first; at most 1,000.
    ///
    /// An entry whose header cannot be read is left out: its number is missing from the list, its
    /// neighbours are not, and [`Store::verify`] says what is wrong with it.
    pub async fn entries(
        &self,
        below: Option<u64>,
        most: u32,
    ) -> Result<Vec<Recorded>, StoreError> {
        let below = below.map_or(i64::MAX, position);
        let most = i64::from(most).min(PAGE);
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let rows = tx.rows(&sql::ENTRY_PAGE, |q| q.bind(below).bind(most)).await?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            entries.extend(EntryRow::read(&row)?.recorded());
        }
        Ok(entries)
    }

    /// The last checkpoint: what to keep elsewhere, so that nobody can rewrite the record unseen.
    pub async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        last_checkpoint(&mut tx).await
    }

    /// The proof that an entry stands in the ledger (C2SP tlog-proof), for
    /// [`verify_proof`](crate::verify_proof).
    ///
    /// It reads at most 256 leaves and one hash for every 256 others.
    pub async fn proof(&self, seq: u64) -> Result<String, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        proof_in(&mut tx, seq).await
    }

    /// The proof that the ledger only grew since it had `old` entries (RFC 6962, section 2.1.2).
    pub async fn consistency(&self, old: u64) -> Result<Vec<Digest>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let mut all = Vec::new();
        for row in tx.rows(&sql::ENTRY_LEAVES, |q| q.bind(0_i64).bind(i64::MAX)).await? {
            all.push(row.digest("leaf")?);
        }
        let old_size = usize::try_from(old).unwrap_or(usize::MAX);
        merkle::consistency(&all, old_size).ok_or(StoreError::NoSuchEntry { seq: old })
    }

    /// Gives every entry as one line of JSON, the oldest first, then the last checkpoint as
    /// `{"checkpoint": …}`. `line` may end it early by returning `false`.
    pub async fn export(&self, line: &mut dyn FnMut(&str) -> bool) -> Result<(), StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let mut next = 0;
        loop {
            let rows = tx.rows(&sql::ENTRY_LIST, |q| q.bind(next).bind(PAGE)).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let row = EntryRow::read(&row)?;
                next = position(row.seq).saturating_add(1);
                if !line(&exported(row)) {
                    return Ok(());
                }
            }
        }
        if let Some(checkpoint) = last_checkpoint(&mut tx).await? {
            line(&json!({ "checkpoint": checkpoint.note() }).to_string());
        }
        Ok(())
    }
}

/// The proof of one entry, within a transaction.
pub(crate) async fn proof_in(tx: &mut Tx<'_>, seq: u64) -> Result<String, StoreError> {
    let none = StoreError::NoSuchEntry { seq };
    let Some(checkpoint) = last_checkpoint(tx).await? else { return Err(none) };
    if seq >= checkpoint.size {
        return Err(none);
    }
    let mut tiles = Vec::new();
    for row in tx.rows(&sql::TILE_LIST, |q| q).await? {
        tiles.push(row.digest("hash")?);
    }
    let number = seq / TILE;
    let ends = checkpoint.size / TILE;
    let own = leaves(tx, number * TILE, checkpoint.size).await?;
    if !checkpoint.size.is_multiple_of(TILE) {
        let rest = leaves(tx, ends * TILE, checkpoint.size).await?;
        tiles.push(merkle::root(&rest));
    }
    let path = usize::try_from(seq % TILE).ok().zip(usize::try_from(number).ok()).and_then(
        |(within, number)| {
            let mut path = merkle::inclusion(&own, within)?;
            path.extend(merkle::inclusion(&tiles, number)?);
            Some(path)
        },
    );
    let path = path.ok_or_else(|| tx.corrupt("leaves of the ledger are missing"))?;
    Ok(proof::write(seq, &path, &checkpoint))
}

/// The leaves of the tile that begins at `from`, as far as it goes.
async fn leaves(tx: &mut Tx<'_>, from: u64, size: u64) -> Result<Vec<Digest>, StoreError> {
    let to = from.saturating_add(TILE).min(size);
    let rows = tx.rows(&sql::ENTRY_LEAVES, |q| q.bind(position(from)).bind(position(to))).await?;
    rows.iter().map(|row| row.digest("leaf")).collect()
}

fn exported(row: EntryRow) -> String {
    let hex = |bytes: &[u8]| Hex(bytes.to_vec()).text();
    let (seq, salt, leaf) = (row.seq, row.salt.as_deref().map(hex), row.leaf);
    let (header, digest) = (hex(&row.header), row.payload_digest);
    let text = row.payload.clone();
    match row.recorded() {
        Some(entry) => json!({
            "seq": seq,
            "kind": entry.header.kind.word(),
            "happened": entry.header.happened.to_string(),
            "noted": entry.header.noted.to_string(),
            "who": entry.header.who,
            "why": entry.why,
            "payload": entry.payload,
            "header": header,
            "salt": salt,
            "hashed": text,
            "payload_digest": digest,
            "leaf": leaf,
        }),
        None => json!({ "seq": seq, "header": header, "payload_digest": digest, "leaf": leaf }),
    }
    .to_string()
}
