//! R's order: `numeric_version` (R's manual, "Numeric Versions"): whole numbers between `.` or `-`,
//! compared one by one; of two that agree, the longer one is later, even if only zeros follow.

use holdfast_model::About;

use super::{Order, digits, never_moves, number};

/// The order of R packages.
pub static CRAN: Order = Order {
    about: About {
        id: "cran",
        title: "R packages",
        text: "`numeric_version`: numbers between `.` or `-`, one by one; a missing number is \
               before zero. Bioconductor too.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

/// Behind the numbers; before any further one.
const END: u8 = 0x01;

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    list(version.as_bytes(), b".-", out)
}

/// Appends numbers between any of `separators`.
pub(super) fn list(mut text: &[u8], separators: &[u8], out: &mut Vec<u8>) -> bool {
    loop {
        let (found, rest) = digits(text);
        if found.is_empty() {
            return false;
        }
        number(found, out);
        match rest {
            [] => break,
            [separator, rest @ ..] if separators.contains(separator) => text = rest,
            _ => return false,
        }
    }
    out.push(END);
    true
}
