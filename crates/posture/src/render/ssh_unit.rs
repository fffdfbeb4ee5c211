//! The unit of the ssh server, which distributions call by two names.
//!
//! Knows the families of distributions. Must not know how any tool reloads a unit.

use holdfast_model::TraitValue;

use crate::Seen;

const SSH: &str = "ssh.service";
const SSHD: &str = "sshd.service";

/// Families that call it as the program is called.
const AS_THE_PROGRAM: &[&str] = &["alpine", "arch", "gentoo", "mageia", "nixos", "rhel", "suse"];

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SshUnit {
    /// That of Debian and its kin.
    Ssh,
    /// That of the others.
    Sshd,
    /// Nobody knows before it is asked.
    Either,
}

impl SshUnit {
    /// That of a host.
    pub(super) fn of(seen: &Seen) -> Self {
        match seen.host("family").and_then(|found| found.value.as_ref()) {
            Some(TraitValue::Text(family)) if **family == *"debian" => Self::Ssh,
            Some(TraitValue::Text(family)) if AS_THE_PROGRAM.contains(&&**family) => Self::Sshd,
            _ => Self::Either,
        }
    }

    /// The names that it may have; the first that runs is the one.
    pub(super) fn units(self) -> &'static [&'static str] {
        match self {
            Self::Ssh => &[SSH],
            Self::Sshd => &[SSHD],
            Self::Either => &[SSH, SSHD],
        }
    }

    /// What it is called in a sentence.
    pub(super) fn named(self) -> &'static str {
        match self {
            Self::Ssh => SSH,
            Self::Sshd => SSHD,
            Self::Either => "the ssh server",
        }
    }

    /// The command that ends with 0 where it runs under systemd. systemctl(1): of several units one
    /// that is active is enough.
    pub(super) fn runs(self) -> String {
        let units = self.units().join(" ");
        format!("test -d /run/systemd/system && systemctl is-active --quiet {units}")
    }

    /// The command that lets it read its files anew, where it runs.
    pub(super) fn reload(self) -> String {
        match self {
            Self::Ssh | Self::Sshd => format!("systemctl reload {}", self.named()),
            Self::Either => format!(
                "if systemctl is-active --quiet {SSH}; then systemctl reload {SSH}; else systemctl \
                 reload {SSHD}; fi"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use holdfast_model::Trait;

    use super::*;

    #[test]
    fn a_host_calls_it_as_its_family_does() {
        let of = |family: Option<&str>| {
            let family = Trait {
                name: "family".into(),
                value: family.map(|family| TraitValue::Text(family.into())),
                because: String::new(),
            };
            SshUnit::of(&Seen::new(Vec::new(), vec![family], BTreeMap::new()))
        };
        assert_eq!(of(Some("debian")).units(), ["ssh.service"]);
        for family in ["rhel", "suse", "arch"] {
            assert_eq!(of(Some(family)).units(), ["sshd.service"], "{family}");
        }
        for family in [Some("own"), None] {
            assert_eq!(of(family).units(), ["ssh.service", "sshd.service"], "{family:?}");
        }
        assert_eq!(SshUnit::of(&Seen::default()), SshUnit::Either);
    }
}
