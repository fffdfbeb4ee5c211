//! Whose packages each reader tells, for pages and for whoever wants to know before a file is read.
//!
//! The fixtures are the judge: a test compares this list with the facts that they hold.

use holdfast_model::Ecosystem;

/// Whose packages, requirements or feeds a reader tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// Nobody's.
    Nothing,
    /// Those of these families.
    Of(&'static [&'static str]),
    /// Those that the document names, whichever they are.
    Whatever,
}

use Tells::{Nothing, Of, Whatever};

const CARGO: Tells = Of(&[Ecosystem::CARGO]);
const NPM: Tells = Of(&[Ecosystem::NPM]);
const PYPI: Tells = Of(&[Ecosystem::PYPI]);
const GOLANG: Tells = Of(&[Ecosystem::GOLANG]);
const GEM: Tells = Of(&[Ecosystem::GEM]);
const COMPOSER: Tells = Of(&[Ecosystem::COMPOSER]);
const MAVEN: Tells = Of(&[Ecosystem::MAVEN]);
const NUGET: Tells = Of(&[Ecosystem::NUGET]);
const HACKAGE: Tells = Of(&[Ecosystem::HACKAGE]);

/// Distributions that install with dpkg, apk and rpm; others that do are told under the name that
/// their `os-release` gives them.
const DPKG: Tells = Of(&[Ecosystem::DEBIAN, "Ubuntu"]);
const APK: Tells = Of(&["Alpine", "Wolfi", "Chainguard"]);
const RPM: Tells = Of(&[
    "AlmaLinux",
    "Rocky Linux",
    "Red Hat",
    "CentOS",
    "Fedora",
    "SUSE",
    "openSUSE",
    "Mageia",
    "Photon OS",
    "amzn",
    "ol",
]);

/// By the names of the readers, in their order.
const TELLS: &[(&str, Tells)] = &[
    ("apk-installed", APK),
    ("apt-lists", Nothing),
    ("bun-lock", NPM),
    ("bundle-config", GEM),
    ("cabal-freeze", HACKAGE),
    ("cargo-config", CARGO),
    ("cargo-lock", CARGO),
    ("cargo-toml", CARGO),
    ("compose", Of(&[Ecosystem::DOCKER])),
    ("composer-installed", COMPOSER),
    ("composer-json", COMPOSER),
    ("composer-lock", COMPOSER),
    ("conan-lock", Of(&[Ecosystem::CONAN])),
    ("conda-installed", Nothing),
    ("dockerfile", Of(&[Ecosystem::DOCKER, Ecosystem::GOLANG, Ecosystem::PYPI])),
    ("dpkg-status", DPKG),
    ("environment", Of(&[Ecosystem::GOLANG, Ecosystem::NPM, Ecosystem::PYPI])),
    ("executable", Of(&[Ecosystem::CARGO, Ecosystem::GOLANG])),
    ("gem-installed", GEM),
    ("gemfile", GEM),
    ("gemfile-lock", GEM),
    ("gemspec", GEM),
    (
        "github-workflow",
        Of(&[Ecosystem::ACTIONS, Ecosystem::DOCKER, Ecosystem::GOLANG, Ecosystem::PYPI]),
    ),
    ("go-mod", GOLANG),
    ("go-sum", GOLANG),
    ("go-work", GOLANG),
    ("gradle", MAVEN),
    ("gradle-catalog", MAVEN),
    ("gradle-lock", MAVEN),
    ("gradle-verification", MAVEN),
    ("java-archive", MAVEN),
    ("maven-pom", MAVEN),
    ("maven-settings", MAVEN),
    ("mix-lock", Of(&[Ecosystem::HEX])),
    ("node-installed", NPM),
    ("npmrc", NPM),
    ("nuget-central", NUGET),
    ("nuget-config", NUGET),
    ("nuget-deps", NUGET),
    ("nuget-lock", NUGET),
    ("nuget-project", NUGET),
    ("nuget-sources", NUGET),
    ("os-release", Nothing),
    ("package-json", NPM),
    ("package-lock", NPM),
    ("package-resolved", Of(&[Ecosystem::SWIFT])),
    ("pdm-lock", PYPI),
    ("pip-conf", PYPI),
    ("pipfile", PYPI),
    ("pipfile-lock", PYPI),
    ("pnpm-lock", NPM),
    ("pnpm-workspace", NPM),
    ("podfile-lock", Of(&[Ecosystem::COCOAPODS])),
    ("poetry-lock", PYPI),
    ("pubspec-lock", Of(&[Ecosystem::PUB])),
    ("pylock", PYPI),
    ("pyproject", PYPI),
    ("python-installed", PYPI),
    ("renv-lock", Of(&[Ecosystem::BIOCONDUCTOR, Ecosystem::CRAN])),
    ("requirements", PYPI),
    ("rpm-database", RPM),
    ("sbom-cyclonedx", Whatever),
    ("sbom-spdx", Whatever),
    ("stack-lock", HACKAGE),
    ("unread-lockfile", Nothing),
    ("uv-lock", PYPI),
    ("yarn-lock", NPM),
    ("yarnrc", NPM),
];

/// Whose packages the reader of a name tells; nothing where there is no such reader.
pub fn tells(reader: &str) -> Tells {
    let at = TELLS.binary_search_by(|(name, _)| (*name).cmp(reader));
    at.ok().and_then(|at| TELLS.get(at)).map_or(Nothing, |(_, tells)| *tells)
}

impl Tells {
    /// Whether it names a family.
    pub fn names(self, family: &str) -> bool {
        matches!(self, Of(families) if families.contains(&family))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers;

    #[test]
    fn every_reader_stands_here_and_nothing_else() {
        assert!(TELLS.is_sorted_by(|a, b| a.0 < b.0));
        let mut known: Vec<&str> = readers().iter().map(|reader| reader.about().id).collect();
        known.sort_unstable();
        let listed: Vec<&str> = TELLS.iter().map(|(name, _)| *name).collect();
        assert_eq!(listed, known);
    }

    #[test]
    fn a_reader_names_its_families() {
        assert!(tells("cargo-lock").names("cargo"));
        assert!(!tells("cargo-lock").names("npm"));
        assert_eq!(tells("sbom-spdx"), Whatever);
        assert!(!tells("sbom-spdx").names("npm"));
        assert_eq!(tells("no-such-reader"), Nothing);
    }
}
