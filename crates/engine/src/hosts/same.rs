//! Hosts that tell one machine id: a machine that is reached by several addresses, or copies that kept
//! the id of what they were made of. Nobody can tell from here which it is, so that it is said, and
//! nothing is joined.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Asset, AssetId, ManagedHost, Problem};
use holdfast_store::Store;

use crate::failure::Failure;
use crate::record;

/// How a label keeps the machine id that a host over ssh told.
const LABEL: &str = "machine-id:";
/// How the id of this machine begins as an asset, before its machine id.
const HERE: &str = "host:";

/// The machine id that a file of it holds, see machine-id(5).
pub(crate) fn id(told: &[u8]) -> Option<&str> {
    let id = std::str::from_utf8(told).ok()?.trim();
    is_id(id).then_some(id)
}

/// The label of a host whose file of the machine id holds this.
pub(crate) fn label(told: &[u8]) -> Option<String> {
    id(told).map(|id| format!("{LABEL}{id}"))
}

/// 32 lower-case hexadecimal digits.
fn is_id(text: &str) -> bool {
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 32 && text.bytes().all(hexadecimal)
}

/// Keeps what a host told of itself before, where it does not answer now.
pub(super) async fn keep(store: &Store, asset: &mut Asset) -> Result<(), Failure> {
    let before = store.asset(&asset.id).await.map_err(|error| record::ours(&error))?;
    let labels = before.into_iter().flat_map(|one| one.labels);
    asset.labels.extend(labels.filter(|one| one.starts_with(LABEL)));
    Ok(())
}

/// What is said of hosts that may be one machine.
pub(crate) async fn problems(store: &Store) -> Result<Vec<Problem>, Failure> {
    let hosts = store.hosts().await.map_err(|error| record::ours(&error))?;
    let hosts: Vec<ManagedHost> = hosts.into_iter().map(|one| one.host).collect();
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let assets = store.assets().await.map_err(|error| record::ours(&error))?;
    Ok(groups(&assets, &hosts).iter().map(|group| told(group)).collect())
}

/// The other hosts that may be the same machine, by id.
pub(super) fn others(assets: &[Asset], hosts: &[ManagedHost]) -> BTreeMap<AssetId, Vec<String>> {
    let mut others = BTreeMap::new();
    for group in groups(assets, hosts) {
        for one in &group {
            let rest = group.iter().filter(|other| other.id != one.id).map(|other| name(other));
            others.insert(one.id.clone(), rest.collect());
        }
    }
    others
}

/// This machine and the hosts of the record, where several tell one id.
fn groups<'a>(assets: &'a [Asset], hosts: &[ManagedHost]) -> Vec<Vec<&'a Asset>> {
    let addresses: BTreeSet<&Arc<str>> = hosts.iter().map(|host| &host.address).collect();
    let mut by_id: BTreeMap<&str, Vec<&Asset>> = BTreeMap::new();
    for asset in assets {
        let id = match asset.id.0.strip_prefix(HERE) {
            Some(id) => Some(id),
            None if addresses.contains(&asset.id.0) => {
                asset.labels.iter().find_map(|label| label.strip_prefix(LABEL))
            }
            None => None,
        };
        if let Some(id) = id.filter(|id| is_id(id)) {
            by_id.entry(id).or_default().push(asset);
        }
    }
    by_id.into_values().filter(|group| group.len() > 1).collect()
}

/// Its address, where it has one: several may have its name.
fn name(asset: &Asset) -> String {
    let is_here = asset.id.0.starts_with(HERE);
    if is_here { asset.name.clone() } else { asset.id.to_string() }
}

fn told(group: &[&Asset]) -> Problem {
    let mut names: Vec<String> = group.iter().map(|asset| format!("`{}`", name(asset))).collect();
    let last = names.pop().unwrap_or_default();
    let message = format!(
        "{} and {last} tell one machine id: one machine under several addresses, of which everything \
         is found several times, or copies of one",
        names.join(", ")
    );
    let help = "of one machine keep one address: holdfast remove ADDRESS; give a copy an id of its \
                own: systemd-machine-id-setup";
    Problem::new("host-twice", message).help(help)
}

#[cfg(test)]
mod tests {
    use holdfast_model::AssetKind;

    use super::*;

    const ONE: &str = "0123456789abcdef0123456789abcdef";
    const OTHER: &str = "f123456789abcdef0123456789abcdef";

    fn asset(id: &str, name: &str, labels: &[&str]) -> Asset {
        let mut asset = Asset::new(AssetId(id.into()), AssetKind::Host, name, "ops");
        asset.labels = labels.iter().map(|label| (*label).to_owned()).collect();
        asset
    }

    fn host(address: &str) -> ManagedHost {
        crate::hosts::by_address(address).unwrap()
    }

    #[test]
    fn hosts_that_tell_one_id_are_named_together_and_no_others() {
        let one = format!("{LABEL}{ONE}");
        let assets = [
            asset(&format!("host:{ONE}"), "desk", &[]),
            asset("ssh://a1", "a1", &[&one]),
            asset("ssh://a2", "a2", &["role:web", &one]),
            asset("ssh://b", "b", &[&format!("{LABEL}{OTHER}")]),
            asset("ssh://c", "c", &[]),
            asset("ssh://d", "d", &["machine-id:web"]),
            asset("ssh://e", "e", &["machine-id:web"]),
            asset("host:name:desk", "desk", &[]),
            // It was removed: nobody looks at it any more.
            asset("ssh://gone", "gone", &[&one]),
        ];
        let hosts = ["ssh://a1", "ssh://a2", "ssh://b", "ssh://c", "ssh://d", "ssh://e"].map(host);
        let said: Vec<String> =
            groups(&assets, &hosts).iter().map(|group| told(group).message).collect();
        let [said] = said.as_slice() else { panic!("{said:#?}") };
        assert!(said.starts_with("`desk`, `ssh://a1` and `ssh://a2` tell one machine"), "{said}");
        let others = others(&assets, &hosts);
        let of = |id: &str| others.get(&AssetId(id.into())).cloned().unwrap_or_default();
        assert_eq!(of("ssh://a1"), ["desk", "ssh://a2"]);
        assert_eq!(of("ssh://a2"), ["desk", "ssh://a1"]);
        assert_eq!((of("ssh://b"), of("ssh://d")), (Vec::new(), Vec::new()));
    }

    #[test]
    fn what_is_no_machine_id_is_none() {
        assert_eq!(label(format!("{ONE}\n").as_bytes()), Some(format!("{LABEL}{ONE}")));
        let upper = ONE.to_uppercase();
        for told in ["", "uninitialized\n", ONE.trim_start_matches('0'), upper.as_str()] {
            assert_eq!(label(told.as_bytes()), None, "{told}");
        }
        assert_eq!(label(&[0xff; 32]), None);
    }
}
