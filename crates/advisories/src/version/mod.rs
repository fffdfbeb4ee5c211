//! Version orders: which of two versions of one ecosystem is the later one.
//!
//! Every order encodes a version once into a byte key whose `memcmp` order is the version order;
//! feeds are encoded when they are compiled, a component once per look, and what remains of a
//! range test is a comparison of two short slices. That is why the orders are written here and
//! the established crates are oracles of the tests instead of dependencies: they parse into
//! structures that must be parsed again for each comparison (95 % of the cost of matching), and
//! most refuse numbers beyond 64 bits, which real feeds contain.
//!
//! An order knows texts and bytes. It must not know advisories, ranges or packages.
//!
//! Keys are self-delimiting: no key is a proper prefix of another one, the empty key sorts before
//! every version, and equal keys mean equal precedence.

use std::cmp::Ordering;

use holdfast_model::{About, Ecosystem};

pub mod actions;
pub mod alpine;
pub mod cocoapods;
mod compare;
pub mod composer;
pub mod conan;
pub mod cran;
pub mod dart;
pub mod debian;
mod epoch;
pub mod gem;
pub mod golang;
pub mod hackage;
pub mod maven;
pub mod npm;
pub mod nuget;
pub mod pypi;
pub mod rpm;
pub mod semver;
#[cfg(test)]
mod tests;

pub use compare::{Compared, LONGEST_CHAIN, MOST_WRONG, Wrong, compare_lines};

/// The longest version text that is read, in bytes; longer ones are no versions.
pub const LONGEST: usize = 4096;

/// How the versions of an ecosystem are ordered.
#[derive(Debug)]
pub struct Order {
    /// What it says of itself.
    pub about: About,
    /// Whether versions may begin with an epoch, and keys do.
    pub epochs: bool,
    /// Whether a text that can be compared names something that moves, such as a branch: as the
    /// bound of a range it is a version; as what somebody uses it is none, and *not assessed*.
    pub moves: fn(version: &str) -> bool,
    /// Appends the key of a version; `false` if the text is no version of this order, and then
    /// whatever was appended means nothing.
    pub encode: fn(version: &str, out: &mut Vec<u8>) -> bool,
}

/// Every order.
pub const ORDERS: &[&Order] = &[
    &semver::CARGO, //
    &npm::NPM,
    &pypi::PYPI,
    &golang::GOLANG,
    &debian::DEBIAN,
    &maven::MAVEN,
    &gem::GEM,
    &nuget::NUGET,
    &composer::COMPOSER,
    &cran::CRAN,
    &hackage::HACKAGE,
    &rpm::RPM,
    &alpine::ALPINE,
    &dart::PUB,
    &semver::SEMVER,
    &conan::CONAN,
    &cocoapods::COCOAPODS,
    &actions::ACTIONS,
];

/// The order of an ecosystem; `None` where we have none, which is *not assessed*, never clean.
pub fn order_of(ecosystem: &Ecosystem) -> Option<&'static Order> {
    order_index(ecosystem).and_then(|index| ORDERS.get(index).copied())
}

/// The place of an ecosystem's order in [`ORDERS`].
pub(crate) fn order_index(ecosystem: &Ecosystem) -> Option<usize> {
    // Distributions by OSV's name and, where OSV has none, by the namespace of their purls.
    let id = match ecosystem.family() {
        Ecosystem::DEBIAN | "Ubuntu" | "opam" => "debian",
        "AlmaLinux" | "Rocky Linux" | "Red Hat" | "SUSE" | "suse" | "openSUSE" | "opensuse"
        | "Fedora" | "fedora" | "CentOS" | "centos" | "Amazon Linux" | "Amazon" | "amazon"
        | "amzn" | "Oracle Linux" | "Oracle" | "oracle" | "ol" | "Mageia" | "mageia"
        | "openEuler" | "openeuler" | "Photon OS" | "photon" | "Azure Linux" | "azurelinux"
        | "mariner" => "rpm",
        "Alpine"
        | "Wolfi"
        | "wolfi"
        | "Chainguard"
        | "chainguard"
        | "Alpaquita"
        | "alpaquita"
        | "BellSoft Hardened Containers"
        | "MinimOS"
        | "minimos" => "alpine",
        Ecosystem::HEX | Ecosystem::SWIFT | "Bitnami" | "bitnami" | "VSCode" => "semver",
        "Julia" | "julia" => Ecosystem::PUB,
        "Kubernetes" => Ecosystem::GOLANG,
        "Bioconductor" | "bioconductor" => Ecosystem::CRAN,
        "GHC" => Ecosystem::HACKAGE,
        other => other,
    };
    ORDERS.iter().position(|order| order.about.id == id)
}

impl Order {
    /// The key of a version, replacing what `out` held.
    pub fn key(&self, version: &str, out: &mut Vec<u8>) -> bool {
        out.clear();
        version.len() <= LONGEST && (self.encode)(version.trim_ascii(), out)
    }

    /// Compares two versions; `None` if one of them is no version of this order.
    pub fn compare(&self, a: &str, b: &str) -> Option<Ordering> {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        (self.key(a, &mut left) && self.key(b, &mut right)).then(|| left.cmp(&right))
    }
}

/// Compares two versions; `None` if the ecosystem has no order, or one of them is no version of it.
pub fn compare(ecosystem: &Ecosystem, a: &str, b: &str) -> Option<Ordering> {
    order_of(ecosystem)?.compare(a, b)
}

/// The smallest first byte of an encoded number. Smaller bytes are free for marks that must sort
/// before every number, such as the end of a list.
pub(crate) const NUMBER: u8 = 0x10;

/// Appends a decimal number of any length: its count of digits without leading zeros, then the
/// digits, so that longer numbers sort behind shorter ones.
pub(crate) fn number(digits: &[u8], out: &mut Vec<u8>) {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let digits = digits.get(zeros..).unwrap_or_default();
    match u8::try_from(digits.len()) {
        Ok(count) if count < 0xFF - NUMBER => out.push(NUMBER + count),
        _ => {
            out.push(0xFF);
            out.extend_from_slice(&u32::try_from(digits.len()).unwrap_or(u32::MAX).to_be_bytes());
        }
    }
    out.extend_from_slice(digits);
}

/// For orders of which every version stands still.
pub(crate) fn never_moves(_: &str) -> bool {
    false
}

/// Splits leading decimal digits off.
pub(crate) fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.split_at_checked(count).unwrap_or((text, &[]))
}
