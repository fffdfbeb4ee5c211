//! Go's order: Semantic Versioning of modules (`v1.2.3`, pseudo-versions, `+incompatible`) and
//! the versions of the Go toolchain and its standard library (`go1.22rc1`).

use holdfast_model::About;

use super::{Order, digits, never_moves, semver};

/// The order of Go modules.
pub static GOLANG: Order = Order {
    about: About {
        id: "golang",
        title: "Go modules",
        text: "Precedence of Semantic Versioning 2.0.0 (go.dev/ref/mod#versions); `+incompatible` \
               is ignored, pseudo-versions are pre-releases, and `go1.22rc1` is read as \
               `1.22.0-rc.1`, which is how advisories on the standard library write it.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    let toolchain = version.strip_prefix("go");
    let text = toolchain.or_else(|| version.strip_prefix('v')).unwrap_or(version).as_bytes();
    let Some(rest) = semver::numbers(text, out) else { return false };
    for word in [b"rc".as_slice(), b"beta"] {
        if let Some((number, [])) = rest.strip_prefix(word).map(digits)
            && !number.is_empty()
        {
            semver::word_and_number(word, number, out);
            return true;
        }
    }
    semver::pre_release(rest, out)
}
