//! Checkpoints: the size and root of the tree, signed (C2SP signed-note and tlog-checkpoint).
//!
//! This module knows keys and the text form. It must not know entries, files or the database.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use holdfast_model::{Digest, Pieces};

/// Longer notes are refused unread, in bytes.
const LONGEST: usize = 64 * 1024;
/// More signatures are refused.
const MOST_SIGNATURES: usize = 100;
/// An em dash and a space begin a signature line.
const SIGNATURE_MARK: &str = "\u{2014} ";

/// How a note is signed; the byte stands in the key and in its id, so that others can follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 over the text of the note (signed-note, type 0x01).
    Ed25519,
}

impl Algorithm {
    /// The type byte of signed-note.
    pub fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
        }
    }
}

/// Why a checkpoint or a proof is not believed; lower case, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteError(pub(crate) String);

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoteError {}

fn refuse<T>(message: impl Into<String>) -> Result<T, NoteError> {
    Err(NoteError(message.into()))
}

/// The first four bytes of `SHA-256(name ‖ 0x0A ‖ type ‖ public key)`.
fn key_id(name: &str, algorithm: Algorithm, key: &VerifyingKey) -> [u8; 4] {
    let mut hash = Pieces::default();
    hash.add(name.as_bytes());
    hash.add(&[0x0A, algorithm.byte()]);
    hash.add(key.as_bytes());
    let [a, b, c, d, ..] = hash.finish().0;
    [a, b, c, d]
}

/// A name fit for a key: not empty, no space, no plus.
fn name_is_sound(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

/// Signs checkpoints. Its bytes never enter the ledger.
#[derive(Clone)]
pub struct Signer {
    name: String,
    key: SigningKey,
}

impl Signer {
    /// From the origin of the log and 32 secret bytes.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, NoteError> {
        if !name_is_sound(name) {
            return refuse(format!("`{name}` cannot name a key"));
        }
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(secret) })
    }

    /// The public half.
    pub fn verifier(&self) -> Verifier {
        Verifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Signs size and root.
    pub fn sign(&self, size: u64, root: Digest) -> Checkpoint {
        let text = format!("{}\n{size}\n{}\n", self.name, BASE64.encode(root.0));
        let mut signature =
            key_id(&self.name, Algorithm::Ed25519, &self.key.verifying_key()).to_vec();
        signature.extend(self.key.sign(text.as_bytes()).to_bytes());
        let note = format!("{text}\n{SIGNATURE_MARK}{} {}\n", self.name, BASE64.encode(signature));
        Checkpoint { origin: self.name.clone(), size, root, note }
    }
}

impl fmt::Debug for Signer {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Whom to believe: the public half of a log's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

impl Verifier {
    /// Reads the form `name+id+key` of signed-note, as [`Verifier`] displays it.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return refuse("a public key has three parts with `+` between them");
        };
        let Ok(bytes) = BASE64.decode(key) else { return refuse("the public key is no base64") };
        let Some((&algorithm, bytes)) = bytes.split_first() else {
            return refuse("the public key is empty");
        };
        if algorithm != Algorithm::Ed25519.byte() {
            return refuse(format!("keys of type `{algorithm:#04x}` are not known here"));
        }
        let Some(key) = bytes.try_into().ok().and_then(|b| VerifyingKey::from_bytes(b).ok()) else {
            return refuse("the public key is no point of ed25519");
        };
        let this = Self { name: name.to_owned(), key };
        if !name_is_sound(name) || id != this.id() {
            return refuse("the public key does not fit its name and id");
        }
        Ok(this)
    }

    /// The origin of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> String {
        let [a, b, c, d] = key_id(&self.name, Algorithm::Ed25519, &self.key);
        format!("{a:02x}{b:02x}{c:02x}{d:02x}")
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[Algorithm::Ed25519.byte()], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, self.id(), BASE64.encode(key))
    }
}

/// What the tree was at a size, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// How many entries there were.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    note: String,
}

impl Checkpoint {
    /// Reads a signed note; its signatures are not checked here.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > LONGEST {
            return refuse("a checkpoint is not this long");
        }
        let Some((text, _)) = note.rsplit_once("\n\n") else {
            return refuse("an empty line before the signatures is missing");
        };
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return refuse("a checkpoint has at least three lines: origin, size, root");
        };
        if origin.is_empty() || lines.any(str::is_empty) {
            return refuse("a line of the checkpoint is empty");
        }
        let Some(number) = decimal(size) else {
            return refuse(format!("`{size}` is no size"));
        };
        let Some(root) = hash(root) else { return refuse(format!("`{root}` is no root")) };
        Ok(Self { origin: origin.to_owned(), size: number, root, note: note.to_owned() })
    }

    /// The signed note, as it is written to files.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// Checks the signature of the given key; those of others are passed over.
    pub fn verify(&self, by: &Verifier) -> Result<(), NoteError> {
        let Some((text, signatures)) = self.note.rsplit_once("\n\n") else {
            return refuse("an empty line before the signatures is missing");
        };
        if self.origin != by.name {
            return refuse(format!("it is of the log `{}`, not of `{}`", self.origin, by.name));
        }
        let text = format!("{text}\n");
        let id = key_id(&by.name, Algorithm::Ed25519, &by.key);
        for line in signatures.lines().take(MOST_SIGNATURES) {
            let Some((name, signature)) =
                line.strip_prefix(SIGNATURE_MARK).and_then(|rest| rest.split_once(' '))
            else {
                return refuse("a signature line is malformed");
            };
            let Ok(bytes) = BASE64.decode(signature) else {
                return refuse("a signature is no base64");
            };
            let Some((given, bytes)) = bytes.split_first_chunk::<4>() else { continue };
            if name != by.name || *given != id {
                continue;
            }
            let Some(signature) = bytes.try_into().ok().map(Signature::from_bytes) else {
                return refuse("the signature has the wrong length");
            };
            return match by.key.verify_strict(text.as_bytes(), &signature) {
                Ok(()) => Ok(()),
                Err(_) => refuse("the signature does not fit the text"),
            };
        }
        refuse("it is not signed by this log's key")
    }
}

/// A decimal number without leading zeroes.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A hash in base64.
pub(crate) fn hash(text: &str) -> Option<Digest> {
    BASE64.decode(text).ok()?.try_into().ok().map(Digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> Signer {
        Signer::new("log.example/a", &[9; 32]).unwrap()
    }

    #[test]
    fn the_text_is_a_signed_note() {
        let checkpoint = signer().sign(3, Digest::of(b"x"));
        let mut lines = checkpoint.note().split('\n');
        assert_eq!(lines.next(), Some("log.example/a"));
        assert_eq!(lines.next(), Some("3"));
        assert_eq!(lines.next(), Some("LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="));
        assert_eq!(lines.next(), Some(""));
        assert!(lines.next().unwrap().starts_with("\u{2014} log.example/a "));
        assert_eq!((lines.next(), lines.next()), (Some(""), None));
    }

    #[test]
    fn it_is_read_and_verified() {
        let checkpoint = signer().sign(3, Digest::of(b"x"));
        let read = Checkpoint::parse(checkpoint.note()).unwrap();
        assert_eq!(read, checkpoint);
        read.verify(&signer().verifier()).unwrap();
        let key = Verifier::parse(&signer().verifier().to_string()).unwrap();
        assert_eq!(key, signer().verifier());
    }

    /// A key and id that others computed: the example in the documentation of Go's note package.
    #[test]
    fn a_known_key_has_its_known_id() {
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(Verifier::parse(text).unwrap().to_string(), text);
        assert!(Verifier::parse(&text.replace("c74f20a3", "c74f20a4")).is_err());
    }

    #[test]
    fn a_changed_text_a_foreign_key_and_a_foreign_log_are_refused() {
        let note = signer().sign(3, Digest::of(b"x")).note().to_owned();
        let changed = Checkpoint::parse(&note.replacen("\n3\n", "\n4\n", 1)).unwrap();
        let error = changed.verify(&signer().verifier()).unwrap_err();
        assert_eq!(error.to_string(), "the signature does not fit the text");

        let read = Checkpoint::parse(&note).unwrap();
        let other = Signer::new("log.example/a", &[8; 32]).unwrap().verifier();
        assert_eq!(
            read.verify(&other).unwrap_err().to_string(),
            "it is not signed by this log's key"
        );

        let other = Signer::new("log.example/b", &[9; 32]).unwrap().verifier();
        assert!(read.verify(&other).unwrap_err().to_string().contains("not of `log.example/b`"));
    }

    #[test]
    fn signatures_of_witnesses_are_passed_over() {
        let note = signer().sign(3, Digest::of(b"x")).note().to_owned();
        let witnessed = note.replace("\n\n", "\n\n\u{2014} w.example AAAAAAAA\n");
        Checkpoint::parse(&witnessed).unwrap().verify(&signer().verifier()).unwrap();
    }

    #[test]
    fn malformed_notes_are_refused() {
        for note in
            ["", "a\n1\n", "a\n\n", "a\n01\nx\n\n", "a\n1\nxx\n\n\u{2014} a b\n", "\n1\nx\n\n"]
        {
            assert!(Checkpoint::parse(note).is_err(), "{note:?}");
        }
        assert!(Checkpoint::parse(&"a".repeat(LONGEST + 1)).is_err());
    }
}
