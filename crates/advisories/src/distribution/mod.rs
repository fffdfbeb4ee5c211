//! What distributions mean by the names they publish under.
//!
//! Knows how releases are written by hosts and by feeds, which of them have streams that somebody
//! must be entitled to, under which name each family publishes (source or binary packages), and
//! which packages of a kernel hold no kernel. It must not know records, ranges or files.

mod kernel;
mod release;
mod stream;

pub(crate) use release::{entitled, extended, minor_streams, repositories};
pub(crate) use stream::{is_module_build, streams_of};

pub use kernel::holds_no_kernel;
pub(crate) use kernel::signs;
pub use release::canonical;

use holdfast_model::Ecosystem;

/// Whether a family's advisories name binary packages, where all others name the source package.
/// `AlmaLinux` does, whatever the schema's text says: of 6,500 names in its records most are no
/// source package's.
pub(crate) fn names_binaries(family: &str) -> bool {
    family == "AlmaLinux"
}

/// Whether the versions of a family are those of RPM, whose epoch is easily lost on the way: the
/// name of a source package's file does not carry it.
pub(crate) fn is_rpm(family: &str) -> bool {
    matches!(
        family,
        "AlmaLinux"
            | "Rocky Linux"
            | "Red Hat"
            | "CentOS"
            | "Oracle Linux"
            | "Amazon Linux"
            | "SUSE"
            | "openSUSE"
            | "Fedora"
            | "openEuler"
            | "Mageia"
            | "amzn"
            | "ol"
            | "Azure Linux"
            | "Photon OS"
    )
}

/// Whether an ecosystem is Debian's or Ubuntu's, which sign kernels in sources of their own.
pub(crate) fn is_apt(family: &str) -> bool {
    matches!(family, Ecosystem::DEBIAN | "Ubuntu")
}

/// Whether an ecosystem is a distribution's, which has a word of its own on severity.
pub(crate) fn is_distribution(family: &str) -> bool {
    is_rpm(family)
        || matches!(
            family,
            Ecosystem::DEBIAN | "Ubuntu" | "Alpine" | "Wolfi" | "Chainguard" | "Alpaquita"
        )
}

#[cfg(test)]
mod tests;
