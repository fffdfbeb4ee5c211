//! Debian's order, deb-version(7): epoch, upstream version, revision.
//!
//! Each of the two texts is read as non-digits and digits in turn. Non-digits compare by
//! character, letters before all others and `~` even before the end; digits compare by value. An
//! exhausted text goes on as if it were empty non-digits and zeros, which is why `1.0` equals
//! `1.0-0`. The key writes the end of every run of non-digits as a byte between `~` and the letters.

use holdfast_model::About;

use super::{Order, digits, never_moves, number};

/// The order of Debian and Ubuntu packages.
pub static DEBIAN: Order = Order {
    about: About {
        id: "debian",
        title: "Debian and Ubuntu packages",
        text: "deb-version(7): epoch, upstream version and revision; `~` sorts before the end, \
               letters before other characters, digits by value. opam too.",
        file: file!(),
    },
    epochs: true,
    moves: never_moves,
    encode,
};

const TILDE: u8 = 0x01;
const END: u8 = 0x02;

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    let text = version.as_bytes();
    let epoch_end = text.iter().position(|byte| *byte == b':');
    let (epoch, rest) = match epoch_end.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)))
    {
        Some((epoch, rest)) => (epoch, rest),
        None => (b"".as_slice(), text),
    };
    let revision_start = rest.iter().rposition(|byte| *byte == b'-');
    let (upstream, revision) =
        match revision_start.and_then(|at| Some((rest.get(..at)?, rest.get(at + 1..)?))) {
            Some((upstream, revision)) => (upstream, revision),
            None => (rest, b"".as_slice()),
        };
    if upstream.is_empty()
        || !epoch.iter().all(u8::is_ascii_digit)
        || (epoch_end.is_some() && epoch.is_empty())
        || !rest.iter().all(u8::is_ascii_graphic)
    {
        return false;
    }
    number(epoch, out);
    part(upstream, out);
    part(revision, out);
    true
}

fn part(mut text: &[u8], out: &mut Vec<u8>) {
    loop {
        while let [first, rest @ ..] = text
            && !first.is_ascii_digit()
        {
            out.push(match first {
                b'~' => TILDE,
                letter if letter.is_ascii_alphabetic() => *letter,
                other => other | 0x80,
            });
            text = rest;
        }
        out.push(END);
        let (found, rest) = digits(text);
        number(found, out);
        text = rest;
        if text.is_empty() {
            break;
        }
    }
    out.push(END);
}
