//! Semantic Versioning 2.0.0 (section 11), read leniently; the order of Rust packages.

use holdfast_model::About;

use super::{Order, digits, never_moves, number};

/// The order of Rust packages.
pub static CARGO: Order = Order {
    about: About {
        id: "cargo",
        title: "Rust packages",
        text: "Precedence of Semantic Versioning 2.0.0: numbers by value, a pre-release before \
               its release, build metadata ignored. A leading `v`, missing numbers and more than \
               three numbers are accepted; numbers may have any length.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

/// The order of ecosystems that say "Semantic Versioning" and nothing more.
pub static SEMVER: Order = Order {
    about: About {
        id: "semver",
        title: "Hex, Swift, Bitnami and VS Code packages",
        text: "Precedence of Semantic Versioning 2.0.0, read as for Rust packages. Elixir's \
               `Version`, Swift's package manager and VS Code's extensions ask for it; OSV compares \
               Bitnami's versions by it.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

/// Behind the numbers: what sorts before any further number.
const NUMBERS_END: u8 = 0x01;
/// A version with a pre-release, and one without.
const PRE: u8 = 0x01;
const RELEASE: u8 = 0x02;
/// Within a pre-release: its end, a numeric and another identifier.
const PRE_END: u8 = 0x01;
const NUMERIC: u8 = 0x02;
const WORD: u8 = 0x03;

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    let text = version.as_bytes();
    let text = text.strip_prefix(b"v").or_else(|| text.strip_prefix(b"V")).unwrap_or(text);
    let Some(rest) = numbers(text, out) else { return false };
    pre_release(rest, out)
}

/// Appends the dotted numbers: three at least (missing ones are zero), further ones without
/// trailing zeros. Returns what follows them, or `None` where there is no number.
pub(super) fn numbers<'a>(text: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let mut rest = text;
    let mut count = 0_usize;
    let mut meant = out.len();
    loop {
        let (found, behind) = digits(rest);
        if found.is_empty() {
            return None;
        }
        number(found, out);
        count += 1;
        if count <= 3 || found.iter().any(|digit| *digit != b'0') {
            meant = out.len();
        }
        let Some(next) = behind.strip_prefix(b".") else {
            rest = behind;
            break;
        };
        rest = next;
    }
    out.truncate(meant);
    for _ in count..3 {
        number(b"", out);
    }
    out.push(NUMBERS_END);
    Some(rest)
}

/// Appends what stands behind the numbers: nothing, `-pre.release`, `+build`.
pub(super) fn pre_release(rest: &[u8], out: &mut Vec<u8>) -> bool {
    let pre = match rest {
        [] | [b'+', ..] => {
            out.push(RELEASE);
            return true;
        }
        [b'-', pre @ ..] => pre,
        // `1.2.3beta`, as npm's loose mode reads it.
        [first, ..] if first.is_ascii_alphabetic() => rest,
        _ => return false,
    };
    let pre = pre.split(|byte| *byte == b'+').next().unwrap_or_default();
    out.push(PRE);
    identifiers(pre, out)
}

/// Appends the dotted identifiers of a pre-release, and their end.
pub(super) fn identifiers(text: &[u8], out: &mut Vec<u8>) -> bool {
    for identifier in text.split(|byte| *byte == b'.') {
        if !push_identifier(identifier, out) {
            return false;
        }
    }
    out.push(PRE_END);
    true
}

fn push_identifier(identifier: &[u8], out: &mut Vec<u8>) -> bool {
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    if identifier.is_empty() || !identifier.iter().all(legal) {
        return false;
    }
    if identifier.iter().all(u8::is_ascii_digit) {
        out.push(NUMERIC);
        number(identifier, out);
    } else {
        out.push(WORD);
        out.extend_from_slice(identifier);
        out.push(0);
    }
    true
}

/// Appends the pre-release `word.digits`, as Go writes `rc2` in the versions of its toolchain.
pub(super) fn word_and_number(word: &[u8], digits: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&[PRE, WORD]);
    out.extend_from_slice(word);
    out.extend_from_slice(&[0, NUMERIC]);
    number(digits, out);
    out.push(PRE_END);
}

/// Whether a version is a pre-release; `false` too if it is no version.
pub fn is_pre_release(version: &str) -> bool {
    let text = version.trim_start_matches(['v', 'V', '=', ' ']);
    let behind = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    behind.starts_with('-') || behind.starts_with(|c: char| c.is_ascii_alphabetic())
}
