//! Conan's order (Conan 2's `Version`): like Semantic Versioning, with any number of items, items
//! that mix digits and letters, and build metadata that counts.
//!
//! Conan compares a number with a mixed item as two texts, which is no order (`2 > 1a > 10 > 2`).
//! We read the leading digits of an item as a number and compare the rest as text, so that
//! `1.1.1 < 1.1.1k < 1.1.2`, as those who publish such versions mean it, and as Conan has it
//! wherever its answers contradict nothing: same length of digits, or two numbers, or two words.

use holdfast_model::About;

use super::{Order, digits, never_moves, number};

/// The order of C and C++ packages.
pub static CONAN: Order = Order {
    about: About {
        id: "conan",
        title: "C and C++ packages",
        text: "Conan 2: dotted items of any number, digits by value and what follows them as text, \
               pre-releases behind `-`, build metadata behind `+`, which counts.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

const END: u8 = 0x01;
const NUMERIC: u8 = 0x02;
const WORD: u8 = 0x03;

/// Whether there is a pre-release, and whether there is build metadata.
const PRE: u8 = 0x01;
const NO_PRE: u8 = 0x02;
const NO_BUILD: u8 = 0x01;
const BUILD: u8 = 0x02;

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    if !version.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    // The last plus, but the first dash: pre-releases may contain dashes.
    let (rest, build) = match version.rsplit_once('+') {
        Some((rest, build)) => (rest, Some(build)),
        None => (version, None),
    };
    let (items, pre) = match rest.split_once('-') {
        Some((items, pre)) => (items, Some(pre)),
        None => (rest, None),
    };
    if !list(items, out) {
        return false;
    }
    out.push(if pre.is_some() { PRE } else { NO_PRE });
    if !pre.is_none_or(|pre| list(pre, out)) {
        return false;
    }
    out.push(if build.is_some() { BUILD } else { NO_BUILD });
    build.is_none_or(|build| list(build, out))
}

/// Appends the items without trailing zeros.
fn list(text: &str, out: &mut Vec<u8>) -> bool {
    let mut meant = out.len();
    for item in text.split('.') {
        if item.is_empty() {
            return false;
        }
        let (found, rest) = digits(item.as_bytes());
        if found.is_empty() {
            out.push(WORD);
        } else {
            out.push(NUMERIC);
            number(found, out);
        }
        out.extend_from_slice(rest);
        out.push(0);
        if !rest.is_empty() || found.iter().any(|digit| *digit != b'0') {
            meant = out.len();
        }
    }
    out.truncate(meant);
    out.push(END);
    true
}
