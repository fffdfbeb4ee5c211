//! Identity: one definition of a finding's key. Never in a key: line, version, severity, title,
//! description, build number, or whatever a tool may reword.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{AssetId, Fields, FindingKind, WeaknessId};

/// Where on an asset a weakness sits, as far as identity is concerned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locus {
    /// An operating system package: its purl without version, and no path.
    SystemPackage {
        /// Package URL without version.
        purl: Arc<str>,
    },
    /// A language package: its purl without version and the root-relative path of the file it was
    /// read from, the lockfile if there are both.
    LanguagePackage {
        /// Package URL without version.
        purl: Arc<str>,
        /// Root-relative path.
        path: Arc<str>,
    },
    /// A file as a whole, e.g. one that cannot be read, or an acceptance list.
    File {
        /// Root-relative path.
        path: Arc<str>,
        /// What in it is meant, e.g. the id of an acceptance; empty for the file itself.
        item: Arc<str>,
    },
    /// A resource of a host, as controls name it; with the criteria of a `Match` block where the
    /// setting is only for some.
    Setting {
        /// The resource's text: `sshd PermitRootLogin`.
        resource: Arc<str>,
        /// For whom; empty for everybody.
        scope: Arc<str>,
    },
    /// The asset as a whole, in one respect, e.g. the ecosystem that lacks a feed.
    Asset {
        /// The respect.
        respect: Arc<str>,
    },
}

impl Locus {
    /// The path it names, if it names one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::LanguagePackage { path, .. } | Self::File { path, .. } => Some(path),
            Self::SystemPackage { .. } | Self::Setting { .. } | Self::Asset { .. } => None,
        }
    }

    fn fields(&self, fields: Fields) -> Fields {
        match self {
            Self::SystemPackage { purl } => fields.field(b"system").field(purl.as_bytes()),
            Self::LanguagePackage { purl, path } => {
                fields.field(b"language").field(purl.as_bytes()).field(path.as_bytes())
            }
            Self::File { path, item } => {
                fields.field(b"file").field(path.as_bytes()).field(item.as_bytes())
            }
            Self::Setting { resource, scope } => {
                fields.field(b"setting").field(resource.as_bytes()).field(scope.as_bytes())
            }
            Self::Asset { respect } => fields.field(b"asset").field(respect.as_bytes()),
        }
    }
}

/// The part of a key that is the same on every asset: baselines, SARIF of trees and editors use it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalKey(pub [u8; 16]);

/// The identity of a finding (or of a could-not-check row) on one asset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 16]);

impl LocalKey {
    /// From the kind of finding, the weakness and the locus.
    pub fn new(kind: FindingKind, weakness: &WeaknessId, locus: &Locus) -> Self {
        let fields = Fields::new("holdfast local key 1")
            .field(kind.word().as_bytes())
            .field(weakness.0.as_bytes());
        Self(first_half(locus.fields(fields)))
    }
}

impl Key {
    /// From the asset and the local key.
    pub fn new(asset: &AssetId, local: LocalKey) -> Self {
        Self(first_half(Fields::new("holdfast key 1").field(asset.0.as_bytes()).field(&local.0)))
    }
}

fn first_half(fields: Fields) -> [u8; 16] {
    let mut out = [0; 16];
    for (to, from) in out.iter_mut().zip(fields.finish().0) {
        *to = from;
    }
    out
}

/// Crockford's base 32 without I, L, O, U: readable aloud, safe to paste.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The letters of a key; documents hold many keys.
fn base32(bytes: &[u8; 16]) -> [u8; 26] {
    let mut text = [0; 26];
    // Five bytes are eight letters; behind the last byte, which has two, stand two bits of zero.
    for (letters, some) in text.chunks_mut(8).zip(bytes.chunks(5)) {
        let number = some.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        let mut rest = if some.len() == 5 { number } else { number << 2 };
        for letter in letters.iter_mut().rev() {
            let index = usize::try_from(rest & 31).unwrap_or_default();
            *letter = ALPHABET.get(index).copied().unwrap_or(b'0');
            rest >>= 5;
        }
    }
    text
}

fn parse_base32(text: &str) -> Option<[u8; 16]> {
    if text.len() != 26 {
        return None;
    }
    let mut number: u128 = 0;
    for (place, letter) in text.bytes().enumerate() {
        let value = ALPHABET.iter().position(|known| *known == letter.to_ascii_uppercase())?;
        let value = u128::try_from(value).ok()?;
        if place == 25 {
            number = (number << 3) | (value >> 2);
        } else {
            number = (number << 5) | value;
        }
    }
    Some(number.to_be_bytes())
}

macro_rules! written_in_base_32 {
    ($name:ident) => {
        impl $name {
            /// Reads the full form of 26 letters and digits.
            pub fn parse(text: &str) -> Option<Self> {
                parse_base32(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(str::from_utf8(&base32(&self.0)).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match str::from_utf8(&base32(&self.0)) {
                    Ok(text) => serializer.serialize_str(text),
                    Err(error) => Err(serde::ser::Error::custom(error)),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("expected a key"))
            }
        }
    };
}

written_in_base_32!(LocalKey);
written_in_base_32!(Key);

/// How many letters of each of some keys tell them apart; at least two.
pub fn shortest_unique(keys: &[Key]) -> usize {
    let mut texts: Vec<String> = keys.iter().map(ToString::to_string).collect();
    texts.sort_unstable();
    texts.dedup();
    let common = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    texts
        .windows(2)
        .filter_map(|pair| match pair {
            [a, b] => Some(common(a, b) + 1),
            _ => None,
        })
        .max()
        .unwrap_or(2)
        .max(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_written_as_one_number() {
        let counted = std::array::from_fn(|at| u8::try_from(at + 1).unwrap());
        let texts = [
            ([0; 16], "00000000000000000000000000"),
            ([0xFF; 16], "ZZZZZZZZZZZZZZZZZZZZZZZZZW"),
            (counted, "041061050R3GG28A1C60T3GF20"),
        ];
        for (bytes, text) in texts {
            assert_eq!(Key(bytes).to_string(), text);
            assert_eq!(serde_json::to_string(&Key(bytes)).unwrap(), format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Key>(&format!("\"{text}\"")).unwrap(), Key(bytes));
        }
    }

    proptest! {
        #[test]
        fn keys_round_trip(bytes: [u8; 16]) {
            let key = Key(bytes);
            prop_assert_eq!(Key::parse(&key.to_string()), Some(key));
            prop_assert_eq!(Key::parse(&key.to_string().to_lowercase()), Some(key));
        }

        #[test]
        fn the_text_orders_like_the_bytes(a: [u8; 16], b: [u8; 16]) {
            prop_assert_eq!(Key(a).cmp(&Key(b)), Key(a).to_string().cmp(&Key(b).to_string()));
        }

        #[test]
        fn short_forms_are_unique(set in proptest::collection::btree_set(any::<[u8; 16]>(), 0..50)) {
            let keys: Vec<Key> = set.into_iter().map(Key).collect();
            let length = shortest_unique(&keys);
            let mut short: Vec<String> =
                keys.iter().map(|key| key.to_string().chars().take(length).collect()).collect();
            short.sort();
            short.dedup();
            prop_assert_eq!(short.len(), keys.len());
        }
    }
}
