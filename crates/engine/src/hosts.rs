//! Hosts that are looked at from afar, again and again: which they are, when each is due, and what
//! was last seen of it.
//!
//! The record says which there are, and whose. Looks go on side by side, at most so many at once;
//! each is written down as it comes. A host that does not answer is *not assessed*, with the reason,
//! and what was found there before stays as it is.

mod beside;
mod list;
mod meant;
mod same;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use holdfast_model::{
    Asset, AssetId, AssetKind, Fields, ManagedHost, Problem, SshAddress, Target, Timestamp,
};
use holdfast_rulefile::Config;
use holdfast_rulefile::config::AssetConfig;
use holdfast_store::Store;
use holdfast_world::World;

use crate::cycle::Gathered;
use crate::failure::Failure;
use crate::look::Look;
use crate::{host, record, settings};

pub(crate) use list::rows;
pub use list::{HostRow, Listing, listing, of_findings};
pub use meant::{all, named, target_or_file};
pub(crate) use meant::{known, look_once, meant};
pub(crate) use same::{id as machine_id, label as machine_label, problems as told_twice};
pub(crate) use sweep::{Seen, Way, due_now, look_at, look_at_all, record_one};

/// How long lies between two looks at a host, unless the settings say otherwise.
const EVERY: Duration = Duration::from_hours(1);
/// How a label names the pilot group: `ring:canary`.
const RING_LABEL: &str = "ring:";
/// The group of an inventory, or the ring, for which more people have to say yes.
const PRODUCTION: &str = "production";
/// The longest label or name of a team, in bytes.
const LONGEST: usize = 200;

/// What is said of every host that is added at once.
#[derive(Debug, Clone, Default)]
pub struct Said<'a> {
    /// Whose they are.
    pub team: Option<&'a str>,
    /// `key=value`, or a word.
    pub labels: &'a [String],
}

/// A host by its address.
///
/// # Errors
///
/// Where it is none.
pub fn by_address(address: &str) -> Result<ManagedHost, Problem> {
    let read = SshAddress::parse(address).map_err(|why| {
        let message = format!("`{}` is no address of a host: {why}", address.escape_debug());
        Problem::new("host-address", message).help("write ssh://USER@HOST:PORT")
    })?;
    let (address, name) = (read.to_string().into(), read.host().to_owned());
    Ok(ManagedHost { address, name, team: None, labels: Vec::new() })
}

/// The hosts of an inventory with what the files beside it say of them, and what could not be taken.
pub fn of_inventory(world: &World, path: &str, bytes: &[u8]) -> (Vec<ManagedHost>, Vec<Problem>) {
    let mut folders = beside::Folders::new(world, path);
    let mut files = |folder: &str, name: &str| folders.files(folder, name);
    let (listed, mut problems) = holdfast_sense::inventory::read_beside(path, bytes, &mut files);
    problems.append(&mut folders.problems);
    (listed.into_iter().map(|one| one.host).collect(), problems)
}

/// Says the same of each host, beside what it says itself.
///
/// # Errors
///
/// Where a label or a team is none.
pub fn say_of_all(hosts: &mut [ManagedHost], said: &Said<'_>) -> Result<(), Problem> {
    let labels = said.labels.iter().map(|label| label.replacen('=', ":", 1));
    let labels: Vec<String> = labels.collect();
    for host in hosts {
        if let Some(team) = said.team {
            host.team = Some(team.to_owned());
        }
        host.labels.extend(labels.iter().cloned());
        host.labels.sort();
        host.labels.dedup();
        check(host)?;
    }
    Ok(())
}

/// Refuses what nobody could be asked by, or nobody could read. What comes over the control socket
/// was not read here.
pub(crate) fn check(host: &ManagedHost) -> Result<(), Problem> {
    let address = SshAddress::parse(&host.address);
    if !address.is_ok_and(|address| address.to_string() == *host.address) {
        let message = format!("`{}` is no address of a host", host.address.escape_debug());
        return Err(Problem::new("host-address", message).help("write ssh://USER@HOST:PORT"));
    }
    let sound = |text: &str| {
        !text.trim().is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)
    };
    let words = host.labels.iter().chain(&host.team).chain([&host.name]);
    match words.into_iter().find(|text| !sound(text)) {
        None => Ok(()),
        Some(text) => {
            let message = format!("`{}` is no label, team or name", text.escape_debug());
            let help = "write a few words, such as --label service=shop";
            Err(Problem::new("host-label", message).help(help))
        }
    }
}

/// The asset that a host is.
pub(crate) fn asset(world: &World, managed: &ManagedHost, config: &Config) -> Asset {
    let said = said_of(managed);
    let here = settings::team(&config.host.asset, &world.host.user);
    let team = settings::team(&said, &here);
    let id = AssetId(Arc::clone(&managed.address));
    let mut asset = Asset::new(id, AssetKind::Host, managed.name.clone(), team);
    asset.ring = ring(managed, config);
    asset.labels.clone_from(&managed.labels);
    asset
}

/// The ring of a host. Settings, labels and inventories may each say one: whoever says production is
/// believed, since more people have to say yes there; else the settings come first.
fn ring(managed: &ManagedHost, config: &Config) -> Option<String> {
    let target = Target::Ssh(Arc::clone(&managed.address));
    let settings = config.host.rings.iter().find(|(one, _)| *one == target);
    let label = managed.labels.iter().find_map(|label| label.strip_prefix(RING_LABEL));
    let is_production = |name: &&str| name.trim().eq_ignore_ascii_case(PRODUCTION);
    let group = managed.groups().find(is_production);
    let said = [settings.map(|(_, ring)| ring.as_str()), label, group];
    let mut all = said.into_iter().flatten();
    let ring = all.clone().find(is_production).or_else(|| all.next());
    ring.map(|name| name.trim().to_owned())
}

/// A description anew, with what nobody says otherwise: whose the host is, and its labels. They decide
/// what is asked of it and how many people have to say yes, and nobody takes them away by saying
/// nothing of them: a label `key:value` gives way to those of the same key alone, a word to none.
/// Whoever means more than that removes the host first.
pub(crate) fn described(known: &ManagedHost, anew: &ManagedHost) -> ManagedHost {
    let mut described = anew.clone();
    if described.team.is_none() {
        described.team.clone_from(&known.team);
    }
    let key = |label: &str| label.split_once(':').map(|(key, _)| key.to_owned());
    let said: Vec<String> = anew.labels.iter().filter_map(|label| key(label)).collect();
    let kept =
        known.labels.iter().filter(|label| key(label).is_none_or(|key| !said.contains(&key)));
    described.labels.extend(kept.cloned());
    described.labels.sort();
    described.labels.dedup();
    described
}

/// What is said of a host, as a configuration would say it.
fn said_of(managed: &ManagedHost) -> AssetConfig {
    AssetConfig {
        team: managed.team.clone(),
        labels: managed.labels.clone(),
        ..AssetConfig::default()
    }
}

/// Takes a look in, of which its service may say more.
pub(crate) fn take(gathered: &mut Gathered, mut look: Look, managed: &ManagedHost) {
    gathered.services.complete(&mut look.asset, &said_of(managed));
    gathered.looks.push(look);
}

/// What the record says of a target; `None` where it is not looked at by schedule.
pub(crate) async fn managed(
    store: &Store,
    target: &Target,
) -> Result<Option<ManagedHost>, Failure> {
    let Target::Ssh(address) = target else { return Ok(None) };
    let hosts = store.hosts().await.map_err(|error| record::ours(&error))?;
    Ok(hosts.into_iter().map(|one| one.host).find(|host| host.address == *address))
}

/// The asset that a target is, as settings and record say it now.
pub(crate) async fn identity(
    world: &World,
    store: &Store,
    target: &Target,
    config: &Config,
) -> Result<Asset, Failure> {
    Ok(match managed(store, target).await? {
        Some(managed) => asset(world, &managed, config),
        None => host::identify(world, target, config),
    })
}

/// When a host is due again. Each keeps to a time of its own, up to a tenth sooner or later, so that
/// those that were added together do not come together for ever.
pub(crate) fn due(address: &str, last: Timestamp, config: &Config) -> Timestamp {
    let minutes = config.hosts.every_minutes;
    let every = minutes.map_or(EVERY, |minutes| Duration::from_mins(u64::from(minutes)));
    let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX / 2);
    let dice = Fields::new("holdfast turn 1")
        .field(address.as_bytes())
        .field(&last.0.to_be_bytes())
        .finish();
    let [high, low, ..] = dice.0;
    let share = i64::from(u16::from_be_bytes([high, low]));
    let turn = (every / 5).saturating_mul(share) / 65_536 - every / 10;
    Timestamp(last.0.saturating_add(every).saturating_add(turn))
}

#[cfg(test)]
mod tests {
    use holdfast_rulefile::config::HostsConfig;
    use holdfast_world::Recorded;

    use super::*;

    #[test]
    fn every_host_keeps_to_a_time_of_its_own() {
        let hosts = HostsConfig { every_minutes: Some(60), ..HostsConfig::default() };
        let config = Config { hosts, ..Config::default() };
        let hour = 3_600_000;
        let turns: std::collections::BTreeSet<i64> =
            (0..200).map(|n| due(&format!("ssh://web{n}"), Timestamp(0), &config).0).collect();
        assert!(turns.len() > 150, "they come together: {turns:?}");
        assert!(turns.iter().all(|at| (hour * 9 / 10..=hour * 11 / 10).contains(at)), "{turns:?}");
        // The same again for the same look, another one for the next.
        let first = due("ssh://web1", Timestamp(0), &config);
        assert_eq!(first, due("ssh://web1", Timestamp(0), &config));
        let next = due("ssh://web1", first, &config).0 - first.0;
        assert_ne!(first.0, next);
        let default = due("ssh://web1", Timestamp(0), &Config::default());
        assert_eq!(default, first, "an hour is what nobody has to say");
    }

    #[test]
    fn a_host_is_what_the_record_says_of_it() {
        let world = World::recorded(Recorded::new());
        let config = Config::default();
        let mut hosts = vec![by_address("ssh://ana@web1:2222/").unwrap()];
        let labels = ["service=shop".to_owned(), "group:production".to_owned()];
        say_of_all(&mut hosts, &Said { team: Some("payments"), labels: &labels }).unwrap();
        let known = asset(&world, &hosts[0], &config);
        assert_eq!((&*known.id.0, known.name.as_str()), ("ssh://ana@web1:2222", "web1"));
        assert_eq!((known.team.as_str(), known.ring.as_deref()), ("payments", Some("production")));
        assert_eq!(known.labels, ["group:production", "service:shop"]);
        let labels = ["team=shop".to_owned(), "ring=canary".to_owned()];
        let mut hosts = vec![by_address("ssh://web2").unwrap()];
        say_of_all(&mut hosts, &Said { team: None, labels: &labels }).unwrap();
        let known = asset(&world, &hosts[0], &config);
        assert_eq!((known.team.as_str(), known.ring.as_deref()), ("shop", Some("canary")));
    }

    #[test]
    fn whoever_says_production_is_believed() {
        let world = World::recorded(Recorded::new());
        let mut config = Config::default();
        let host = |labels: &[&str]| {
            let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
            let mut hosts = vec![by_address("ssh://web1").unwrap()];
            say_of_all(&mut hosts, &Said { team: None, labels: &labels }).unwrap();
            hosts.remove(0)
        };
        let ring = |config: &Config, labels: &[&str]| asset(&world, &host(labels), config).ring;
        assert_eq!(ring(&config, &[]), None);
        assert_eq!(ring(&config, &["ring=canary", "group:production"]).unwrap(), "production");
        let target = Target::parse("ssh://web1").unwrap();
        config.host.rings = vec![(target.clone(), "production".to_owned())];
        for labels in [&[][..], &["ring=canary"]] {
            assert_eq!(ring(&config, labels).as_deref(), Some("production"), "{labels:?}");
        }
        config.host.rings = vec![(target, "early".to_owned())];
        assert_eq!(ring(&config, &["ring=canary"]).as_deref(), Some("early"));
        assert_eq!(ring(&config, &["ring=Production"]).as_deref(), Some("Production"));

        // Who says nothing takes nothing away.
        let known = host(&["ring=production", "group:db", "service=shop"]);
        assert_eq!(described(&known, &host(&[])), known);
        let team = ManagedHost { team: Some("payments".to_owned()), ..known };
        let anew = described(&team, &host(&["service=bank", "group:web"]));
        assert_eq!(anew.team.as_deref(), Some("payments"));
        assert_eq!(anew.labels, ["group:web", "ring:production", "service:bank"]);
        let early = described(&team, &host(&["ring=early"]));
        assert_eq!(early.labels, ["group:db", "ring:early", "service:shop"]);
        let known = host(&["bastion", "group:db", "role:bastion", "role:web"]);
        let anew = described(&known, &host(&["group:web"]));
        assert_eq!(anew.labels, ["bastion", "group:web", "role:bastion", "role:web"]);
        assert_eq!(
            described(&known, &host(&["role=db", "pilot"])).labels,
            ["bastion", "group:db", "pilot", "role:db"]
        );
    }

    #[test]
    fn variables_stand_beside_an_inventory_of_ansible() {
        let files = Recorded::new()
            .here("/w")
            .file("/w/inv/group_vars/web.yml", "ansible_user: zed\nansible_port: 2200\n")
            .file("/w/inv/group_vars/all/10-user", "ansible_user: root\n")
            .file("/w/inv/group_vars/all/.hidden", "ansible_port: 1\n")
            .file("/w/inv/host_vars/w1.yaml", "ansible_host: 192.0.2.99\nansible_port: 2022\n")
            .file("/w/inv/host_vars/w1.json", "{\"ansible_port\": 3}")
            .denied("/w/inv/host_vars/w2");
        let world = World::recorded(files);
        let (hosts, problems) =
            of_inventory(&world, "inv/hosts", b"db1\n[web]\nw1\nw2 ansible_user=ana\n");
        let found: Vec<&str> = hosts.iter().map(|host| &*host.address).collect();
        assert_eq!(found, ["ssh://root@db1", "ssh://zed@192.0.2.99:2022", "ssh://ana@w2:2200"]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].message.contains("`inv/host_vars/w2` cannot be read"), "{problems:?}");
    }

    #[test]
    fn what_cannot_be_asked_or_read_is_refused() {
        for address in ["web1", "ssh://-oProxyCommand=id", "ssh://a b", "ssh://a\n", "ssh://"] {
            assert_eq!(by_address(address).unwrap_err().code, "host-address", "{address}");
        }
        for label in ["", " ", "a\u{1b}[2J", "a\nb"] {
            let mut hosts = vec![by_address("ssh://web1").unwrap()];
            let labels = [label.to_owned()];
            let refused = say_of_all(&mut hosts, &Said { team: None, labels: &labels });
            assert_eq!(refused.unwrap_err().code, "host-label", "{label:?}");
        }
        // What comes over the control socket was not read here.
        let forged = ManagedHost { address: "ssh://-l".into(), ..by_address("ssh://a").unwrap() };
        assert!(check(&forged).is_err());
        let other = ManagedHost { address: "ssh://a/".into(), ..by_address("ssh://a").unwrap() };
        assert!(check(&other).is_err());
    }
}
