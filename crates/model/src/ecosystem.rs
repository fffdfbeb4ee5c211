//! Where a package comes from: the word that decides its version order and its purl type.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// An ecosystem: a family and, for distributions, the release behind the first `:`.
///
/// The release is part of identity: `Debian` without a release never stands for all releases.
/// Families we know have our own short names, which are the purl types of their packages where
/// there is one (`cargo`, `npm`, `pypi`, `golang`, `maven`, …); all others are kept as they were written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ecosystem(Arc<str>);

impl Ecosystem {
    /// Rust packages.
    pub const CARGO: &str = "cargo";
    /// JavaScript packages.
    pub const NPM: &str = "npm";
    /// Python packages.
    pub const PYPI: &str = "pypi";
    /// Go modules.
    pub const GOLANG: &str = "golang";
    /// Ruby packages.
    pub const GEM: &str = "gem";
    /// PHP packages, as `vendor/name`.
    pub const COMPOSER: &str = "composer";
    /// Java packages, as `group:artifact`.
    pub const MAVEN: &str = "maven";
    /// .NET packages.
    pub const NUGET: &str = "nuget";
    /// Dart packages.
    pub const PUB: &str = "pub";
    /// Elixir and Erlang packages.
    pub const HEX: &str = "hex";
    /// R packages.
    pub const CRAN: &str = "cran";
    /// R packages of Bioconductor, which OSV writes so too.
    pub const BIOCONDUCTOR: &str = "Bioconductor";
    /// Haskell packages.
    pub const HACKAGE: &str = "hackage";
    /// C and C++ packages.
    pub const CONAN: &str = "conan";
    /// Swift packages, as host and path of their repository.
    pub const SWIFT: &str = "swift";
    /// CocoaPods.
    pub const COCOAPODS: &str = "cocoapods";
    /// Actions of GitHub workflows, as `owner/repository`.
    pub const ACTIONS: &str = "githubactions";
    /// Container images, as their file names them, without tag.
    pub const DOCKER: &str = "docker";
    /// Debian packages; always with a release, as `Debian:12`.
    pub const DEBIAN: &str = "Debian";

    /// From a name as OSV writes it, our own short name, or a purl type.
    pub fn new(name: &str) -> Self {
        let (family, release) = match name.split_once(':') {
            Some((family, release)) => (family, Some(release)),
            None => (name, None),
        };
        let own = match family {
            "cargo" | "Cargo" => Self::CARGO,
            // OSV names Rust's ecosystem by its registry's host; only the first label matters.
            other if other.split_once('.').is_some_and(|(first, _)| first == "crates") => {
                Self::CARGO
            }
            "PyPI" => Self::PYPI,
            "Go" => Self::GOLANG,
            "RubyGems" => Self::GEM,
            "Packagist" => Self::COMPOSER,
            "Maven" => Self::MAVEN,
            "NuGet" => Self::NUGET,
            "Pub" => Self::PUB,
            "Hex" => Self::HEX,
            "CRAN" => Self::CRAN,
            "bioconductor" => Self::BIOCONDUCTOR,
            "Hackage" => Self::HACKAGE,
            "ConanCenter" => Self::CONAN,
            "SwiftURL" => Self::SWIFT,
            "CocoaPods" => Self::COCOAPODS,
            "GitHub Actions" => Self::ACTIONS,
            "deb" | "debian" => Self::DEBIAN,
            other => other,
        };
        match release {
            Some(release) => Self(format!("{own}:{release}").into()),
            None => Self(own.into()),
        }
    }

    /// A distribution's release, as `Debian` and `12`.
    pub fn release_of(family: &str, release: &str) -> Self {
        Self::new(&format!("{family}:{release}"))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first `:`.
    pub fn family(&self) -> &str {
        // Asked many times of each package, and short: a plain loop beats a search.
        let end = self.0.bytes().position(|byte| byte == b':').unwrap_or(self.0.len());
        self.0.get(..end).unwrap_or_default()
    }

    /// The part behind the first `:`.
    pub fn release(&self) -> Option<&str> {
        self.0.split_once(':').map(|(_, release)| release)
    }

    /// Whether this names a distribution without saying which release: nothing of it can be
    /// compared. Wolfi and Chainguard have one release only.
    pub fn lacks_release(&self) -> bool {
        self.release().is_none()
            && matches!(
                self.family(),
                Self::DEBIAN
                    | "Ubuntu"
                    | "Alpine"
                    | "AlmaLinux"
                    | "Rocky Linux"
                    | "Red Hat"
                    | "SUSE"
                    | "openSUSE"
                    | "Fedora"
                    | "rpm"
            )
    }

    /// A name as this ecosystem compares it: PyPI by PEP 503; NuGet, Packagist and GitHub ignore
    /// letter case; Swift's are addresses of repositories; others to the letter.
    pub fn normal_name(&self, name: &str) -> String {
        match self.family() {
            Self::PYPI => {}
            Self::NUGET | Self::COMPOSER | Self::ACTIONS => return name.to_lowercase(),
            Self::SWIFT => return repository(name),
            _ => return name.to_owned(),
        }
        let mut out = String::with_capacity(name.len());
        for part in name.split(['-', '_', '.']).filter(|part| !part.is_empty()) {
            if !out.is_empty() {
                out.push('-');
            }
            out.push_str(&part.to_ascii_lowercase());
        }
        out
    }

    /// A package URL (ECMA-427); `None` for a family that has no purl type here, and for a Swift
    /// package of a registry, whose name is no repository's.
    pub fn purl(&self, name: &str, version: Option<&str>) -> Option<String> {
        let split = |at: char| match name.rsplit_once(at) {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, name),
        };
        let (kind, (namespace, name)) = match self.family() {
            family @ (Self::NPM
            | Self::GOLANG
            | Self::COMPOSER
            | Self::SWIFT
            | Self::ACTIONS
            | Self::DOCKER) => (family, split('/')),
            Self::MAVEN => (Self::MAVEN, split(':')),
            family @ (Self::CARGO
            | Self::PYPI
            | Self::GEM
            | Self::NUGET
            | Self::PUB
            | Self::HEX
            | Self::CRAN
            | Self::HACKAGE
            | Self::CONAN
            | Self::COCOAPODS) => (family, (None, name)),
            // The index of types of purl-spec has none for it; this is what other tools write.
            Self::BIOCONDUCTOR => ("bioconductor", (None, name)),
            Self::DEBIAN => ("deb", (Some("debian"), name)),
            "Ubuntu" => ("deb", (Some("ubuntu"), name)),
            "AlmaLinux" => ("rpm", (Some("almalinux"), name)),
            "Rocky Linux" => ("rpm", (Some("rocky-linux"), name)),
            "Red Hat" => ("rpm", (Some("redhat"), name)),
            "SUSE" => ("rpm", (Some("suse"), name)),
            "openSUSE" => ("rpm", (Some("opensuse"), name)),
            "Fedora" => ("rpm", (Some("fedora"), name)),
            "Alpine" => ("apk", (Some("alpine"), name)),
            "Wolfi" => ("apk", (Some("wolfi"), name)),
            "Chainguard" => ("apk", (Some("chainguard"), name)),
            "CentOS" => ("rpm", (Some("centos"), name)),
            "Mageia" => ("rpm", (Some("mageia"), name)),
            "Photon OS" => ("rpm", (Some("photon"), name)),
            family @ ("amzn" | "ol") => ("rpm", (Some(family), name)),
            _ => return None,
        };
        if kind == Self::SWIFT && namespace.is_none() {
            return None;
        }
        let mut purl = packageurl::PackageUrl::new(kind, name).ok()?;
        if let Some(namespace) = namespace {
            purl.with_namespace(namespace).ok()?;
        }
        if let Some(version) = version {
            purl.with_version(version).ok()?;
        }
        Some(purl.to_string())
    }
}

/// A repository by host and path, without scheme, user and `.git`, as Swift's package manager compares
/// where packages lie.
fn repository(address: &str) -> String {
    let address = address.trim().to_lowercase();
    let (scheme, rest) = match address.rsplit_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, &*address),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = match authority.rsplit_once('@') {
        Some((_, host)) => (true, host),
        None => (false, authority),
    };
    let is_port = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() && (scheme || !user)
    };
    let host = match host.split_once(':') {
        // `git@host:path` is short for an address of ssh.
        Some((host, first)) if !host.starts_with('[') && !is_port(first) => {
            format!("{host}/{first}")
        }
        _ => host.to_owned(),
    };
    let whole = if path.is_empty() { host } else { format!("{host}/{path}") };
    let mut rest = &*whole;
    while let Some(shorter) = rest.strip_suffix('/').or_else(|| rest.strip_suffix(".git")) {
        rest = shorter;
    }
    rest.to_owned()
}

impl fmt::Display for Ecosystem {
    /// The name for people: `Rust`, `Python`, `Debian:12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.as_str() {
            Self::CARGO => "Rust",
            Self::PYPI => "Python",
            Self::GOLANG => "Go",
            Self::GEM => "Ruby",
            Self::COMPOSER => "PHP",
            Self::MAVEN => "Java",
            Self::NUGET => ".NET",
            Self::PUB => "Dart",
            Self::HEX => "Elixir",
            Self::CRAN => "R",
            Self::HACKAGE => "Haskell",
            Self::CONAN => "Conan",
            Self::SWIFT => "Swift",
            Self::COCOAPODS => "CocoaPods",
            Self::ACTIONS => "GitHub Actions",
            Self::DOCKER => "container image",
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_ecosystem_are_one() {
        assert_eq!(Ecosystem::new("crates.example"), Ecosystem::new("cargo"));
        assert_eq!(Ecosystem::new("Go").as_str(), "golang");
        assert_ne!(Ecosystem::new("Debian:12"), Ecosystem::new("Debian:13"));
        assert_eq!(Ecosystem::new("AlmaLinux:9").release(), Some("9"));
    }

    #[test]
    fn only_distributions_with_releases_lack_one() {
        for (name, lacks) in [
            ("Debian", true),
            ("Debian:12", false),
            ("rpm", true),
            ("Wolfi", false),
            ("npm", false),
        ] {
            assert_eq!(Ecosystem::new(name).lacks_release(), lacks, "{name}");
        }
    }

    #[test]
    fn python_names_follow_pep_503() {
        let pypi = Ecosystem::new("PyPI");
        assert_eq!(pypi.normal_name("Zope.Interface__x"), "zope-interface-x");
        assert_eq!(Ecosystem::new("npm").normal_name("JSONStream"), "JSONStream");
    }

    #[test]
    fn swift_packages_are_repositories() {
        let swift = Ecosystem::new("SwiftURL");
        for address in [
            "https://code.example/Apple/Swift-NIO.git",
            "https://code.example/apple/swift-nio",
            "git@code.example:apple/swift-nio.git",
            "ssh://git@code.example/apple/swift-nio/",
            "code.example/apple/swift-nio",
            "code.example/apple/swift-nio.git/",
        ] {
            assert_eq!(swift.normal_name(address), "code.example/apple/swift-nio", "{address}");
        }
        assert_eq!(swift.normal_name("https://code.example:8443/A"), "code.example:8443/a");
        for odd in
            ["", "a:b:c/d", "git@a:22/x", "x:22/a", "https://[::1]/a", "a.git.git/", "u@", "a//"]
        {
            let once = swift.normal_name(odd);
            assert_eq!(swift.normal_name(&once), once, "{odd}");
        }
        assert_eq!(swift.purl("mona.linkedlist", Some("1.1.1")), None);
        let purl = swift.purl("code.example/apple/nio", Some("1.1.1"));
        assert_eq!(purl.as_deref(), Some("pkg:swift/code.example/apple/nio@1.1.1"));
    }

    #[test]
    fn purls_are_encoded() {
        let npm = Ecosystem::new("npm");
        assert_eq!(npm.purl("@a/b", Some("1.0.0")).as_deref(), Some("pkg:npm/%40a/b@1.0.0"));
        let go = Ecosystem::new("Go");
        assert_eq!(
            go.purl("golang.org/x/net", None).as_deref(),
            Some("pkg:golang/golang.org/x/net")
        );
        let maven = Ecosystem::new("Maven");
        assert_eq!(
            maven.purl("org.example:core", Some("1.0")).as_deref(),
            Some("pkg:maven/org.example/core@1.0")
        );
        let deb = Ecosystem::new("Debian:12");
        let purl = deb.purl("openssl", Some("1:3.0~1+b"));
        assert!(purl.is_some_and(|p| p.starts_with("pkg:deb/debian/openssl@1:3.0~1")
            || p.starts_with("pkg:deb/debian/openssl@1%3A3.0~1")));
    }
}
