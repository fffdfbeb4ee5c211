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
        let told = |name: &str| match seen.host(name).and_then(|found| found.value.as_ref()) {
            Some(TraitValue::Text(text)) => text.as_ref(),
            _ => "",
        };
        // `opensuse-leap`, `opensuse-tumbleweed`.
        let os = told("os").split('-').next().unwrap_or_default();
        let names = [os, told("family")];
        if names.iter().any(|name| RPM.contains(name)) {
            Self::Rpm
        } else if names.iter().any(|name| APK.contains(name)) {
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
        let of = |os: Option<&str>, family: Option<&str>| {
            let found = |name: &str, word: Option<&str>| Trait {
                name: name.into(),
                value: word.map(|word| TraitValue::Text(word.into())),
                because: String::new(),
            };
            let traits = vec![found("os", os), found("family", family)];
            Manager::of(&Seen::new(Vec::new(), traits, BTreeMap::new()))
        };
        for (os, family, manager) in [
            (Some("debian"), None, Manager::Deb),
            (Some("ubuntu"), Some("debian"), Manager::Deb),
            (Some("rocky"), None, Manager::Rpm),
            (Some("opensuse-leap"), None, Manager::Rpm),
            (Some("alpine"), None, Manager::Apk),
            (Some("eurolinux"), Some("rhel"), Manager::Rpm),
            (Some("own"), Some("suse"), Manager::Rpm),
            (Some("own"), Some("alpine"), Manager::Apk),
            (Some("kali"), Some("debian"), Manager::Deb),
            (None, None, Manager::Deb),
        ] {
            assert_eq!(of(os, family), manager, "{os:?} {family:?}");
        }
    }
}
