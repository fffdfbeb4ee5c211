//! What the files say of single network interfaces, where the kernel lets that count beside `all`.
//!
//! Knows no interface of a running kernel.

use std::collections::BTreeMap;

use holdfast_model::{Joins, PerInterface};

use super::{Boot, Table};
use crate::host::look::Gap;
use crate::host::sysctl_pattern::{is_pattern, segment_matches};

/// So many interfaces are told of one parameter.
const MOST: usize = 128;

impl Table {
    /// What single interfaces get at boot where that counts for them, by their names or by the
    /// pattern that names several; `*` also stands for what nobody could see.
    pub(in crate::host) fn interfaces(&self, of: PerInterface) -> Vec<(String, Boot)> {
        let all = match self.boot(&path(of, "all")) {
            Boot::Value(value, _) => value.parse::<i64>().ok(),
            _ => None,
        };
        let mut found: BTreeMap<&str, Boot> = BTreeMap::new();
        let mut patterns: Vec<&str> = Vec::new();
        let mut hidden = self.hidden.as_ref().map(|(_, gap)| {
            let mut gap = gap.clone();
            gap.reason.push_str(", and may say otherwise of single interfaces");
            gap
        });
        for one in self.list.iter().rev().flatten() {
            let (Some(name), Some(value)) = (interface(&one.key, of), &one.value) else { continue };
            if found.contains_key(name) {
                continue;
            }
            if found.len() + patterns.len() > MOST {
                let reason = format!("files name more than {MOST} interfaces and patterns of them");
                hidden = hidden.or(Some(Gap::new(reason, "join them into fewer patterns")));
                break;
            }
            let boot = if is_pattern(name) {
                // What a later pattern takes in as a whole has its value from there.
                if patterns.iter().any(|later| segment_matches(later, name)) {
                    continue;
                }
                patterns.push(name);
                Boot::Value(value.clone(), one.place.clone())
            } else {
                self.boot(&path(of, name))
            };
            let counts = match &boot {
                Boot::Value(value, _) => self.counts(of, name, value, all),
                Boot::TooLong(_) => true,
                Boot::Nothing(_) | Boot::Hidden(_) => false,
            };
            if counts {
                found.insert(name, boot);
            }
        }
        if let Some(gap) = hidden {
            found.insert("*", Boot::Hidden(gap));
        }
        found.into_iter().map(|(name, boot)| (name.to_owned(), boot)).collect()
    }

    /// Whether what an interface says is what the kernel takes of both.
    fn counts(&self, of: PerInterface, name: &str, value: &str, all: Option<i64>) -> bool {
        let (Joins::Greater, Some(all)) = (of.joins, all) else { return true };
        let own = value.parse::<i64>().ok();
        // On a router both have to accept redirects.
        let both = of.name == "accept_redirects" && all == 0 && self.routes(name);
        !both && own.is_none_or(|own| own >= all)
    }

    /// Whether the files let an interface hand packets on, as far as they say anything of it.
    fn routes(&self, name: &str) -> bool {
        let own = format!("net/ipv4/conf/{name}/forwarding");
        let of_all = ["net/ipv4/ip_forward", "net/ipv4/conf/all/forwarding"];
        let said =
            std::iter::once(own.as_str()).chain(of_all).find_map(|path| match self.boot(path) {
                Boot::Value(value, _) => Some(value),
                _ => None,
            });
        said.is_some_and(|value| value != "0")
    }
}

/// The parameter of an interface, below `/proc/sys`.
fn path(of: PerInterface, interface: &str) -> String {
    format!("net/{}/conf/{interface}/{}", of.family, of.name)
}

/// The interface, or the pattern of some, of which a key speaks, if it is about the parameter. What
/// never leaves the host, `lo`, is none.
fn interface(key: &str, of: PerInterface) -> Option<&str> {
    let mut parts = key.split('/');
    let above = [parts.next()?, parts.next()?, parts.next()?];
    let (name, parameter) = (parts.next()?, parts.next()?);
    let fits = above
        .iter()
        .zip(["net", of.family, "conf"])
        .all(|(part, wanted)| segment_matches(part, wanted));
    let whole = fits && parts.next().is_none() && segment_matches(parameter, of.name);
    (whole && !matches!(name, "all" | "default" | "lo")).then_some(name)
}
