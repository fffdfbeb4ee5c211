//! NuGet's order: Semantic Versioning with up to four numbers, without regard to letter case.

use std::borrow::Cow;

use holdfast_model::About;

use super::{Order, never_moves, semver};

/// The order of .NET packages.
pub static NUGET: Order = Order {
    about: About {
        id: "nuget",
        title: ".NET packages",
        text: "Precedence of Semantic Versioning 2.0.0 with up to four numbers; pre-releases \
               compare without regard to letter case, build metadata is ignored.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    let lower = if version.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(version.to_ascii_lowercase())
    } else {
        Cow::Borrowed(version)
    };
    semver::encode(&lower, out)
}
