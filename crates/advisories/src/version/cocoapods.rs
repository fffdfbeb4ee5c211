//! CocoaPods' order (`Pod::Version` of cocoapods-core): read as Ruby reads versions, compared as
//! Semantic Versioning compares them.
//!
//! The leading numbers compare first, without trailing zeros; then a version without further parts
//! is above one with, and of two with, numbers are below words and the shorter one below the
//! longer. `-` only separates, so `1.0.0-1` is `1.0.0.1`; build metadata is ignored.

use holdfast_model::About;

use super::{Order, digits, never_moves, number};

/// The order of pods.
pub static COCOAPODS: Order = Order {
    about: About {
        id: "cocoapods",
        title: "CocoaPods",
        text: "`Pod::Version`: Ruby's way to read a version, with the precedence of Semantic \
               Versioning among pre-releases; build metadata is ignored.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

const NUMBERS_END: u8 = 0x01;
const PRE: u8 = 0x01;
const RELEASE: u8 = 0x02;
const END: u8 = 0x01;
const NUMERIC: u8 = 0x02;
const WORD: u8 = 0x03;

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    let text = version.split('+').next().unwrap_or_default().as_bytes();
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    if !text.first().is_some_and(u8::is_ascii_digit) || !text.iter().all(legal) {
        return false;
    }
    let mut meant = out.len();
    let mut rest = text;
    loop {
        let (found, behind) = digits(rest);
        if !found.is_empty() {
            number(found, out);
            if found.iter().any(|digit| *digit != b'0') {
                meant = out.len();
            }
        }
        match behind {
            [b'.' | b'-', behind @ ..] => rest = behind,
            behind => {
                rest = behind;
                break;
            }
        }
    }
    out.truncate(meant);
    out.push(NUMBERS_END);
    if rest.is_empty() {
        out.push(RELEASE);
        return true;
    }
    out.push(PRE);
    while let [first, behind @ ..] = rest {
        let (found, after) = digits(rest);
        if !found.is_empty() {
            out.push(NUMERIC);
            number(found, out);
            rest = after;
        } else if first.is_ascii_alphabetic() {
            let count = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let (word, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            out.push(WORD);
            out.extend_from_slice(word);
            out.push(0);
            rest = after;
        } else {
            rest = behind;
        }
    }
    out.push(END);
    true
}
