//! Who this machine is, in every way in which a scanner may name it.
//!
//! Knows the files in which Linux and cloud-init keep these things; knows no report.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use holdfast_model::Named;
use holdfast_world::{IdSource, Root, World};

/// The largest file that is read for one of them, in bytes; a routing table may be long.
const LIMIT: u64 = 1 << 20;
/// The UUID of the firmware, which only root may read.
const FIRMWARE: &str = "/sys/class/dmi/id/product_uuid";
/// Where cloud-init notes the id of the instance.
const INSTANCE: [&str; 2] = ["/run/cloud-init/.instance-id", "/var/lib/cloud/data/instance-id"];
/// Where agents note what their server knows them by.
const AGENT: &str = "/etc/tenable_tag";

/// Everything by which this machine can be known. What cannot be read is empty.
pub(super) fn of_this_machine(world: &World) -> Named {
    let root = world.machine();
    let host = &world.host;
    let machine_id = match host.id_source {
        IdSource::MachineId | IdSource::Dbus => host.id.as_str(),
        IdSource::HostName => "",
    };
    let instance = INSTANCE.iter().find_map(|path| line(&root, path)).unwrap_or_default();
    Named {
        name: host.name.to_lowercase().into(),
        machine_id: machine_id.into(),
        agent_id: line(&root, AGENT).unwrap_or_default().into(),
        instance_id: instance.into(),
        bios_uuid: line(&root, FIRMWARE).unwrap_or_default().to_lowercase().into(),
        macs: sorted(macs(&root)),
        addresses: sorted(addresses(&root)),
        full_names: sorted(full_names(&root, &host.name)),
        artifact: "".into(),
    }
}

fn text(root: &Root, path: &str) -> Option<String> {
    let bytes = root.read(path, LIMIT).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first line of a file, if something stands in it.
fn line(root: &Root, path: &str) -> Option<String> {
    let text = text(root, path)?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

fn sorted(mut all: Vec<String>) -> Vec<Arc<str>> {
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(Into::into).collect()
}

/// The addresses of all interfaces that somebody made or sold. Those of bridges and containers are
/// drawn by lot on each machine, some of them from the same few (`02:42` is Docker's).
fn macs(root: &Root) -> Vec<String> {
    let interfaces = root.list("/sys/class/net").unwrap_or_default();
    let names = interfaces.iter().filter_map(|entry| entry.name.to_str());
    names
        .filter_map(|name| line(root, &format!("/sys/class/net/{name}/address")))
        .map(|mac| mac.to_lowercase())
        .filter(|mac| tells(mac))
        .collect()
}

/// Whether a MAC address tells one machine from another.
pub(super) fn tells(mac: &str) -> bool {
    let digits = mac.bytes().filter(u8::is_ascii_hexdigit).count();
    digits == 12
        && mac != "00:00:00:00:00:00"
        && mac != "ff:ff:ff:ff:ff:ff"
        && !mac.starts_with("02:42:")
}

/// The addresses of this machine: IPv4 from the table of routes (`/proc/net/fib_trie`, where each
/// local address stands before a line `/32 host LOCAL`), IPv6 from `/proc/net/if_inet6`.
fn addresses(root: &Root) -> Vec<String> {
    let mut found: Vec<IpAddr> = Vec::new();
    let trie = text(root, "/proc/net/fib_trie").unwrap_or_default();
    let mut last = None;
    for line in trie.lines() {
        if let Some((_, address)) = line.split_once("-- ") {
            last = address.trim().parse::<Ipv4Addr>().ok();
        } else if line.trim_end().ends_with("host LOCAL") {
            found.extend(last.take().map(IpAddr::V4));
        }
    }
    let six = text(root, "/proc/net/if_inet6").unwrap_or_default();
    let six = six.lines().filter_map(|line| line.split_whitespace().next());
    found.extend(
        six.filter_map(|digits| u128::from_str_radix(digits, 16).ok())
            .map(|bits| IpAddr::V6(Ipv6Addr::from(bits))),
    );
    found.into_iter().filter(points_at_one).map(|one| one.to_string()).collect()
}

/// Whether an address can mean one machine: every machine has the loopback, and link-local ones
/// mean something on one cable only.
pub(super) fn points_at_one(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !(address.is_loopback() || address.is_link_local() || address.is_unspecified())
        }
        IpAddr::V6(address) => {
            let link_local = address.segments().first().is_some_and(|one| one & 0xFFC0 == 0xFE80);
            !(address.is_loopback() || link_local || address.is_unspecified())
        }
    }
}

/// The names with a domain: the host's own, and those that `/etc/hosts` gives beside it.
fn full_names(root: &Root, name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let hosts = text(root, "/etc/hosts").unwrap_or_default();
    let mut found: Vec<String> = Vec::new();
    for line in hosts.lines() {
        let words = line.split('#').next().unwrap_or_default().split_whitespace().skip(1);
        let words: Vec<String> = words.map(str::to_lowercase).collect();
        if words.contains(&name) {
            found.extend(words);
        }
    }
    found.push(name);
    let domain = |name: &String| {
        name.contains('.') && !name.starts_with("localhost") && !name.ends_with(".localdomain")
    };
    found.into_iter().filter(domain).collect()
}
