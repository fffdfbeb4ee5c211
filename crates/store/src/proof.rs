//! Proofs that stand alone: index, path and checkpoint in one text (C2SP tlog-proof, version 1).
//!
//! Whoever holds such a text, the entry and the log's public key needs no server and no database.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use holdfast_model::Digest;

use crate::checkpoint::{Checkpoint, NoteError, Verifier, decimal, hash};
use crate::merkle;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// A path in a tree of 2^63 leaves.
const LONGEST_PATH: usize = 63;

/// The bytes that a leaf stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The entry's header, as hashed.
    pub header: Vec<u8>,
    /// Its payload, or the digest that is left of it.
    pub body: Body,
}

/// A payload with its salt, or what is left when it was redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// All of it.
    Whole {
        /// 16 random bytes.
        salt: Vec<u8>,
        /// Canonical JSON.
        payload: Vec<u8>,
    },
    /// `SHA-256(salt ‖ payload)`, of a payload that was taken away.
    Redacted(Digest),
}

impl Leaf {
    /// The hash that stands in the tree.
    pub fn hash(&self) -> Digest {
        let payload = match &self.body {
            Body::Whole { salt, payload } => merkle::payload_digest(salt, payload),
            Body::Redacted(digest) => *digest,
        };
        merkle::leaf_hash(&self.header, &payload)
    }
}

/// What a proof says once it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The position of the entry.
    pub seq: u64,
    /// The checkpoint that it is proven against.
    pub checkpoint: Checkpoint,
}

/// Writes a proof.
pub(crate) fn write(seq: u64, path: &[Digest], checkpoint: &Checkpoint) -> String {
    let mut text = format!("{FIRST_LINE}\nindex {seq}\n");
    for hash in path {
        text.push_str(&BASE64.encode(hash.0));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(checkpoint.note());
    text
}

/// Checks that the entry stands in the log, by the proof's text and the log's public key alone.
pub fn verify_proof(text: &str, leaf: &Leaf, by: &Verifier) -> Result<Proven, NoteError> {
    let refuse = |message: &str| Err(NoteError(message.to_owned()));
    let Some((head, note)) = text.split_once("\n\n") else {
        return refuse("an empty line before the checkpoint is missing");
    };
    let mut lines = head.split('\n');
    if lines.next() != Some(FIRST_LINE) {
        return refuse("this is no transparency log proof of version 1");
    }
    // Extra data is opaque to us and proves nothing.
    let Some(seq) = lines
        .find(|line| !line.starts_with("extra "))
        .and_then(|line| line.strip_prefix("index "))
        .and_then(decimal)
    else {
        return refuse("the index is missing");
    };
    let Some(path) = lines.take(LONGEST_PATH + 1).map(hash).collect::<Option<Vec<_>>>() else {
        return refuse("a hash of the path is malformed");
    };
    let checkpoint = Checkpoint::parse(note)?;
    checkpoint.verify(by)?;
    if !merkle::verify_inclusion(&leaf.hash(), seq, checkpoint.size, &path, &checkpoint.root) {
        return refuse("the entry is not the one that the checkpoint covers");
    }
    Ok(Proven { seq, checkpoint })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Signer;

    fn leaf(n: u8) -> Leaf {
        let body = Body::Whole { salt: vec![n; 16], payload: b"{}".to_vec() };
        Leaf { header: vec![n], body }
    }

    fn log() -> (Signer, Vec<Digest>) {
        (Signer::new("log.example", &[1; 32]).unwrap(), (0..5).map(|n| leaf(n).hash()).collect())
    }

    fn proof_of(seq: usize) -> String {
        let (signer, leaves) = log();
        let checkpoint = signer.sign(5, merkle::root(&leaves));
        write(seq as u64, &merkle::inclusion(&leaves, seq).unwrap(), &checkpoint)
    }

    #[test]
    fn a_proof_holds_for_its_entry_only() {
        let by = log().0.verifier();
        for seq in 0..5 {
            let proven = verify_proof(&proof_of(seq.into()), &leaf(seq), &by).unwrap();
            assert_eq!((proven.seq, proven.checkpoint.size), (u64::from(seq), 5));
            assert!(verify_proof(&proof_of(seq.into()), &leaf(seq + 1), &by).is_err());
        }
    }

    #[test]
    fn a_redacted_entry_is_still_proven() {
        let Body::Whole { salt, payload } = leaf(2).body else { panic!("whole") };
        let body = Body::Redacted(merkle::payload_digest(&salt, &payload));
        verify_proof(&proof_of(2), &Leaf { header: vec![2], body }, &log().0.verifier()).unwrap();
    }

    #[test]
    fn extra_lines_are_passed_over_and_malformed_texts_refused() {
        let by = log().0.verifier();
        let good = proof_of(3);
        let extra = good.replacen("\nindex", "\nextra AAAA\nindex", 1);
        verify_proof(&extra, &leaf(3), &by).unwrap();
        let (first, rest) = good.split_once('\n').unwrap();
        for bad in [
            "",
            FIRST_LINE,
            rest,
            &good.replace("index 3", "index 03"),
            &good.replace("index 3\n", ""),
            &good.replace("index 3", "index 2"),
            &format!("{first}\nindex 3\n!\n\n{}", good.split_once("\n\n").unwrap().1),
        ] {
            assert!(verify_proof(bad, &leaf(3), &by).is_err(), "{bad:?}");
        }
    }
}
