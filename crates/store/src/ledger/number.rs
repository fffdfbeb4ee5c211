//! How entries get their numbers: they wait unnumbered, and one sequencer numbers them, extends the
//! tree and signs.
//!
//! Inserting and numbering are separate, so that many may insert while one numbers; an embedded
//! store does both in one transaction.

use holdfast_model::Timestamp;
use serde::Serialize;

use super::{Committed, Random, TILE_LEVEL, frontier};
use crate::checkpoint::Signer;
use crate::entry::{Entry, EntryKind, Header, SALT};
use crate::error::StoreError;
use crate::merkle;
use crate::rows::Hex;
use crate::sql;
use crate::tx::{MOST_BESIDE, Tx, position};

/// An entry whose bytes are written: what is hashed behind its salt.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) kind: EntryKind,
    pub(crate) happened: Timestamp,
    pub(crate) who: String,
    /// Canonical JSON of reason and payload.
    pub(crate) body: String,
}

impl Draft {
    pub(crate) fn of(entry: &Entry) -> Result<Self, StoreError> {
        let Entry { kind, happened, .. } = *entry;
        Ok(Self { kind, happened, who: entry.who.clone(), body: entry.body()? })
    }
}

/// An entry that waits. Its payload travels as it is beside the rows: as text within JSON every
/// quote of it would be masked and unmasked.
#[derive(Serialize)]
struct InboxRow {
    id: Hex,
    kind: i64,
    happened: i64,
    noted: i64,
    who: String,
    salt: Hex,
    payload_digest: Hex,
    /// The first byte of its payload among those beside it, counted from one.
    first: usize,
    length: usize,
}

#[derive(Serialize)]
struct NumberedRow {
    seq: u64,
    id: Hex,
    header: Hex,
    leaf: Hex,
}

/// Puts entries down, unnumbered. Their ids sort by the time they were noted, then by `random`,
/// then by their order here.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    drafts: Vec<Draft>,
    noted: Timestamp,
    random: Random<'_>,
) -> Result<(), StoreError> {
    let mut batch = [0; 4];
    random(&mut batch);
    let (mut rows, mut payloads) = (Vec::with_capacity(drafts.len()), Vec::new());
    for (draft, at) in drafts.into_iter().zip(0_u32..) {
        let mut salt = vec![0; SALT];
        random(&mut salt);
        // The sign bit is turned so that bytes sort as numbers do.
        let time = noted.0.cast_unsigned() ^ (1 << 63);
        let id = [time.to_be_bytes().as_slice(), &batch, &at.to_be_bytes()].concat();
        rows.push(InboxRow {
            id: Hex(id),
            kind: draft.kind.code(),
            happened: draft.happened.0,
            noted: noted.0,
            who: draft.who,
            payload_digest: merkle::payload_digest(&salt, draft.body.as_bytes()).into(),
            salt: Hex(salt),
            first: payloads.len() + 1,
            length: draft.body.len(),
        });
        payloads.extend_from_slice(draft.body.as_bytes());
        if payloads.len() >= MOST_BESIDE {
            let beside = std::mem::take(&mut payloads);
            tx.bulk_beside(&sql::INBOX_PUT, &rows, beside).await?;
            rows.clear();
        }
    }
    if rows.is_empty() { Ok(()) } else { tx.bulk_beside(&sql::INBOX_PUT, &rows, payloads).await }
}

/// Numbers what waits, extends the tree and writes a checkpoint; the numbers that were given.
pub(crate) async fn number(
    tx: &mut Tx<'_>,
    signer: &Signer,
    noted: Timestamp,
) -> Result<Committed, StoreError> {
    let mut tree = frontier(tx).await?;
    let first = tree.size();
    let mut tiles = Vec::new();
    let mut rows = Vec::new();
    for row in tx.rows(&sql::INBOX_LIST, |q| q).await? {
        let Some(kind) = EntryKind::from_code(row.int("kind")?) else {
            return Err(tx.corrupt("an entry that waits has an unknown kind"));
        };
        let header = Header {
            seq: tree.size(),
            kind,
            happened: Timestamp(row.int("happened")?),
            noted: Timestamp(row.int("noted")?),
            who: row.text("who")?,
        };
        let bytes = header.to_bytes();
        let leaf = merkle::leaf_hash(&bytes, &row.digest("payload_digest")?);
        tree.push(leaf, &mut |level, at, hash| {
            if level == TILE_LEVEL {
                tiles.push((at, hash));
            }
        });
        let id = Hex(row.bytes("id")?);
        rows.push(NumberedRow { seq: header.seq, id, header: Hex(bytes), leaf: leaf.into() });
    }
    let checkpoint = signer.sign(tree.size(), tree.root());
    let Some(last) = rows.last().map(|row| row.id.0.clone()) else {
        return Ok(Committed { seqs: first..first, checkpoint });
    };
    tx.bulk(&sql::ENTRY_NUMBER, &rows, |q| q).await?;
    tx.run(&sql::INBOX_CLEAR, |q| q.bind(last)).await?;
    for (at, hash) in tiles {
        tx.run(&sql::TILE_PUT, |q| q.bind(position(at)).bind(hash.0.to_vec())).await?;
    }
    tx.run(&sql::TREE_PUT, |q| q.bind(position(tree.size())).bind(tree.to_bytes())).await?;
    let note = checkpoint.note().to_owned();
    tx.run(&sql::CHECKPOINT_PUT, |q| q.bind(position(tree.size())).bind(noted.0).bind(note))
        .await?;
    Ok(Committed { seqs: first..tree.size(), checkpoint })
}
