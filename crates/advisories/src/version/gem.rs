//! Ruby's order: `Gem::Version`.
//!
//! A version is its runs of digits and runs of letters; `-` stands for `.pre.`. Zeros vanish at the
//! end of the leading numbers and at the end of the whole. Missing parts are zeros, numbers are
//! above words, words compare by letters: so a version with a word is a pre-release.
//!
//! Since the end means endless zeros, a zero is written by what follows it: below the end before
//! a word, above the end before a number.

use holdfast_model::About;

use super::{Order, digits, never_moves, number};

/// The order of Ruby packages.
pub static GEM: Order = Order {
    about: About {
        id: "gem",
        title: "Ruby packages",
        text: "`Gem::Version`: numbers by value, any part with letters is a pre-release, `-` means \
               `.pre.`, trailing zeros do not count.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

const WORD: u8 = 0x00;
const ZERO_BEFORE_WORD: u8 = 0x01;
const END: u8 = 0x02;
const ZERO_BEFORE_NUMBER: u8 = 0x03;

#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Zero,
    Number(&'a [u8]),
    Word(&'a [u8]),
}

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    let text = version.as_bytes();
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let empty = text.windows(2).any(|pair| matches!(pair, [b'.', b'.' | b'-'] | [b'-', b'.']));
    if !text.first().is_some_and(u8::is_ascii_digit)
        || text.ends_with(b".")
        || empty
        || !text.iter().all(legal)
    {
        return false;
    }
    let parts = split(text);
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Number(digits) => number(digits, out),
            Part::Word(word) => {
                out.push(WORD);
                out.extend_from_slice(word);
                out.push(0);
            }
            Part::Zero => {
                let behind = parts.get(at..).unwrap_or_default();
                let next = behind.iter().find(|part| !matches!(part, Part::Zero));
                let word = matches!(next, Some(Part::Word(_)));
                out.push(if word { ZERO_BEFORE_WORD } else { ZERO_BEFORE_NUMBER });
            }
        }
    }
    out.push(END);
    true
}

/// The parts without the zeros that do not count.
fn split(mut text: &[u8]) -> Vec<Part<'_>> {
    let mut parts = Vec::with_capacity(8);
    let mut words = false;
    while let [first, behind @ ..] = text {
        let (found, rest) = digits(text);
        if !found.is_empty() {
            let zero = found.iter().all(|digit| *digit == b'0');
            parts.push(if zero { Part::Zero } else { Part::Number(found) });
            text = rest;
            continue;
        }
        let (word, rest) = match first {
            b'.' => {
                text = behind;
                continue;
            }
            b'-' => (b"pre".as_slice(), behind),
            _ => {
                let count = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                text.split_at_checked(count).unwrap_or((text, &[]))
            }
        };
        if !words {
            without_zeros(&mut parts);
            words = true;
        }
        parts.push(Part::Word(word));
        text = rest;
    }
    without_zeros(&mut parts);
    parts
}

fn without_zeros(parts: &mut Vec<Part<'_>>) {
    while matches!(parts.last(), Some(Part::Zero)) {
        parts.pop();
    }
}
