//! Whether one statement asks for as much as another: whatever passes the first passes the second.
//!
//! Where that cannot be told, the answer is no: a value that may let more pass never counts as
//! tighter.

use holdfast_model::{BootWanted, CronWanted, Desired, ModeWanted, Wanted};

use crate::compare::{Reads, meets};

/// Whether everything that passes `a` passes `b` as well. Statements about different things never
/// do, nor do versions of packages, whose order only their distribution knows.
pub fn is_as_strict(a: &Desired, b: &Desired) -> bool {
    if a == b {
        return true;
    }
    match (a, b) {
        (Desired::Sysctl { key, value }, Desired::Sysctl { key: other, value: asked }) => {
            key == other && value_is(Reads::Kernel, value, asked)
        }
        (
            Desired::Key { dialect, key, value },
            Desired::Key { dialect: family, key: other, value: asked },
        ) => {
            let reads = Reads::of_key(*dialect, key);
            dialect == family && key == other && value_is(reads, value, asked)
        }
        (Desired::Entry { value: Some(value), .. }, Desired::Entry { value: Some(asked), .. }) => {
            a.resource() == b.resource() && value_is(Reads::Entry, value, asked)
        }
        (Desired::Cron { wanted, .. }, Desired::Cron { wanted: asked, .. }) => {
            a.resource() == b.resource()
                && match (wanted, asked) {
                    (CronWanted::At(time), CronWanted::At(asked)) => {
                        value_is(Reads::Cron, time, asked)
                    }
                    (CronWanted::At(_), CronWanted::Present) => true,
                    _ => false,
                }
        }
        (Desired::Sshd { option, value }, Desired::Sshd { option: other, value: asked })
        | (Desired::Ssh { option, value }, Desired::Ssh { option: other, value: asked }) => {
            option == other && value_is(Reads::Sshd(option), value, asked)
        }
        (Desired::File { .. }, Desired::File { .. }) => file_is(a, b),
        // Of what is not there the other says nothing.
        (Desired::FileAbsent { path }, Desired::File { path: other, kind: None, .. }) => {
            path == other
        }
        (Desired::PackageAbsent { name }, Desired::PackageAtLeast { name: other, .. }) => {
            name == other
        }
        (
            Desired::ServiceOn { unit }
            | Desired::ServiceOff { unit }
            | Desired::Service { unit, .. },
            Desired::ServiceOn { unit: other }
            | Desired::ServiceOff { unit: other }
            | Desired::Service { unit: other, .. },
        ) => unit == other && unit_is(sides(a), sides(b)),
        (Desired::AnyOf { name, ways }, Desired::AnyOf { name: other, ways: asked }) => {
            let leads = |way: &Vec<Desired>, to: &Vec<Desired>| {
                to.iter().all(|wanted| way.iter().any(|state| is_as_strict(state, wanted)))
            };
            name == other
                && !ways.is_empty()
                && ways.iter().all(|way| asked.iter().any(|to| leads(way, to)))
        }
        _ => false,
    }
}

fn value_is(reads: Reads<'_>, a: &Wanted, b: &Wanted) -> bool {
    match (a, b) {
        // Case counts in lists of algorithms and nowhere else, so that only lists are compared
        // with lists.
        (Wanted::SubsetOf(a), Wanted::SubsetOf(b)) => a.iter().all(|name| b.contains(name)),
        // Who names more that may not be is stricter.
        (Wanted::NoneOf(a), Wanted::NoneOf(b)) => b.iter().all(|name| a.contains(name)),
        (Wanted::SubsetOf(_) | Wanted::NoneOf(_), _) | (_, Wanted::SubsetOf(_)) => false,
        (Wanted::Is(value), _) => meets(reads, value, b),
        (Wanted::OneOf(values), _) => values.iter().all(|value| meets(reads, value, b)),
        (Wanted::AtMost(a), Wanted::AtMost(b)) => a <= b,
        (Wanted::AtLeast(a), Wanted::AtLeast(b)) => a >= b,
        (Wanted::StartupsAtMost(a), Wanted::StartupsAtMost(b)) => a.is_at_most(*b),
        (Wanted::AtMost(_) | Wanted::AtLeast(_) | Wanted::StartupsAtMost(_), _) => false,
    }
}

/// What is wanted of a unit at the next start and now.
fn sides(desired: &Desired) -> (Option<BootWanted>, Option<bool>) {
    match desired {
        Desired::ServiceOn { .. } => (Some(BootWanted::Enabled), Some(true)),
        Desired::ServiceOff { .. } => (Some(BootWanted::Disabled), Some(false)),
        Desired::Service { boot, running, .. } => (*boot, *running),
        _ => (None, None),
    }
}

/// Of a system that does not run now alone cannot be told, and the next start can: who asks for both
/// is not as strict as who asks for now alone.
fn unit_is(
    (boot, running): (Option<BootWanted>, Option<bool>),
    (asked_boot, asked_running): (Option<BootWanted>, Option<bool>),
) -> bool {
    let down = [Some(BootWanted::Masked), Some(BootWanted::Disabled)];
    let at_boot = boot == asked_boot || (boot, asked_boot) == (down[0], down[1]);
    at_boot && (asked_running.is_none() || running == asked_running)
}

fn file_is(a: &Desired, b: &Desired) -> bool {
    let (
        Desired::File { path, kind, owner, group, mode },
        Desired::File {
            path: other,
            kind: asked_kind,
            owner: asked_owner,
            group: asked_group,
            mode: asked_mode,
        },
    ) = (a, b)
    else {
        return false;
    };
    let kinds = match asked_kind.as_deref() {
        None => true,
        Some("any") => kind.is_some(),
        Some(_) => kind == asked_kind,
    };
    let owners = asked_owner.is_none() || owner == asked_owner;
    let groups = asked_group.is_empty()
        || (!group.is_empty() && group.iter().all(|name| asked_group.contains(name)));
    let modes = match (mode, asked_mode) {
        (_, None) => true,
        (Some(ModeWanted::Is(a)), Some(ModeWanted::Is(b))) => a == b,
        (Some(ModeWanted::Is(a) | ModeWanted::AtMost(a)), Some(ModeWanted::AtMost(b))) => {
            a & !b == 0
        }
        (None, Some(_)) | (Some(ModeWanted::AtMost(_)), Some(ModeWanted::Is(_))) => false,
    };
    path == other && kinds && owners && groups && modes
}

/// A statement together with what the control wants beside it: who tightens the mode of a file
/// still wants its owner.
pub(super) fn filled_up(tightened: Desired, control: &Desired) -> Desired {
    match (tightened, control) {
        (
            Desired::File { path, kind, owner, group, mode },
            Desired::File { kind: k, owner: o, group: g, mode: m, .. },
        ) => Desired::File {
            path,
            kind: kind.or_else(|| k.clone()),
            owner: owner.or_else(|| o.clone()),
            group: if group.is_empty() { g.clone() } else { group },
            mode: mode.or(*m),
        },
        (
            Desired::Service { unit, boot, running },
            Desired::Service { boot: asked_boot, running: asked_running, .. },
        ) => Desired::Service {
            unit,
            boot: boot.or(*asked_boot),
            running: running.or(*asked_running),
        },
        (other, _) => other,
    }
}
