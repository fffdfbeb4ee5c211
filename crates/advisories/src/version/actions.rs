//! The order of GitHub Actions: tags that follow Semantic Versioning by custom.
//!
//! `v4` and `v4.1` are moved by their owners to each new release: they are names of what is newest,
//! and whoever uses one has no known version. As a bound of an advisory's range they are numbers
//! like any other.

use holdfast_model::About;

use super::{Order, semver};

/// The order of actions.
pub static ACTIONS: Order = Order {
    about: About {
        id: "githubactions",
        title: "GitHub Actions",
        text: "Precedence of Semantic Versioning 2.0.0 among tags; `v4` and `v4.1` move with each \
               release and are no versions, nor are branches and commits.",
        file: file!(),
    },
    epochs: false,
    moves,
    encode,
};

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    // A commit may begin with a digit, and then looks like a number with a pre-release.
    let commit = matches!(version.len(), 40 | 64)
        && version.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !version.bytes().all(|byte| byte.is_ascii_digit());
    !commit && semver::encode(version, out)
}

/// Whether it is a tag that its owner moves: fewer than three numbers, and nothing behind them.
fn moves(version: &str) -> bool {
    let numbers = version.strip_prefix(['v', 'V']).unwrap_or(version);
    numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && numbers.bytes().filter(|byte| *byte == b'.').count() < 2
}
