//! Which family of package managers a host has. Each orders versions in its own way.
//!
//! Knows the ids of distributions. Must not know how a package is changed.

use holdfast_model::TraitValue;

use crate::Seen;

/// A family of package managers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manager {
    /// dpkg(1) with apt-get(8).
    Deb,
    /// rpm(8) with dnf, yum, microdnf, tdnf or zypper.
    Rpm,
    /// apk(8).
    Apk,
}

/// Values of `ID` in os-release(5) of distributions with RPM.
const RPM: &[&str] = &[
    "almalinux",
    "amzn",
    "azurelinux",
    "centos",
    "fedora",
    "mageia",
    "mariner",
    "ol",
    "opensuse",
    "photon",
    "rhel",
    "rocky",
    "sled",
    "sles",
    "suse",
];
/// The same with apk.
const APK: &[&str] = &["alpine", "chainguard", "postmarketos", "wolfi"];

impl Manager {
    /// That of a host; of one that does not say what it is, that of Debian.
    pub fn of(seen: &Seen) -> Self {
        let os = match seen.host("os").and_then(|found| found.value.as_ref()) {
            Some(TraitValue::Text(os)) => os.as_ref(),
            _ => return Self::Deb,
        };
        // `opensuse-leap`, `opensuse-tumbleweed`.
        let family = os.split('-').next().unwrap_or_default();
        if RPM.contains(&family) {
            Self::Rpm
        } else if APK.contains(&family) {
            Self::Apk
        } else {
            Self::Deb
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use holdfast_model::Trait;

    use super::*;

    #[test]
    fn a_host_has_the_manager_of_its_distribution() {
        let of = |os: Option<&str>| {
            let value = os.map(|os| TraitValue::Text(os.into()));
            let found = Trait { name: "os".into(), value, because: String::new() };
            Manager::of(&Seen::new(Vec::new(), vec![found], BTreeMap::new()))
        };
        for (os, manager) in [
            (Some("debian"), Manager::Deb),
            (Some("ubuntu"), Manager::Deb),
            (Some("rocky"), Manager::Rpm),
            (Some("opensuse-leap"), Manager::Rpm),
            (Some("alpine"), Manager::Apk),
            (None, Manager::Deb),
        ] {
            assert_eq!(of(os), manager, "{os:?}");
        }
    }
}
