//! Maven's order (the POM reference, "Version Order Specification"; Maven's `ComparableVersion`).
//!
//! A version is cut at `.`, at `-` and between digits and other characters (which counts as `-`).
//! Zeros and the words for "release" vanish at the end and before each `-` and each word. Then the
//! parts compare one by one: the words that announce a release, the end, `sp`, unknown words by
//! letters, numbers behind `-`, numbers behind `.`.
//!
//! Older Mavens put `.word` before `-word`. That is no order (`2.9.0-1 < 2.9.0.RC1 < 2.9.0 <
//! 2.9.0-1`), which is why Maven gave it up with 3.8.7, and why we follow that one.

use holdfast_model::About;

use super::{Order, digits, never_moves, number};

/// The order of Java packages.
pub static MAVEN: Order = Order {
    about: About {
        id: "maven",
        title: "Java packages",
        text: "The POM reference's version order as Maven has it since 3.8.7: `alpha`, `beta`, \
               `milestone`, `rc`, `snapshot`, the release, `sp`, other words, numbers; letter case \
               is ignored, trailing zeros are too, and `.word` is `-word`.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

const ALPHA: u8 = 0x01;
const BETA: u8 = 0x02;
const MILESTONE: u8 = 0x03;
const CANDIDATE: u8 = 0x04;
const SNAPSHOT: u8 = 0x05;
const END: u8 = 0x06;
const RELEASE: u8 = 0x07;
const SERVICE_PACK: u8 = 0x08;
const OTHER: u8 = 0x09;
/// A number behind `-`; one behind `.` needs no mark, since encoded numbers begin above.
const DASHED: u8 = 0x0A;

#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Number { dashed: bool, digits: &'a [u8] },
    Word { rank: u8, text: &'a [u8] },
}

impl Part<'_> {
    /// Whether it vanishes at the end and before a word.
    fn is_null(self) -> bool {
        match self {
            Part::Number { digits, .. } => digits.iter().all(|digit| *digit == b'0'),
            Part::Word { rank, .. } => rank == RELEASE,
        }
    }

    /// Whether what is null vanishes before it.
    fn is_border(self) -> bool {
        matches!(self, Part::Word { .. } | Part::Number { dashed: true, .. })
    }
}

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    if version.is_empty() || version.bytes().any(|byte| byte.is_ascii_control() || byte == b' ') {
        return false;
    }
    let mut parts = split(version.as_bytes());
    let mut border = true;
    let mut kept = parts.len();
    for at in (0..parts.len()).rev() {
        let Some(part) = parts.get(at).copied() else { break };
        if border && part.is_null() {
            continue;
        }
        border = part.is_border();
        kept -= 1;
        if let Some(slot) = parts.get_mut(kept) {
            *slot = part;
        }
    }
    for part in parts.get(kept..).unwrap_or_default() {
        match part {
            Part::Number { dashed, digits } => {
                out.extend(dashed.then_some(DASHED));
                number(digits, out);
            }
            Part::Word { rank, text } => {
                out.push(*rank);
                if *rank == OTHER {
                    out.extend(text.iter().map(u8::to_ascii_lowercase));
                    out.push(0);
                }
            }
        }
    }
    out.push(END);
    true
}

/// Whether a version announces a release: by the words that sort before it, or by `preview`. Other
/// words name a build of it (`4.1.100.Final`, `33.0.0-jre`, `9.4.54.v20240208`).
pub fn is_pre_release(version: &str) -> bool {
    split(version.as_bytes()).iter().any(|part| match part {
        Part::Word { rank, text } => *rank < END || text.eq_ignore_ascii_case(b"preview"),
        Part::Number { .. } => false,
    })
}

fn split(mut text: &[u8]) -> Vec<Part<'_>> {
    let mut parts = Vec::with_capacity(8);
    // The first part counts as if a dot stood before it.
    let mut dashed = false;
    loop {
        let is_separator = |byte: &u8| matches!(byte, b'.' | b'-');
        let (found, behind) = digits(text);
        let rest = if found.is_empty() && !text.first().is_none_or(is_separator) {
            let ends = |byte: &u8| is_separator(byte) || byte.is_ascii_digit();
            let length = text.iter().position(ends).unwrap_or(text.len());
            let (word, behind) = text.split_at_checked(length).unwrap_or((text, &[]));
            let before_digit = behind.first().is_some_and(u8::is_ascii_digit);
            parts.push(Part::Word { rank: rank(word, before_digit), text: word });
            behind
        } else {
            // Nothing between two separators is a zero.
            parts.push(Part::Number { dashed, digits: found });
            behind
        };
        (dashed, text) = match rest {
            [] => return parts,
            [b'.', rest @ ..] => (false, rest),
            [b'-', rest @ ..] | rest => (true, rest),
        };
    }
}

fn rank(word: &[u8], before_digit: bool) -> u8 {
    let is = |known: &[u8]| word.eq_ignore_ascii_case(known);
    match word {
        [b'a' | b'A'] if before_digit => ALPHA,
        [b'b' | b'B'] if before_digit => BETA,
        [b'm' | b'M'] if before_digit => MILESTONE,
        _ if is(b"alpha") => ALPHA,
        _ if is(b"beta") => BETA,
        _ if is(b"milestone") => MILESTONE,
        _ if is(b"rc") || is(b"cr") => CANDIDATE,
        _ if is(b"snapshot") => SNAPSHOT,
        _ if is(b"ga") || is(b"final") || is(b"release") => RELEASE,
        _ if is(b"sp") => SERVICE_PACK,
        _ => OTHER,
    }
}
