//! Where on an asset a weakness sits: the constructors of loci, one for each kind of thing.
//!
//! Knows how an ecosystem names a package. Must not know lines, versions or anything else that
//! changes while the thing stays the same.

use std::sync::Arc;

use holdfast_model::{Ecosystem, Locus};

/// The subject of a finding about a package: its purl without version (ECMA-427).
///
/// A family without a purl type, or a name that no purl can hold, gives `FAMILY:NAME`, which is
/// as stable and never looks like a purl.
pub fn subject(ecosystem: &Ecosystem, name: &str) -> Arc<str> {
    let name = ecosystem.normal_name(name);
    match ecosystem.purl(&name, None) {
        Some(purl) => purl.into(),
        None => format!("{}:{name}", ecosystem.family()).into(),
    }
}

/// An operating system package, by the name of its source package where there is one.
///
/// The release is not in it: a host keeps its findings when it is upgraded.
pub fn system_package(ecosystem: &Ecosystem, source: &str) -> Locus {
    Locus::SystemPackage { purl: subject(ecosystem, source) }
}

/// A language package and the root-relative file that it was read from: the lockfile if there are
/// both.
pub fn language_package(ecosystem: &Ecosystem, name: &str, path: &str) -> Locus {
    Locus::LanguagePackage { purl: subject(ecosystem, name), path: steady_path(path) }
}

/// How names end that carry the version of what is installed.
const VERSIONED: [&str; 8] =
    [".dist-info", ".egg-info", ".egg", ".gemspec", ".jar", ".war", ".ear", ".par"];

/// A path without the versions that installers write into names, so that an upgrade in place does
/// not look like another package: `x-1.2.dist-info` and `x-1.3.dist-info` are one.
fn steady_path(path: &str) -> Arc<str> {
    let path = normal_path(path);
    if !VERSIONED.iter().any(|ending| path.contains(ending)) {
        return path;
    }
    let steady = |name: &str| {
        let ending = VERSIONED.iter().find(|ending| name.ends_with(**ending))?;
        let version = name
            .match_indices('-')
            .find(|(at, _)| name.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit));
        Some(format!("{}{ending}", name.get(..version?.0)?))
    };
    let names: Vec<String> =
        path.split('/').map(|name| steady(name).unwrap_or_else(|| name.to_owned())).collect();
    names.join("/").into()
}

/// A file as a whole.
pub fn file(path: &str) -> Locus {
    file_item(path, "")
}

/// One named thing in a file, e.g. an acceptance.
pub fn file_item(path: &str, item: &str) -> Locus {
    Locus::File { path: normal_path(path), item: item.into() }
}

/// A resource of a host, as controls name it; `scope` is for whom, where not for everybody.
pub fn setting(resource: &str, scope: Option<&str>) -> Locus {
    Locus::Setting { resource: resource.into(), scope: scope.unwrap_or_default().into() }
}

/// The asset as a whole, in one respect, e.g. an ecosystem without a feed.
pub fn whole_asset(respect: &str) -> Locus {
    Locus::Asset { respect: respect.into() }
}

/// Whether a locus is a package of this ecosystem, whatever its release.
pub fn is_of(locus: &Locus, ecosystem: &Ecosystem) -> bool {
    let (Locus::SystemPackage { purl } | Locus::LanguagePackage { purl, .. }) = locus else {
        return false;
    };
    // The part of a purl before the name, taken from a name that is written as it is.
    let sample = subject(ecosystem, "x");
    sample.strip_suffix('x').is_some_and(|head| purl.starts_with(head))
}

/// Whether a locus stands in this file, or in this folder.
pub fn is_in(locus: &Locus, path: &str) -> bool {
    let path = steady_path(path);
    locus.path().is_some_and(|own| {
        path.is_empty()
            || own == &*path
            || own
                .strip_prefix(&*path)
                .is_some_and(|rest| rest.starts_with('/') || path.ends_with('/'))
    })
}

/// `./a/b/` and `a/b` are one path. A root-relative path has no leading `./`; an absolute one
/// keeps its `/`.
fn normal_path(path: &str) -> Arc<str> {
    let mut rest = path;
    while let Some(shorter) = rest.strip_prefix("./") {
        rest = shorter.trim_start_matches('/');
    }
    match rest.strip_suffix('/') {
        Some("") | None if rest == "." => "".into(),
        Some(shorter) if !shorter.is_empty() => shorter.into(),
        _ => rest.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_one_locus_however_it_is_written() {
        let pypi = Ecosystem::new("PyPI");
        assert_eq!(
            language_package(&pypi, "Zope.Interface", "./requirements.txt"),
            language_package(&pypi, "zope-interface", "requirements.txt"),
        );
        assert_eq!(&*subject(&pypi, "Zope.Interface"), "pkg:pypi/zope-interface");
    }

    #[test]
    fn an_upgrade_in_place_keeps_the_locus() {
        for (path, wanted) in [
            (
                "/usr/lib/python3/site-packages/a_b-1.2.3.dist-info/METADATA",
                "/usr/lib/python3/site-packages/a_b.dist-info/METADATA",
            ),
            ("/g/specifications/rack-2.2.3.gemspec", "/g/specifications/rack.gemspec"),
            ("/opt/app-1.0/lib/log4j-core-2.14.1.jar", "/opt/app-1.0/lib/log4j-core.jar"),
            ("/opt/tool.jar", "/opt/tool.jar"),
            ("app-1.0/Cargo.lock", "app-1.0/Cargo.lock"),
        ] {
            assert_eq!(&*steady_path(path), wanted, "{path}");
        }
    }

    #[test]
    fn a_release_upgrade_keeps_the_locus() {
        let twelve = system_package(&Ecosystem::new("Debian:12"), "openssl");
        let thirteen = system_package(&Ecosystem::new("Debian:13"), "openssl");
        assert_eq!(twelve, thirteen);
    }

    #[test]
    fn a_family_without_a_purl_type_still_has_subjects() {
        assert_eq!(&*subject(&Ecosystem::new("Android"), "aeson"), "Android:aeson");
        let locus = language_package(&Ecosystem::new("Android"), "aeson", "cabal.lock");
        assert!(is_of(&locus, &Ecosystem::new("Android")));
    }

    #[test]
    fn loci_know_their_ecosystem_and_folder() {
        let cargo = Ecosystem::new("cargo");
        let locus = language_package(&cargo, "time", "a/Cargo.lock");
        assert!(is_of(&locus, &cargo));
        assert!(!is_of(&locus, &Ecosystem::new("npm")));
        assert!(is_of(
            &system_package(&Ecosystem::new("Debian:12"), "zlib"),
            &Ecosystem::new("Debian:13")
        ));
        assert!(is_in(&locus, "a/Cargo.lock") && is_in(&locus, "a") && is_in(&locus, "./a/"));
        assert!(is_in(&locus, "") && is_in(&locus, "."));
        assert!(!is_in(&locus, "a/Cargo") && !is_in(&locus, "b"));
        assert!(!is_in(&whole_asset("feed"), ""));
    }

    #[test]
    fn paths_are_normal() {
        for (from, to) in
            [("./a", "a"), (".", ""), ("./", ""), ("a/b/", "a/b"), ("/", "/"), ("/etc/x", "/etc/x")]
        {
            assert_eq!(&*normal_path(from), to, "{from}");
        }
    }
}
