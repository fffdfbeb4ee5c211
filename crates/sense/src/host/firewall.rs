//! What the kernel's packet filter does with what comes, nft(8).
//!
//! Knows what `nft -j list ruleset` tells; what becomes of a packet is worked out in `packet`. Knows
//! nothing of who may reach what.

mod packet;

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Reading, Resource, Setting};
use serde_json::Value;

use super::look::{Gap, Got, Look};
use super::{Answers, Asked, Collector};
use crate::{Answer, Need};

/// The collector.
pub(super) struct Firewall;

static ABOUT: About = About {
    id: "host-firewall",
    title: "The kernel's packet filter",
    text: "The rules in force, as `nft` tells them to root. For IPv4 and IPv6 each: what becomes of \
        a packet of which no rule speaks, and whether the first packet of a connection to a port is \
        accepted, refused, or accepted only from some, where a rule asks what is not known of it \
        (addresses, interfaces, rates). Next to nftables, the older tables of the kernel may hold \
        rules that `nft` does not tell; where they are in use, nothing is assessed. What is loaded \
        at the next start is said by the service and its file.",
    file: file!(),
};

/// The older tables, each with the names of those in use; only root reads them.
const OLD: [(&str, &str); 2] =
    [("ipv4", "/proc/net/ip_tables_names"), ("ipv6", "/proc/net/ip6_tables_names")];
impl Collector for Firewall {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        if asked.each(what_of).next().is_none() {
            return;
        }
        let look = Look::new(answers);
        let rules = if asked.running { rules(&look) } else { Err(Gap::at_rest()) };
        for (resource, what) in asked.each(what_of) {
            for (family, path) in OLD {
                let old = old(&look, path);
                let reading = match (&rules, &old) {
                    (Err(gap), _) | (Ok(_), Some(gap)) => gap.clone().reading(),
                    (Ok(rules), None) => match rules.answer(family, what) {
                        Some(word) => Reading::Is(word.into()),
                        None => unclear().reading(),
                    },
                };
                out(Fact::Setting(Setting {
                    resource: resource.clone(),
                    aspect: Aspect::Running,
                    scope: Some(family.into()),
                    reading,
                    place: None,
                    default: false,
                }));
            }
        }
    }
}

fn unclear() -> Gap {
    let closes_with = "somebody who reads what `nft list ruleset` says";
    Gap::new("its rules hold what cannot be followed here", closes_with)
}

fn command() -> Need {
    Need::Command(["nft", "-j", "list", "ruleset"].map(Arc::<str>::from).to_vec())
}

fn what_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Firewall { what } => Some(what),
        _ => None,
    }
}

/// Why older tables make what `nft` tells only a part; `None` where there are none.
fn old(look: &Look<'_>, path: &str) -> Option<Gap> {
    match look.file(path) {
        Got::Missing => None,
        Got::Here(bytes) if bytes.trim_ascii().is_empty() => None,
        Got::Here(_) => {
            let reason = format!("`{path}` names tables that nft does not tell");
            Some(Gap::new(reason, "bring the rules of iptables-legacy to nftables"))
        }
        Got::Hidden(gap) => Some(gap),
    }
}

/// A chain of the filter.
#[derive(Debug, Default)]
struct Chain {
    /// Where packets reach it first, with `nat` before it in chains that lead them elsewhere, and
    /// what becomes of those that no rule takes.
    base: Option<(String, String)>,
    /// The expressions of each rule.
    rules: Vec<Value>,
}

/// All chains by family, table and name.
#[derive(Debug, Default)]
struct Rules {
    chains: BTreeMap<(String, String, String), Chain>,
}

fn rules(look: &Look<'_>) -> Result<Rules, Gap> {
    let (status, stdout, stderr) = match look.ask(command()) {
        Answer::Output { status, stdout, stderr } => (*status, stdout, stderr),
        Answer::Missing => {
            return Err(Gap::new("there is no `nft`", "install nftables"));
        }
        Answer::Denied => return Err(Gap::new("`nft` may not be run", "root")),
        Answer::Unreadable(why) => {
            return Err(Gap::new(format!("`nft` could not be asked: {why}"), "look again"));
        }
        _ => return Err(Gap::new("`nft` did not answer", "look again")),
    };
    if status != Some(0) {
        let said = String::from_utf8_lossy(stderr);
        let line: String = said.lines().next().unwrap_or_default().chars().take(200).collect();
        return Err(Gap::new(format!("`nft` does not tell its rules: {line}"), "root"));
    }
    let document: Value = serde_json::from_slice(stdout).map_err(|_| {
        Gap::new(
            "what `nft` tells is no whole JSON",
            "at most 1 MiB of rules, and nft 0.9 or later",
        )
    })?;
    let all = document.get("nftables").and_then(Value::as_array);
    let all = all.ok_or_else(|| Gap::new("what `nft` tells has no list of rules", "nft 0.9"))?;
    let mut rules = Rules::default();
    for one in all {
        if let Some(chain) = one.get("chain") {
            let Some(key) = key(chain, "name") else { return Err(nameless()) };
            let hook = match (text(chain, "type"), text(chain, "hook")) {
                (Some("filter"), Some(hook)) => Some(hook.to_owned()),
                (Some("nat"), Some(hook)) => Some(format!("nat {hook}")),
                _ => None,
            };
            let policy = text(chain, "policy").unwrap_or("accept");
            let base = hook.map(|hook| (hook, policy.to_owned()));
            rules.chains.entry(key).or_default().base = base;
        }
        if let Some(rule) = one.get("rule") {
            let Some(key) = key(rule, "chain") else { return Err(nameless()) };
            let expressions = rule.get("expr").cloned().unwrap_or(Value::Null);
            rules.chains.entry(key).or_default().rules.push(expressions);
        }
    }
    Ok(rules)
}

/// A rule that is left out would make the others say too much.
fn nameless() -> Gap {
    Gap::new("what `nft` tells has a chain or rule without a name", "nft 0.9 or later")
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

fn key(value: &Value, name: &str) -> Option<(String, String, String)> {
    let part = |key| text(value, key).map(str::to_owned);
    Some((part("family")?, part("table")?, part(name)?))
}
