//! Ports, keys, PAM and the packet filter: what can only be checked.

use core::net::IpAddr;
use std::sync::Arc;

use holdfast_model::{Aspect, Desired, PamWanted, PortWanted, Resource, Setting, Wanted};

use super::accounts::{members, named};
use super::evidence::{Look, joined, plain, source, spot, written};
use super::state::{Scoped, unseen};
use super::{ControlResult, Verdict};
use crate::Seen;
use crate::compare::{Reads, meets};

/// Judges a state of these kinds.
pub(super) fn of(desired: &Desired, resource: &Resource, seen: &Seen) -> Vec<Scoped> {
    match desired {
        Desired::Port { socket, wanted } => vec![(None, port(socket, wanted, resource, seen))],
        Desired::Keys { set, wanted } => keys(set, wanted, resource, seen),
        Desired::Pam { service, module, wanted } => {
            vec![(None, pam((&**service, &**module), wanted, resource, seen))]
        }
        Desired::Firewall { wanted, .. } => firewall(wanted, resource, seen),
        _ => Vec::new(),
    }
}

/// What is wanted, in words.
pub(super) fn wanted(desired: &Desired) -> String {
    match desired {
        Desired::Port { wanted: PortWanted::Listening, .. } => "listening".to_owned(),
        Desired::Port { wanted: PortWanted::OnlyOn(addresses), .. } => {
            format!("only on {}", addresses.join(", "))
        }
        Desired::Keys { set, wanted } => {
            let each = |(aspect, wanted): &(Aspect, Wanted)| {
                format!("{} {}", word(set, *aspect), plain(wanted))
            };
            wanted.iter().map(each).collect::<Vec<_>>().join(", ")
        }
        Desired::Pam { wanted: PamWanted::Absent, .. } => "absent".to_owned(),
        Desired::Pam { wanted: PamWanted::Present { kind, control, has, lacks }, .. } => {
            let mut parts = vec!["present".to_owned()];
            parts.extend(kind.iter().map(|kind| format!("in {kind}")));
            if !control.is_empty() {
                parts.push(control.join(" or "));
            }
            if !has.is_empty() {
                parts.push(format!("with {}", has.join(" and ")));
            }
            if !lacks.is_empty() {
                parts.push(format!("without {}", lacks.join(" and ")));
            }
            parts.join(", ")
        }
        Desired::Firewall { wanted, .. } => wanted.to_string(),
        _ => "closed".to_owned(),
    }
}

/// A socket is a scope by its address.
fn address(setting: &Setting) -> &str {
    setting.scope.as_deref().unwrap_or_default()
}

fn port(socket: &str, wanted: &PortWanted, resource: &Resource, seen: &Seen) -> Verdict {
    let open: Vec<&Setting> =
        seen.of(resource, Aspect::Running).filter(|setting| setting.scope.is_some()).collect();
    let strangers: Vec<&Setting> = match wanted {
        PortWanted::Listening => Vec::new(),
        PortWanted::Closed => open.clone(),
        PortWanted::OnlyOn(addresses) => {
            let stranger = |setting: &&Setting| !may_listen(address(setting), addresses);
            open.iter().copied().filter(stranger).collect()
        }
    };
    if !strangers.is_empty() {
        let end = match wanted {
            PortWanted::OnlyOn(_) => "which is none of those that are wanted",
            _ => "wanted closed",
        };
        let reason = format!("somebody listens on {}, {end}", places(&strangers));
        return on(ControlResult::Fail, reason, &strangers);
    }
    let whole = Look::at(seen, resource, Aspect::Running);
    match wanted {
        PortWanted::Listening if !open.is_empty() => {
            let reason = format!("somebody listens on {}, as wanted", places(&open));
            on(ControlResult::Pass, reason, &open)
        }
        _ => whole.gap().unwrap_or_else(|| match wanted {
            PortWanted::OnlyOn(_) if !open.is_empty() => {
                let reason = format!("somebody listens on {} alone, as wanted", places(&open));
                on(ControlResult::Pass, reason, &open)
            }
            PortWanted::Listening => {
                on(ControlResult::Fail, format!("nobody listens on {socket}"), &[])
            }
            PortWanted::Closed => {
                on(ControlResult::Pass, format!("nobody listens on {socket}, as wanted"), &[])
            }
            PortWanted::OnlyOn(_) => {
                on(ControlResult::NotApplicable, format!("nobody listens on {socket}"), &[])
            }
        }),
    }
}

/// Some sockets in a sentence.
fn places(sockets: &[&Setting]) -> String {
    let names: Vec<String> =
        sockets.iter().map(|setting| format!("`{}`", address(setting))).collect();
    named(&names, names.len())
}

/// A verdict because of some sockets, or of none.
fn on(result: ControlResult, reason: String, sockets: &[&Setting]) -> Verdict {
    let found: Vec<&str> = sockets.iter().map(|setting| address(setting)).collect();
    let found = if found.is_empty() { "closed".to_owned() } else { found.join(", ") };
    let place = sockets.first().and_then(|setting| written(setting));
    Verdict::new(result, reason).found(found).at(place)
}

fn may_listen(address: &str, wanted: &[Arc<str>]) -> bool {
    let loopback = || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    wanted.iter().any(|one| **one == *address || **one == *"loopback" && loopback())
}

/// The words for a side of a key.
fn word(set: &str, aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Bits if set == "ssh-moduli" => "length of moduli",
        Aspect::Bits => "length of RSA keys",
        Aspect::Method => "signed by",
        _ => "type",
    }
}

fn keys(set: &str, wanted: &[(Aspect, Wanted)], resource: &Resource, seen: &Seen) -> Vec<Scoped> {
    let whole = Look::at(seen, resource, Aspect::Value);
    let members = members(resource, seen);
    let mut out: Vec<Scoped> = Vec::new();
    for (name, settings) in &members {
        out.push((Some(Arc::clone(name)), key(set, settings, wanted)));
    }
    let verdict = whole.gap().unwrap_or_else(|| match members.len() {
        0 => Verdict::new(ControlResult::NotApplicable, "there are none".to_owned()),
        1 => Verdict::new(ControlResult::Pass, "its one key could be seen".to_owned()).found("1"),
        count => {
            let reason = format!("all {count} keys could be seen");
            Verdict::new(ControlResult::Pass, reason).found(count.to_string())
        }
    });
    out.push((None, verdict));
    out
}

/// The verdict on one key. What it does not have, such as bits of another algorithm, is right.
fn key(set: &str, settings: &[&Setting], wanted: &[(Aspect, Wanted)]) -> Verdict {
    let (mut right, mut wrong, mut found, mut gap) = (Vec::new(), Vec::new(), Vec::new(), None);
    let place = settings.iter().find_map(|setting| written(setting));
    for (aspect, wanted) in wanted {
        let look = match settings.iter().find(|setting| setting.aspect == *aspect) {
            Some(setting) => Look::of(setting),
            None => Look::Missing,
        };
        match look {
            Look::Is(_, value) if meets(Reads::Account, value, wanted) => {
                right.push(format!("{} `{value}`", word(set, *aspect)));
            }
            Look::Is(_, value) => {
                wrong.push(format!("found {} `{value}`, wanted {wanted}", word(set, *aspect)));
                found.push(value.to_owned());
            }
            Look::Absent(_) => {}
            other => gap = gap.or_else(|| other.gap()),
        }
    }
    if !wrong.is_empty() {
        return Verdict::new(ControlResult::Fail, wrong.join("; "))
            .found(found.join(", "))
            .at(place);
    }
    gap.unwrap_or_else(|| {
        let reason = match right.as_slice() {
            [] => "nothing that is wanted speaks of such a key".to_owned(),
            right => format!("found {}, as wanted", joined(right, "and")),
        };
        Verdict::new(ControlResult::Pass, reason).at(place)
    })
}

/// Control and arguments of a rule. A control in brackets may hold blanks.
fn parts(rule: &str) -> (&str, Vec<&str>) {
    let end = match rule.strip_prefix('[') {
        Some(rest) => rest.find(']').map_or(rule.len(), |at| at + 2),
        None => rule.find(' ').unwrap_or(rule.len()),
    };
    let (control, arguments) = rule.split_at_checked(end).unwrap_or((rule, ""));
    (control, arguments.split_whitespace().collect())
}

fn pam(
    (service, module): (&str, &str),
    wanted: &PamWanted,
    resource: &Resource,
    seen: &Seen,
) -> Verdict {
    let whole = Look::at(seen, resource, Aspect::Value);
    if let Some(gap) = whole.gap() {
        return gap;
    }
    if let Look::Absent(setting) = whole
        && !setting.default
    {
        let reason = format!("there is no service `{service}`");
        return Verdict::new(ControlResult::NotApplicable, reason).found("absent");
    }
    let all: Vec<&Setting> =
        seen.of(resource, Aspect::Value).filter(|setting| setting.scope.is_some()).collect();
    let fail = |reason: String| Verdict::new(ControlResult::Fail, reason);
    let PamWanted::Present { kind, .. } = wanted else {
        return match all.first() {
            None => {
                let reason = format!("no rule of `{service}` names `{module}`, as wanted");
                Verdict::new(ControlResult::Pass, reason).found("not set")
            }
            Some(rule) => fail(format!("a rule names it{}, wanted absent", source(rule)))
                .found("present")
                .at(written(rule)),
        };
    };
    let stack = |setting: &Setting| {
        let scope = setting.scope.as_deref().unwrap_or_default();
        scope.split(' ').next().unwrap_or_default().to_owned()
    };
    let rules: Vec<Rule<'_>> = all
        .into_iter()
        .filter(|setting| kind.as_ref().is_none_or(|kind| **kind == *stack(setting)))
        .filter_map(|setting| match Look::of(setting) {
            Look::Is(setting, rule) => Some((setting, rule)),
            _ => None,
        })
        .collect();
    let Some((first, says)) = rules.first() else {
        let end = kind.as_ref().map_or_else(String::new, |kind| format!(" in `{kind}`"));
        return fail(format!("no rule of `{service}` names `{module}`{end}")).found("not set");
    };
    if let Some(verdict) = unwanted(&rules, wanted) {
        return verdict;
    }
    let doubt = |rule: &Setting| {
        let mut all = seen.of(resource, Aspect::Value).filter(|one| one.scope == rule.scope);
        all.find_map(|one| Look::of(one).gap())
    };
    enough(&rules, wanted, doubt).unwrap_or_else(|missing| {
        let reason = format!("found `{says}`{}, wanted with {missing}", source(first));
        fail(reason).found(*says).at(written(first))
    })
}

/// A rule, and control and arguments of it.
type Rule<'s> = (&'s Setting, &'s str);

/// The verdict where a rule has an argument that none should have.
fn unwanted(rules: &[Rule<'_>], wanted: &PamWanted) -> Option<Verdict> {
    let PamWanted::Present { lacks, .. } = wanted else { return None };
    rules.iter().find_map(|(setting, rule)| {
        let (_, arguments) = parts(rule);
        let bad =
            arguments.into_iter().find(|argument| lacks.iter().any(|one| **one == **argument))?;
        let reason = format!("found `{bad}`{}, wanted without it", source(setting));
        let verdict = Verdict::new(ControlResult::Fail, reason).found(*rule);
        Some(verdict.at(written(setting)))
    })
}

/// The verdict where one rule has all that is wanted of it; else what the first one lacks. Where its
/// control is asked for, it has to be certain that PAM gets to it.
fn enough(
    rules: &[Rule<'_>],
    wanted: &PamWanted,
    doubt: impl Fn(&Setting) -> Option<Verdict>,
) -> Result<Verdict, String> {
    let PamWanted::Present { control, has, .. } = wanted else { return Err(String::new()) };
    let controlled = |its: &str| control.is_empty() || control.iter().any(|one| **one == *its);
    let fits = |rule: &str| {
        let (its, arguments) = parts(rule);
        controlled(its) && has.iter().all(|argument| arguments.contains(&&**argument))
    };
    let doubt = |setting: &Setting| if control.is_empty() { None } else { doubt(setting) };
    let fitting: Vec<&Rule<'_>> = rules.iter().filter(|(_, rule)| fits(rule)).collect();
    if let Some((setting, rule)) = fitting.iter().find(|(setting, _)| doubt(setting).is_none()) {
        let reason = format!("found `{rule}`{}, as wanted", source(setting));
        let verdict = Verdict::new(ControlResult::Pass, reason).found(*rule);
        return Ok(verdict.at(written(setting)));
    }
    if let Some(gap) = fitting.iter().find_map(|(setting, _)| doubt(setting)) {
        return Ok(gap);
    }
    let mut missing: Vec<String> = has.iter().map(|word| format!("`{word}`")).collect();
    if !control.is_empty() {
        missing.push(format!("the control {}", control.join(" or ")));
    }
    Err(joined(&missing, "and"))
}

/// For IPv4 and IPv6 each: what is open over one of them is open.
fn firewall(wanted: &str, resource: &Resource, seen: &Seen) -> Vec<Scoped> {
    let mut out: Vec<Scoped> = Vec::new();
    for setting in seen.of(resource, Aspect::Running) {
        let look = Look::of(setting);
        let verdict = match look {
            Look::Is(setting, found) => {
                // What some may reach is let in, and is not refused.
                let right = found == wanted || (found, wanted) == ("limited", "accepted");
                let at = setting
                    .place
                    .as_ref()
                    .map_or_else(String::new, |at| format!(" ({})", spot(at)));
                let (result, end) = if right {
                    (ControlResult::Pass, "as wanted".to_owned())
                } else {
                    (ControlResult::Fail, format!("wanted `{wanted}`"))
                };
                Verdict::new(result, format!("found `{found}`{at}, {end}"))
                    .found(found)
                    .at(written(setting))
            }
            Look::Absent(_) => Verdict::new(
                ControlResult::NotApplicable,
                "this host has no such packets".to_owned(),
            ),
            other => unseen(other),
        };
        out.push((setting.scope.clone(), verdict));
    }
    if out.is_empty() {
        out.push((None, unseen(Look::Missing)));
    }
    out
}
