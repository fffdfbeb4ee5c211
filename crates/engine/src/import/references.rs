//! Which controls of ours a test of somebody else's means, by the references that both carry.
//!
//! Knows references only. A scheme in which one number stands for many things, as in a catalogue of
//! requirements, joins nothing: no reader gives such a name to a test. Where a tool has one test for
//! many settings, and calls each part of it by its setting, the settings of our controls tell.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use holdfast_model::{Desired, Digest, Resource};

use crate::controls::Controls;
use crate::gather::Tree;

/// The scheme of our own ids.
const OWN: &str = "holdfast";

/// The scheme of Lynis' tests.
const LYNIS: &str = "lynis";
/// Lynis' test of all kernel parameters, of which each part is called by its parameter.
const LYNIS_SYSCTLS: &str = "KRNL-6000";
/// Lynis' test of all options of the ssh server, in the same way.
const LYNIS_SSHD: &str = "SSH-7408";
/// Options of which Lynis wants what we do not: another port than 22, and the last login told.
const LYNIS_OTHERWISE: [&str; 2] = ["Port", "PrintLastLog"];

/// Our controls by their references. They are read with the first test that asks.
pub(super) struct References<'a> {
    tree: &'a dyn Tree,
    known: OnceLock<BTreeMap<String, Vec<Arc<str>>>>,
}

impl<'a> References<'a> {
    pub(super) fn new(tree: &'a dyn Tree) -> Self {
        Self { tree, known: OnceLock::new() }
    }

    fn known(&self) -> &BTreeMap<String, Vec<Arc<str>>> {
        self.known.get_or_init(|| of(&Controls::read(Some(self.tree))))
    }

    /// The ids of the controls that carry one of these references, sorted.
    pub(super) fn controls(&self, refs: &[Arc<str>]) -> Vec<Arc<str>> {
        if refs.is_empty() {
            return Vec::new();
        }
        let known = self.known();
        let found = refs.iter().filter_map(|name| known.get(&name.to_ascii_lowercase()));
        let mut controls: Vec<Arc<str>> = found.flatten().cloned().collect();
        controls.sort();
        controls.dedup();
        controls
    }

    /// Differs where a test may mean something else.
    pub(super) fn digest(&self) -> Digest {
        Digest::of(format!("{:?}", self.known()).as_bytes())
    }
}

fn of(controls: &Controls) -> BTreeMap<String, Vec<Arc<str>>> {
    let mut known: BTreeMap<String, Vec<Arc<str>>> = BTreeMap::new();
    let mut add = |scheme: &str, id: &str, control: &Arc<str>| {
        let name = format!("{scheme}:{id}").to_ascii_lowercase();
        known.entry(name).or_default().push(Arc::clone(control));
    };
    for control in &controls.list {
        add(OWN, &control.id, &control.id);
        for (scheme, ids) in &control.refs {
            for id in ids {
                add(scheme, id, &control.id);
            }
        }
        for resource in control.ensure.iter().flat_map(Desired::resources) {
            if let Some(id) = part_of_lynis(&resource) {
                add(LYNIS, &id, &control.id);
            }
        }
    }
    known
}

/// What Lynis calls its test of a setting.
fn part_of_lynis(resource: &Resource) -> Option<String> {
    match resource {
        Resource::Sysctl { key } => Some(format!("{LYNIS_SYSCTLS}:{key}")),
        Resource::Sshd { option } if !LYNIS_OTHERWISE.contains(&&**option) => {
            Some(format!("{LYNIS_SSHD}:{option}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_found_by_their_own_ids_and_those_of_others() {
        let known = of(&Controls::read(None));
        let has = |name: &str, id: &str| {
            known.get(name).is_some_and(|controls| controls.iter().any(|one| **one == *id))
        };
        assert!(has("devsec:sshd-06", "root-login"));
        assert!(has("holdfast:root-login", "root-login"));
        assert!(has("devsec:os-05", "login-path") && has("devsec:os-05", "login-tries"));
        assert!(has("ssg:sysctl_kernel_randomize_va_space", "address-layout"));
        // One rule for two files, each of which has a control of its own.
        let rsh = "ssg:no_rsh_trust_files";
        assert!(has(rsh, "trusted-hosts") && has(rsh, "remote-trust-files"));
        assert!(!known.contains_key("devsec:root-login"));
    }

    #[test]
    fn tests_of_lynis_mean_what_they_ask_for() {
        let known = of(&Controls::read(None));
        let has = |name: &str| -> Vec<&str> {
            known.get(name).into_iter().flatten().map(|one| &**one).collect()
        };
        assert_eq!(has("lynis:auth-9204"), ["one-root"]);
        assert_eq!(has("lynis:auth-9283"), ["empty-passwords"]);
        assert_eq!(has("lynis:inse-8320"), ["tftp-servers"]);
        assert_eq!(has("lynis:krnl-6000:net.ipv4.ip_forward"), ["net-forwarding"]);
        assert_eq!(has("lynis:ssh-7408:permitrootlogin"), ["root-login"]);
        assert_eq!(has("lynis:ssh-7408:maxauthtries"), ["ssh-guessing"]);
        // One number for all of them says nothing of any, and what is wanted otherwise is no witness.
        for name in ["lynis:ssh-7408", "lynis:krnl-6000", "lynis:ssh-7408:port"] {
            assert_eq!(has(name), [""; 0], "{name}");
        }
    }
}
