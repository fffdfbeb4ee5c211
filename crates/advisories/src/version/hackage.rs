//! Haskell's order: the Package Versioning Policy: numbers between dots, compared one by one; of
//! two that agree, the longer one is later, even if only zeros follow.

use holdfast_model::About;

use super::{Order, cran, never_moves};

/// The order of Haskell packages.
pub static HACKAGE: Order = Order {
    about: About {
        id: "hackage",
        title: "Haskell packages",
        text: "The Package Versioning Policy: numbers between dots, one by one; a missing number \
               is before zero. GHC too.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    cran::list(version.as_bytes(), b".", out)
}
