//! Package URLs (ECMA-427) as our ecosystems and names.

use std::str::FromStr;

use holdfast_model::{Ecosystem, SourcePackage};
use packageurl::PackageUrl;

/// What a package URL says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Purl {
    pub(super) ecosystem: Ecosystem,
    /// The name as its ecosystem compares it.
    pub(super) name: String,
    /// Empty where there is none.
    pub(super) version: String,
    /// Without version, qualifiers and path.
    pub(super) bare: String,
    /// For distributions.
    pub(super) source: Option<SourcePackage>,
}

/// Reads a package URL; `None` where it is none.
pub(super) fn read(text: &str) -> Option<Purl> {
    let purl = PackageUrl::from_str(text).ok()?;
    let (kind, namespace) = (purl.ty(), purl.namespace().unwrap_or_default());
    let version = purl.version().unwrap_or_default().to_owned();
    let qualifier = |key: &str| purl.qualifiers().get(key).map(ToString::to_string);
    let distro = qualifier("distro").unwrap_or_default();
    let ecosystem = ecosystem(kind, namespace, &distro);
    let name = match kind {
        "npm" | "golang" | "composer" if !namespace.is_empty() => {
            format!("{namespace}/{}", purl.name())
        }
        "maven" if !namespace.is_empty() => format!("{namespace}:{}", purl.name()),
        _ => ecosystem.normal_name(purl.name()),
    };
    let source = qualifier("upstream").filter(|_| matches!(kind, "deb" | "rpm" | "apk"));
    let source = source.map(|upstream| match upstream.split_once('@') {
        Some((name, version)) => SourcePackage { name: name.into(), version: version.into() },
        None => SourcePackage { name: upstream.as_str().into(), version: version.as_str().into() },
    });
    let bare = bare(kind, namespace, purl.name())?;
    Some(Purl { ecosystem, name, version, bare, source })
}

fn bare(kind: &str, namespace: &str, name: &str) -> Option<String> {
    let mut bare = PackageUrl::new(kind.to_owned(), name.to_owned()).ok()?;
    if !namespace.is_empty() {
        bare.with_namespace(namespace.to_owned()).ok()?;
    }
    Some(bare.to_string())
}

/// The package URL without version of a package that a scanner names by its own word for the kind
/// and its name; the bare name where the kind has no type of package URL.
pub(super) fn of_kind(kind: &str, name: &str) -> String {
    let split = |mark: char| name.rsplit_once(mark).unwrap_or(("", name));
    let found = match kind.to_ascii_lowercase().as_str() {
        "npm" | "yarn" | "pnpm" | "node-pkg" | "bun" => {
            let (namespace, name) = split('/');
            bare("npm", namespace, name)
        }
        "pip" | "pipenv" | "poetry" | "uv" | "python-pkg" | "conda-pkg" => {
            bare("pypi", "", &Ecosystem::new("pypi").normal_name(name))
        }
        "cargo" | "rust-binary" | "rustbinary" => bare("cargo", "", name),
        "gomod" | "gobinary" => {
            let (namespace, name) = split('/');
            bare("golang", namespace, name)
        }
        "jar" | "pom" | "gradle" | "sbt" => {
            let (namespace, name) = split(':');
            bare("maven", namespace, name)
        }
        "composer" | "composer-vendor" => {
            let (namespace, name) = split('/');
            bare("composer", namespace, name)
        }
        "bundler" | "gemspec" => bare("gem", "", name),
        "nuget" | "dotnet-core" | "packages-props" => bare("nuget", "", name),
        distro @ ("debian" | "ubuntu") => bare("deb", distro, name),
        distro @ ("alpine" | "wolfi" | "chainguard") => bare("apk", distro, name),
        "alma" => bare("rpm", "almalinux", name),
        "rocky" => bare("rpm", "rocky-linux", name),
        distro @ ("redhat" | "centos" | "fedora" | "amazon" | "oracle" | "photon") => {
            bare("rpm", distro, name)
        }
        _ => None,
    };
    found.unwrap_or_else(|| name.to_owned())
}

/// The ecosystem of a type, and for distributions the release behind the last `-` of `distro`.
fn ecosystem(kind: &str, namespace: &str, distro: &str) -> Ecosystem {
    let release = distro.rsplit_once('-').map_or("", |(_, release)| release);
    let numeric = release.starts_with(|c: char| c.is_ascii_digit());
    let major = release.split('.').next().unwrap_or_default();
    let (family, release) = match (kind, namespace) {
        ("deb", "debian") => (Ecosystem::DEBIAN, major.to_owned()),
        ("deb", "ubuntu") => ("Ubuntu", release.to_owned()),
        ("rpm", "redhat" | "rhel") => ("Red Hat", major.to_owned()),
        ("rpm", "almalinux" | "alma") => ("AlmaLinux", major.to_owned()),
        ("rpm", "rocky-linux" | "rocky" | "rockylinux") => ("Rocky Linux", major.to_owned()),
        ("apk", "alpine") => {
            let mut parts = release.split('.');
            let both = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            ("Alpine", format!("v{}.{}", both.0, both.1))
        }
        ("deb" | "rpm" | "apk", other) if !other.is_empty() => (other, release.to_owned()),
        ("maven", _) => return Ecosystem::new("Maven"),
        ("gem", _) => return Ecosystem::new("RubyGems"),
        ("nuget", _) => return Ecosystem::new("NuGet"),
        ("composer", _) => return Ecosystem::new("Packagist"),
        ("pypi" | "npm" | "cargo" | "golang", _) => return Ecosystem::new(kind),
        (other, _) => return Ecosystem::new(other),
    };
    if numeric { Ecosystem::release_of(family, &release) } else { Ecosystem::new(family) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls_are_our_names() {
        let read = |text: &str| {
            let purl = read(text).unwrap();
            (purl.ecosystem.as_str().to_owned(), purl.name, purl.version, purl.bare)
        };
        let own = |a: &str, b: &str, c: &str, d: &str| {
            (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned())
        };
        assert_eq!(
            read("pkg:deb/debian/tar@1.30%2Bdfsg-6?arch=amd64&distro=debian-10.12"),
            own("Debian:10", "tar", "1.30+dfsg-6", "pkg:deb/debian/tar")
        );
        assert_eq!(read("pkg:npm/%40a/b@1.0.0"), own("npm", "@a/b", "1.0.0", "pkg:npm/%40a/b"));
        assert_eq!(
            read("pkg:maven/org.example/x@2"),
            own("Maven", "org.example:x", "2", "pkg:maven/org.example/x")
        );
        assert_eq!(
            read("pkg:apk/alpine/musl@1.2?distro=alpine-3.15.4"),
            own("Alpine:v3.15", "musl", "1.2", "pkg:apk/alpine/musl")
        );
        assert_eq!(super::read("not a purl"), None);
    }

    #[test]
    fn kinds_of_trivy_have_package_urls() {
        assert_eq!(of_kind("jar", "org.a:b"), "pkg:maven/org.a/b");
        assert_eq!(of_kind("debian", "apt"), "pkg:deb/debian/apt");
        assert_eq!(of_kind("npm", "@a/b"), "pkg:npm/%40a/b");
        assert_eq!(of_kind("martian", "x"), "x");
    }
}
