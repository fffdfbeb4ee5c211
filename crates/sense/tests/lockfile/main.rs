//! The readers of `lockfile`, over their fixtures, over broken versions of them, and over files
//! that others have collected.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read fixtures from disk; the readers themselves never do"
)]

// `cfg(test)` tells clippy that these are tests, helpers included.
#[cfg(test)]
mod checksums;
#[cfg(test)]
mod collection;
#[cfg(test)]
mod families;
#[cfg(test)]
mod families_plain;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod long;
#[cfg(test)]
mod maven;
#[cfg(test)]
mod others;
#[cfg(test)]
mod ranges;
#[cfg(test)]
mod ranges_npm;
#[cfg(test)]
mod sbom;
#[cfg(test)]
mod shapes;
#[cfg(test)]
#[path = "../../../holdfast/tests/support/skip.rs"]
mod skip;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tells;
#[cfg(test)]
mod workspaces;
