//! apk's order (apk-package(5), section PACKAGE VERSIONS; apk-tools' `version.c`):
//! `number{.number}…{letter}{_suffix{number}}…{~hash}{-r#}`.
//!
//! Two versions are read piece by piece. Where the pieces are of different kinds, the kind
//! decides: a pre-release suffix is below everything, then what is no version at all, then the
//! end, the revision, the hash, the number of a suffix, other suffixes, a letter, a further number.
//! The first number compares by value; a later one too, unless it begins with a zero: such ones
//! compare as text, before all others.
//!
//! Like apk we compare what is no version by the part that is one. Of three things apk 2 and 3
//! say different, and we follow the lists of comparisons that OSV's own tools keep: an empty
//! number (`1..2`) sorts before the end, digits behind a letter (`9.1p2`) count, and `-r` is `-r0`.

use holdfast_model::About;

use super::{Order, digits, never_moves, number};

/// The order of the distributions that use apk.
pub static ALPINE: Order = Order {
    about: About {
        id: "alpine",
        title: "Alpine packages",
        text: "apk-package(5): numbers, a letter, suffixes (`_alpha`, `_beta`, `_pre`, `_rc` before \
               the release; `_cvs`, `_svn`, `_git`, `_hg`, `_p` behind it), a commit's hash, the \
               revision `-r`. Alpine, Wolfi, Chainguard, Alpaquita, MinimOS.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

const PRE: u8 = 0x01;
const INVALID: u8 = 0x02;
const EMPTY: u8 = 0x03;
const END: u8 = 0x04;
const REVISION: u8 = 0x05;
const HASH: u8 = 0x06;
const SUFFIX_NUMBER: u8 = 0x07;
const POST: u8 = 0x08;
const LETTER: u8 = 0x09;
const FROM_ZERO: u8 = 0x0A;

/// What was read last, in the order in which apk allows the kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum After {
    Number,
    Letter,
    Suffix,
    SuffixNumber,
    Hash,
    Revision,
}

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    let text = version.as_bytes();
    let begins = matches!(text, [b'0'..=b'9' | b'.', ..] | [b'a'..=b'z']);
    if !begins || !text.iter().all(u8::is_ascii_graphic) {
        return false;
    }
    let (first, mut rest) = digits(text);
    match first {
        [] => out.push(EMPTY),
        found => number(found, out),
    }
    let mut after = After::Number;
    // Where a revision of zero begins; what is no version may stand behind it.
    let mut empty_revision = None;
    while !rest.is_empty() {
        let length = out.len();
        let Some((kind, behind)) = piece(after, rest, out) else {
            out.truncate(empty_revision.unwrap_or(length));
            out.push(INVALID);
            return true;
        };
        let is_zero = |rest: &[u8], behind: &[u8]| {
            let read = rest.get(2..rest.len() - behind.len()).unwrap_or_default();
            read.iter().all(|digit| *digit == b'0')
        };
        if kind == After::Revision && is_zero(rest, behind) {
            empty_revision = Some(length);
        }
        (after, rest) = (kind, behind);
    }
    out.push(END);
    true
}

/// Appends one piece, and returns its kind and what follows it; `None` for what is none.
fn piece<'a>(after: After, rest: &'a [u8], out: &mut Vec<u8>) -> Option<(After, &'a [u8])> {
    match rest {
        [b'.', behind @ ..] if after == After::Number => {
            let (found, behind) = digits(behind);
            match found {
                [] => out.push(EMPTY),
                [b'0', ..] => {
                    out.push(FROM_ZERO);
                    out.extend_from_slice(found);
                    out.push(0);
                }
                found => number(found, out),
            }
            Some((After::Number, behind))
        }
        [letter @ b'a'..=b'z', behind @ ..] if after == After::Number => {
            out.extend_from_slice(&[LETTER, *letter]);
            Some((After::Letter, behind))
        }
        [b'0'..=b'9', ..] if after == After::Letter => {
            let (found, behind) = digits(rest);
            number(found, out);
            Some((After::Number, behind))
        }
        [b'0'..=b'9', ..] if after == After::Suffix => {
            let (found, behind) = digits(rest);
            out.push(SUFFIX_NUMBER);
            number(found, out);
            Some((After::SuffixNumber, behind))
        }
        [b'_', behind @ ..] if after <= After::SuffixNumber => {
            let count = behind.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
            let (word, behind) = behind.split_at_checked(count)?;
            out.extend_from_slice(&suffix(word)?);
            Some((After::Suffix, behind))
        }
        [b'~', behind @ ..] if after < After::Hash => {
            let count = behind.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            let (hash, behind) = behind.split_at_checked(count)?;
            if hash.is_empty() {
                return None;
            }
            out.push(HASH);
            out.extend_from_slice(hash);
            out.push(0);
            Some((After::Hash, behind))
        }
        [b'-', b'r', behind @ ..] if after < After::Revision => {
            let (found, behind) = digits(behind);
            out.push(REVISION);
            number(found, out);
            Some((After::Revision, behind))
        }
        _ => None,
    }
}

/// The kind of a suffix and its place among those of its kind.
fn suffix(word: &[u8]) -> Option<[u8; 2]> {
    const BEFORE: [&[u8]; 4] = [b"alpha", b"beta", b"pre", b"rc"];
    const BEHIND: [&[u8]; 5] = [b"cvs", b"svn", b"git", b"hg", b"p"];
    let place = |words: &[&[u8]]| {
        let at = words.iter().position(|known| *known == word)?;
        u8::try_from(at).ok()
    };
    place(&BEFORE).map(|at| [PRE, at]).or_else(|| place(&BEHIND).map(|at| [POST, at]))
}
