//! RPM's order: epoch, version and release by `rpmvercmp` (rpm-version(7), rpm's `rpmvercmp.c`).
//!
//! A text is read as runs of digits and runs of ASCII letters; everything else only separates. `~`
//! sorts before the end of the text, `^` just behind it; letters come before numbers. A version
//! without a release sorts before the same one with a release, even an empty one.
//!
//! A missing epoch is zero, as rpm itself has it. Where the missing one may have been lost on its
//! way (a source package's file name has none, many bills of materials have none), ask
//! [`Order::epoch_in_doubt`].

use holdfast_model::About;

use super::{Order, digits, never_moves, number};

/// The order of the distributions that use RPM.
pub static RPM: Order = Order {
    about: About {
        id: "rpm",
        title: "RPM packages",
        text: "rpm-version(7): epoch, version and release in runs of digits and letters; `~` sorts \
               before the end, `^` directly behind it, letters before numbers. A missing epoch is \
               zero. AlmaLinux, Rocky Linux, Red Hat, SUSE, openSUSE, Fedora, Amazon, Oracle, \
               Mageia, openEuler, Photon OS, Azure Linux.",
        file: file!(),
    },
    epochs: true,
    moves: never_moves,
    encode,
};

const TILDE: u8 = 0x01;
const END: u8 = 0x02;
const CARET: u8 = 0x03;
const LETTERS: u8 = 0x04;

const NO_RELEASE: u8 = 0x01;
const RELEASE: u8 = 0x02;

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    let text = version.as_bytes();
    if text.is_empty() || text.iter().any(|byte| byte.is_ascii_control() || *byte == b' ') {
        return false;
    }
    let (first, behind) = digits(text);
    // Only digits are an epoch; any other text before a colon belongs to the version.
    let (epoch, rest) = match behind {
        [b':', rest @ ..] => (first, rest),
        _ => (b"".as_slice(), text),
    };
    let dash = rest.iter().rposition(|byte| *byte == b'-');
    let release = dash.and_then(|at| Some((rest.get(..at)?, rest.get(at + 1..)?)));
    number(epoch, out);
    if let Some((version, release)) = release {
        part(version, out);
        out.push(RELEASE);
        part(release, out);
    } else {
        part(rest, out);
        out.push(NO_RELEASE);
    }
    true
}

fn part(mut text: &[u8], out: &mut Vec<u8>) {
    while let [first, behind @ ..] = text {
        text = match first {
            b'~' => {
                out.push(TILDE);
                behind
            }
            b'^' => {
                out.push(CARET);
                behind
            }
            b'0'..=b'9' => {
                let (found, behind) = digits(text);
                number(found, out);
                behind
            }
            letter if letter.is_ascii_alphabetic() => {
                let count = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                let (found, behind) = text.split_at_checked(count).unwrap_or((text, &[]));
                out.push(LETTERS);
                out.extend_from_slice(found);
                out.push(0);
                behind
            }
            _ => behind,
        };
    }
    out.push(END);
}
