//! Composer's order: Composer normalises (its `VersionParser`), PHP compares (`version_compare`).
//!
//! A leading `v` and build metadata go, numbers are filled up to four, words are read without
//! regard to letter case. Then the parts compare one by one: unknown words, `dev`, `alpha`, `beta`,
//! `RC`, the end, numbers, `patch`. What PHP does with `#` (equal to every number) is no order;
//! Composer knows no such versions, and here a `#` says nothing.
//!
//! Names of branches (`dev-main`, `2.x-dev`) have a place in the order, but say nothing of what was
//! installed.

use holdfast_model::About;

use super::{Order, digits, number};

/// The order of PHP packages.
pub static COMPOSER: Order = Order {
    about: About {
        id: "composer",
        title: "PHP packages",
        text: "Composer's normal form compared by PHP's `version_compare`: four numbers, then \
               `dev`, `alpha`, `beta`, `RC`, the release, further numbers, `patch`; names of \
               branches are no versions.",
        file: file!(),
    },
    epochs: false,
    moves,
    encode,
};

const UNKNOWN: u8 = 0x01;
const DEV: u8 = 0x02;
const ALPHA: u8 = 0x03;
const BETA: u8 = 0x04;
const CANDIDATE: u8 = 0x05;
const END: u8 = 0x06;
const NUMERIC: u8 = 0x07;
const PATCH: u8 = 0x08;

/// How many numbers Composer's normal form has.
const NUMBERS: usize = 4;
/// What Composer writes for the open end of a branch such as `2.x`.
const OPEN: &[u8] = b"9999999";

/// Whether it names a branch, whose content moves.
fn moves(version: &str) -> bool {
    let is = |part: &[u8], word: &[u8]| part.eq_ignore_ascii_case(word);
    let text = version.as_bytes();
    text.first_chunk::<4>().is_some_and(|head| is(head, b"dev-"))
        || text.last_chunk::<4>().is_some_and(|tail| is(tail, b"-dev"))
}

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    let text = version.strip_prefix(['v', 'V']).unwrap_or(version);
    let text = text.split('+').next().unwrap_or_default().as_bytes();
    if text.is_empty() || text.iter().any(|byte| byte.is_ascii_control() || *byte == b' ') {
        return false;
    }
    let mut rest = numbers(text, out);
    while let Some((part, behind)) = part(rest) {
        rest = behind;
        if part.first().is_some_and(u8::is_ascii_digit) {
            out.push(NUMERIC);
            number(part, out);
        } else if part == b"stable" {
            // Composer leaves out whatever follows it, and reads it in small letters only.
            break;
        } else {
            out.extend(rank(part));
        }
    }
    out.push(END);
    true
}

/// Appends the first four numbers, filled up; returns what follows them.
fn numbers<'a>(text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let mut rest = text;
    let mut count = 0_usize;
    let mut fill: &[u8] = b"";
    while let Some((found, behind)) = part(rest).filter(|_| count < NUMBERS) {
        if count > 0 && matches!(found, b"x" | b"X" | b"*") {
            fill = OPEN;
        } else if !found.first().is_some_and(u8::is_ascii_digit) {
            break;
        } else {
            number(found, out);
            count += 1;
        }
        rest = behind;
    }
    if count > 0 {
        (count..NUMBERS).for_each(|_| number(fill, out));
    }
    rest
}

/// The next part and what follows it.
fn part(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_separator = |byte: &u8| matches!(byte, b'.' | b'-' | b'_');
    let start = text.iter().position(|byte| !is_separator(byte))?;
    let text = text.get(start..)?;
    let (found, rest) = digits(text);
    if !found.is_empty() {
        return Some((found, rest));
    }
    let ends = |byte: &u8| is_separator(byte) || byte.is_ascii_digit();
    text.split_at_checked(text.iter().position(ends).unwrap_or(text.len()))
}

/// The place of a word, by how it begins, as PHP has it; `None` for what says nothing.
fn rank(word: &[u8]) -> Option<u8> {
    let begins =
        |known: &[u8]| word.get(..known.len()).is_some_and(|head| head.eq_ignore_ascii_case(known));
    match word {
        [b'#', ..] => None,
        _ if begins(b"dev") => Some(DEV),
        _ if begins(b"rc") => Some(CANDIDATE),
        [b'a' | b'A', ..] => Some(ALPHA),
        [b'b' | b'B', ..] => Some(BETA),
        [b'p' | b'P', ..] => Some(PATCH),
        _ => Some(UNKNOWN),
    }
}
