//! Before a change that may lock people out: a script that ends with 0 only if another
//! administrator can still log in afterwards.
//!
//! Knows which options of the ssh server decide who gets in. Must not know how the change is made.

use std::fmt::Write as _;

use holdfast_model::{Aspect, Desired, Resource};

use super::holds::{flat, found};
use super::plan::keep_or_set;
use super::quote::{one_line, shell};
use super::steps::Step;
use crate::{Control, Seen};

/// What the script looks at, in words, where it is a resource of its own.
pub(super) const SOMEBODY_ELSE: &str = "see that another administrator can log in afterwards";
/// What the shell says, and how it ends, where a tool found that the script did not succeed.
pub(super) const NOBODY_ELSE: &str =
    "echo 'no other administrator can log in afterwards; nothing was changed' >&2; exit 1";

/// The options that the script reckons with.
const DECIDE: [&str; 3] = ["PasswordAuthentication", "PermitRootLogin", "AuthorizedKeysFile"];

const SCRIPT: &str = include_str!("shell/precheck.sh");

/// The script; empty where nobody can be locked out of ssh. `along` are the controls that are carried
/// out with this one: together they may shut ways in that each of them alone leaves open.
pub(super) fn script(control: &Control, steps: &[Step], along: &[&Control], seen: &Seen) -> String {
    let changes_sshd = steps.iter().any(|step| matches!(step, Step::Sshd { .. }));
    if control.risk.lockout && changes_sshd { text(control, along, seen) } else { String::new() }
}

/// What the script says of a control that may lock people out of ssh.
pub(super) fn text(control: &Control, along: &[&Control], seen: &Seen) -> String {
    // One that shuts no way in itself does not wait for those that do: each of them asks, with all of
    // the others in mind. What cannot lock anybody out asks nothing, and so counts for everyone.
    let shuts = DECIDE.iter().any(|option| !sets(control, option, seen).is_empty());
    let counts = |other: &&Control| shuts || !other.risk.lockout;
    let along: Vec<&Control> = along.iter().copied().filter(counts).collect();
    let will_be =
        |option: &str, default: &str| afterwards((option, default), control, &along, seen);
    // Where it was not looked at, the answer is the one that lets fewer people in.
    let all_say = |values: &[String], words: &[&str]| {
        values.iter().all(|value| words.iter().any(|word| value.eq_ignore_ascii_case(word)))
    };
    let passwords = all_say(&will_be("PasswordAuthentication", "no"), &["yes"]);
    let root = will_be("PermitRootLogin", "no");
    let root = if passwords && all_say(&root, &["yes"]) {
        "password"
    } else if all_say(&root, &["yes", "prohibit-password", "without-password"]) {
        "key"
    } else {
        "no"
    };
    let mut keys = will_be("AuthorizedKeysFile", ".ssh/authorized_keys .ssh/authorized_keys2");
    keys.dedup();
    let keys = match keys.as_slice() {
        [one] => one.as_str(),
        _ => "none",
    };

    let mut out = format!(
        "#!/bin/sh\n# {}: before it is done: another administrator can log in afterwards.\n",
        one_line(&control.id)
    );
    let _ = writeln!(out, "passwords={}", if passwords { "yes" } else { "no" });
    let _ = writeln!(out, "root={root}");
    let _ = writeln!(out, "key_files={}", shell(&one_line(keys)));
    out.push_str(SCRIPT);
    out
}

/// Each value that an option of the ssh server may have afterwards: what the control sets, else what
/// was seen, else the default; and what those set that are carried out along with it. Whether they
/// are is known only then, so that none of their values makes up for a stricter one.
fn afterwards(
    (option, default): (&str, &str),
    control: &Control,
    along: &[&Control],
    seen: &Seen,
) -> Vec<String> {
    let mut all = sets(control, option, seen);
    if all.is_empty() {
        let of = Resource::Sshd { option: option.into() };
        let now = found(seen, &of, Aspect::Value);
        all.push(now.map_or_else(|| default.to_owned(), ToString::to_string));
    }
    all.extend(along.iter().flat_map(|other| sets(other, option, seen)));
    all
}

/// What a control sets an option of the ssh server to; nothing where it leaves it as it is.
fn sets(control: &Control, option: &str, seen: &Seen) -> Vec<String> {
    let of = Resource::Sshd { option: option.into() };
    let now = found(seen, &of, Aspect::Value);
    let states = control.ensure.iter().flat_map(|desired| flat(desired, seen));
    states
        .filter_map(|desired| match desired {
            Desired::Sshd { option: its, value } if its.eq_ignore_ascii_case(option) => {
                Some(keep_or_set(&of, value, [now]))
            }
            _ => None,
        })
        .collect()
}
