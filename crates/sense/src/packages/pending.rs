//! Which installed packages a security suite offers a newer version of.
//!
//! Knows components and offers; the order of versions is handed in, since it lives in another
//! room.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Component, Offer, Place};

/// A security update that is offered and not installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The source package, as the installed package names it.
    pub source: Arc<str>,
    /// The installed package.
    pub binary: Arc<str>,
    /// Its version.
    pub installed: Arc<str>,
    /// The highest version that a security suite offers.
    pub offered: Arc<str>,
    /// Where the installed package stands.
    pub place: Place,
    /// The suite that offers it.
    pub suite: Arc<str>,
}

/// The pending security updates of one system, in the order of its components.
///
/// `newer(a, b)` says whether version `a` is newer than `b` in Debian's order (deb-version(7)).
/// Only components with a source package count: an offer says nothing of what another package
/// manager installed under the same name. Components carry no architecture, so offers of every
/// architecture are taken as meant for the package: where a system has several, their packages
/// are kept at one version. Holds and pins are the administrator's answer to an update, not a
/// reason to hide it.
pub fn pending_updates(
    components: &[Component],
    offers: &[Offer],
    newer: &dyn Fn(&str, &str) -> bool,
) -> Vec<Pending> {
    let mut best: BTreeMap<&str, &Offer> = BTreeMap::new();
    for offer in offers.iter().filter(|offer| offer.security) {
        best.entry(&offer.name)
            .and_modify(|highest| {
                if newer(&offer.version, &highest.version) {
                    *highest = offer;
                }
            })
            .or_insert(offer);
    }
    let pending = |component: &Component| {
        let (source, installed) = (component.source.as_ref()?, component.version.as_ref()?);
        let offer = best.get(&*component.name)?;
        newer(&offer.version, installed).then(|| Pending {
            source: Arc::clone(&source.name),
            binary: Arc::clone(&component.name),
            installed: Arc::clone(installed),
            offered: Arc::clone(&offer.version),
            place: component.place.clone(),
            suite: Arc::clone(&offer.suite),
        })
    };
    components.iter().filter_map(pending).collect()
}

#[cfg(test)]
mod tests {
    use holdfast_model::{Ecosystem, Origin, SourcePackage};

    use super::*;

    fn component(name: &str, version: Option<&str>, source: Option<&str>) -> Component {
        let version: Option<Arc<str>> = version.map(Into::into);
        Component {
            ecosystem: Ecosystem::new("Debian:12"),
            name: name.into(),
            place: Place { path: "/var/lib/dpkg/status".into(), line: 7, column: 10 },
            direct: None,
            dev: false,
            origin: Origin::Feed(None),
            source: source.map(|name| SourcePackage {
                name: name.into(),
                version: version.clone().unwrap_or_else(|| "1".into()),
            }),
            version,
            module: None,
            integrity: None,
        }
    }

    fn offer(name: &str, version: &str, security: bool) -> Offer {
        Offer {
            name: name.into(),
            architecture: "amd64".into(),
            version: version.into(),
            source: name.into(),
            security,
            suite: "bookworm-security".into(),
            place: Place::start_of("/var/lib/apt/lists/x"),
        }
    }

    fn number(version: &str) -> u32 {
        version.parse().unwrap()
    }

    fn pending(components: &[Component], offers: &[Offer]) -> Vec<(String, String)> {
        let newer = |a: &str, b: &str| number(a) > number(b);
        let found = pending_updates(components, offers, &newer);
        found.iter().map(|p| (p.source.to_string(), p.offered.to_string())).collect()
    }

    #[test]
    fn the_highest_security_offer_wins_in_any_order() {
        let installed = [component("libssl3", Some("9"), Some("openssl"))];
        let mut offers = [
            offer("libssl3", "10", true),
            offer("libssl3", "12", true),
            offer("libssl3", "13", false),
        ];
        let wanted = [("openssl".to_owned(), "12".to_owned())];
        assert_eq!(pending(&installed, &offers), wanted);
        offers.reverse();
        assert_eq!(pending(&installed, &offers), wanted);
    }

    #[test]
    fn what_is_not_newer_or_not_ours_is_no_update() {
        let cases = [
            component("a", Some("10"), Some("a")),
            component("a", Some("11"), Some("a")),
            component("b", Some("1"), Some("b")),
            component("a", Some("9"), None),
            component("a", None, Some("a")),
        ];
        assert_eq!(pending(&cases, &[offer("a", "10", true), offer("b", "2", false)]), []);
    }
}
