//! npm's order: Semantic Versioning with the prefixes that npm tolerates.

use holdfast_model::About;

use super::{Order, never_moves, semver};

/// The order of JavaScript packages.
pub static NPM: Order = Order {
    about: About {
        id: "npm",
        title: "JavaScript packages",
        text: "Precedence of Semantic Versioning 2.0.0 with the leading `v` and `=` that npm \
               accepts; otherwise as for Rust packages.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    semver::encode(version.trim_start_matches(['=', ' ']), out)
}
