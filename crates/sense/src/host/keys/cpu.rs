//! What the running kernel says of its processors: their flags, proc_cpuinfo(5), and their flaws
//! (Linux, Documentation/ABI/testing/sysfs-devices-system-cpu).
//!
//! Knows two texts of the kernel; must not know which flags are good.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Place, Reading};

use super::{Family, Said};
use crate::text::file_name;

const INFO: &str = "/proc/cpuinfo";
const FLAWS: &str = "/sys/devices/system/cpu/vulnerabilities";

/// Reads the flags: each that some processor has is held, with `yes` where all have it.
pub(super) fn info(family: &mut Family<'_>, running: bool) {
    if at_rest(family, running) {
        return;
    }
    let path: Arc<str> = INFO.into();
    let (mut flags, mut processors) = (BTreeMap::<String, (usize, Place)>::new(), 0);
    family.each_line(&path, |_, document, line, at| {
        let flags_of = line.split_once(':').filter(|(key, _)| key.trim() == "flags");
        let Some((_, value)) = flags_of else { return };
        processors += 1;
        let words: BTreeSet<&str> = value.split_whitespace().collect();
        for word in words {
            match flags.get_mut(word) {
                Some((count, _)) => *count += 1,
                None => drop(flags.insert(word.to_owned(), (1, document.place(at)))),
            }
        }
    });
    if processors == 0 {
        let reason = format!("`{INFO}` says no flags of processors, as it does on x86 alone");
        return family.hide(reason, "a look at the manual of the processor");
    }
    for (flag, (count, place)) in flags {
        let value = if count == processors { "yes" } else { "no" };
        family.hold(flag, value.to_owned(), place);
    }
    // A flag that no processor has is one that they do not have, and no question that is open.
    family.rest = Some("no");
}

/// Reads the flaws, each with its own scope: `Not affected`, `Mitigation` or `Vulnerable`. What
/// stands behind the first `:` or `;` says by what, and which parts of it are open.
pub(super) fn flaws(family: &mut Family<'_>, running: bool) {
    if at_rest(family, running) {
        return;
    }
    for path in family.folder(FLAWS, |_| true) {
        let mut first = None;
        family.each_line(&path, |_, document, line, at| {
            if first.is_none() {
                first = Some((line.to_owned(), document.place(at)));
            }
        });
        let Some((line, place)) = first else { continue };
        let said = line.strip_prefix("KVM:").unwrap_or(&line);
        let word = said.split([':', ';']).next().unwrap_or_default().trim();
        let reading = if word == "Unknown" {
            let reason = format!("the kernel itself does not know: `{}`", super::shown(&line));
            Reading::Unknown { reason, closes_with: "a look at what the host runs on".to_owned() }
        } else if has_open_part(said) {
            Reading::Is("Vulnerable".into())
        } else {
            Reading::Is(word.into())
        };
        let scope = Some(file_name(&path).into());
        let said = Said { scope, reading, place: Some(place), default: false };
        family.scoped.push(("*".to_owned(), said));
    }
}

/// Whether a part of a flaw is open although the rest is mitigated: `…; BHI: Vulnerable`. Of what
/// only threads of one core could do, `SMT vulnerable` without a `:`, the kernel itself says that the
/// flaw is mitigated.
fn has_open_part(said: &str) -> bool {
    said.split([';', ',']).skip(1).any(|part| {
        let state = part.rsplit_once(':').map(|(_, state)| state.trim().to_ascii_lowercase());
        state.is_some_and(|state| state.starts_with("vulnerable"))
    })
}

/// Only a running kernel says such things.
fn at_rest(family: &mut Family<'_>, running: bool) -> bool {
    if !running {
        family.hide("only a running system has it".to_owned(), "look at the system while it runs");
    }
    !running
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_open_counts() {
        for said in [
            "Mitigation: Enhanced / Automatic IBRS; IBPB: conditional; BHI: Vulnerable",
            "Mitigation: Retpolines; BHI: Vulnerable (Syscall hardening enabled)",
            "Mitigation: Retpolines; BHI: Vulnerable, KVM: SW loop",
            "Mitigation: Enhanced IBRS, IBPB: conditional, PBRSB-eIBRS: Vulnerable",
            "Mitigation: PTE Inversion; VMX: vulnerable",
            "Mitigation: PTE Inversion; VMX: vulnerable, SMT vulnerable",
        ] {
            assert!(has_open_part(said), "{said}");
        }
        for said in [
            "Not affected",
            "Mitigation: Clear CPU buffers; SMT vulnerable",
            "Mitigation: Clear CPU buffers; SMT Host state unknown",
            "Mitigation: PTE Inversion; VMX: conditional cache flushes, SMT vulnerable",
            "Mitigation: Retpolines; STIBP: disabled; PBRSB-eIBRS: Not affected; BHI: Retpoline",
        ] {
            assert!(!has_open_part(said), "{said}");
        }
    }
}
