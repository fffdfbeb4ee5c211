//! Dart's order: Semantic Versioning in which build metadata counts (pub's `pub_semver`). Julia's
//! `VersionNumber` orders by the same rules, and its packages of binaries need them: `1.2.3+1` is
//! a rebuilt `1.2.3+0`.

use holdfast_model::About;

use super::{Order, never_moves, semver};

/// The order of Dart packages.
pub static PUB: Order = Order {
    about: About {
        id: "pub",
        title: "Dart packages",
        text: "Precedence of Semantic Versioning 2.0.0; build metadata counts: no build is before \
               any, and builds compare as pre-releases do. Julia too.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

const NO_BUILD: u8 = 0x01;
const BUILD: u8 = 0x02;

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    let Some((version, build)) = version.split_once('+') else {
        let read = semver::encode(version, out);
        out.push(NO_BUILD);
        return read;
    };
    if !semver::encode(version, out) {
        return false;
    }
    out.push(BUILD);
    semver::identifiers(build.as_bytes(), out)
}
