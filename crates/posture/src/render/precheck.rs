//! Before a change that may lock people out: a script that ends with 0 only if another
//! administrator can still log in afterwards.
//!
//! Knows which options of the ssh server decide who gets in. Must not know how the change is made.

use std::fmt::Write as _;

use holdfast_model::{Aspect, Desired, Resource};

use super::holds::found;
use super::quote::{one_line, shell};
use super::steps::Step;
use crate::{Control, Seen};

/// What the script looks at, in words, where it is a resource of its own.
pub(super) const SOMEBODY_ELSE: &str = "see that another administrator can log in afterwards";
/// What the shell says, and how it ends, where a tool found that the script did not succeed.
pub(super) const NOBODY_ELSE: &str =
    "echo 'no other administrator can log in afterwards; nothing was changed' >&2; exit 1";

const SCRIPT: &str = include_str!("shell/precheck.sh");

/// The script; empty where nobody can be locked out of ssh.
pub(super) fn script(control: &Control, steps: &[Step], seen: &Seen) -> String {
    let changes_sshd = steps.iter().any(|step| matches!(step, Step::Sshd { .. }));
    if !control.risk.lockout || !changes_sshd {
        return String::new();
    }
    // What will be so afterwards: what the control sets, else what was seen, else the default.
    let will_be = |option: &str, default: &str| {
        let set = control.ensure.iter().find_map(|desired| match desired {
            Desired::Sshd { option: its, value } if its.eq_ignore_ascii_case(option) => {
                Some(value.to_set().to_lowercase())
            }
            _ => None,
        });
        let resource = Resource::Sshd { option: option.into() };
        let seen = found(seen, &resource, Aspect::Value).map(|value| value.to_lowercase());
        set.or(seen).unwrap_or_else(|| default.to_owned())
    };
    // Where it was not looked at, the answer is the one that lets fewer people in.
    let passwords = will_be("PasswordAuthentication", "no") == "yes";
    let root = will_be("PermitRootLogin", "no");
    let root = match root.as_str() {
        "yes" if passwords => "password",
        "yes" | "prohibit-password" | "without-password" => "key",
        _ => "no",
    };
    let keys = Resource::Sshd { option: "AuthorizedKeysFile".into() };
    let keys = found(seen, &keys, Aspect::Value).map_or_else(
        || ".ssh/authorized_keys .ssh/authorized_keys2".to_owned(),
        ToString::to_string,
    );

    let mut out = format!(
        "#!/bin/sh\n# {}: before it is done: another administrator can log in afterwards.\n",
        one_line(&control.id)
    );
    let _ = writeln!(out, "passwords={}", if passwords { "yes" } else { "no" });
    let _ = writeln!(out, "root={root}");
    let _ = writeln!(out, "key_files={}", shell(&one_line(&keys)));
    out.push_str(SCRIPT);
    out
}
