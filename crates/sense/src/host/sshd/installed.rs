//! Which version of OpenSSH a package manager installed: defaults depend on it.
//!
//! Knows what its packages are called and how their versions begin; knows no option.

use std::sync::Arc;

use super::side::Side;
use crate::host::look::{Got, Look};
use crate::host::package;
use crate::packages;

/// What versions are compared by: 8 and 4 of `1:8.4p1-5+deb11u3`.
pub(super) type Version = (u16, u16);

/// What is known of the installed version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Installed {
    /// This one.
    Version {
        /// What it is compared by.
        version: Version,
        /// All of it, as the package manager writes it.
        text: Arc<str>,
        /// Whether a policy of the whole system sets its lists of algorithms, as where rpm is.
        policy: bool,
    },
    /// Why nobody can tell.
    Unknown(String),
}

/// apk's database, of which the first counts: one folder may be a link to the other.
const APK: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];

/// The version, by the databases of dpkg, apk and rpm.
pub(super) fn installed(side: Side, look: &Look<'_>, running: bool) -> Installed {
    let names = side.packages();
    let dpkg = package::databases(look);
    let found = dpkg.version(names).or_else(|| {
        let mut databases = APK.map(|path| look.file(path)).into_iter().filter_map(Got::here);
        databases.find_map(|bytes| of_apk(bytes, names))
    });
    let patched = || {
        let (path, bytes, log) = rpm(look, running)?;
        packages::rpm::version(&path, bytes, log, names).map(Arc::<str>::from)
    };
    let found = found.map(|text| (text, false)).or_else(|| Some((patched()?, true)));
    let Some((text, policy)) = found else {
        return Installed::Unknown("no package says which version is installed".to_owned());
    };
    match version(&text) {
        Some(version) => Installed::Version { version, text, policy },
        None => Installed::Unknown(format!("`{text}` is no version of OpenSSH")),
    }
}

/// Where a database of rpm is, its bytes, and those of the log beside it.
type Database<'a> = (String, &'a [u8], Option<&'a [u8]>);

/// rpm's database and the log beside it. It is as large as a system is, so that it is not asked for
/// where the program can say itself what holds.
fn rpm<'a>(look: &Look<'a>, running: bool) -> Option<Database<'a>> {
    let places = packages::rpm::places().filter(|_| !running);
    let files = places.filter_map(|place| {
        let path = format!("/{place}");
        Some((look.file(&path).here()?, path))
    });
    // All of them are wanted in one round.
    let found: Vec<(&[u8], String)> = files.collect();
    let (bytes, path) = found.into_iter().next()?;
    let log = look.file(&format!("{path}-wal")).here();
    Some((path, bytes, log))
}

/// The version of the first package of one of these names in apk's database.
fn of_apk(bytes: &[u8], names: &[&str]) -> Option<Arc<str>> {
    let text = String::from_utf8_lossy(bytes);
    let (mut named, mut version) = (false, None);
    for line in text.lines().chain([""]) {
        if line.is_empty() {
            if let (true, Some(version)) = (named, version) {
                return Some(Arc::from(version));
            }
            (named, version) = (false, None);
        } else if let Some(name) = line.strip_prefix("P:") {
            named = names.contains(&name);
        } else if let Some(text) = line.strip_prefix("V:") {
            version = Some(text);
        }
    }
    None
}

fn version(text: &str) -> Option<Version> {
    let text = text.split_once(':').map_or(text, |(_, rest)| rest);
    let (major, rest) = text.split_once('.')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some((major.parse().ok()?, rest.get(..end)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_distributions_begin_with_that_of_openssh() {
        for (text, wanted) in [
            ("1:8.4p1-5+deb11u3", Some((8, 4))),
            ("1:10.0p1-7", Some((10, 0))),
            ("1:8.2p1-4ubuntu0.13", Some((8, 2))),
            ("9.3_p2-r0", Some((9, 3))),
            ("9", None),
            ("", None),
            ("1:p1", None),
            ("999999.1", None),
        ] {
            assert_eq!(version(text), wanted, "{text}");
        }
    }

    #[test]
    fn apk_names_the_version_behind_or_before_the_name() {
        let text =
            "C:Q1x=\nP:musl\nV:1.2.5-r0\n\nC:Q1y=\nP:openssh-server\nV:9.7_p1-r4\nA:x86_64\n";
        let of = |names: &[&str]| of_apk(text.as_bytes(), names);
        assert_eq!(of(&["openssh-server"]).as_deref(), Some("9.7_p1-r4"));
        assert_eq!(of(&["openssh-client-default"]), None);
        assert_eq!(of_apk(b"V:9.7_p1-r4\nP:a\n\nP:b\n", &["a"]).as_deref(), Some("9.7_p1-r4"));
        assert_eq!(of_apk(b"V:9.7_p1-r4\nP:a\n\nP:b\n", &["b"]), None);
    }
}
