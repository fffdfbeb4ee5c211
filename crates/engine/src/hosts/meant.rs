//! Which host people mean: this machine, a target, or a host of the record by its name.

use std::path::Path;
use std::sync::Arc;

use holdfast_model::{Asset, ManagedHost, Problem, SshAddress, Target};
use holdfast_rulefile::Config;
use holdfast_world::World;

use super::asset;
use crate::controls::Controls;
use crate::failure::Failure;
use crate::look::Look;
use crate::{facts, host, record, remote};

/// The code of a name that nothing here has.
const UNKNOWN: &str = "unknown-asset";
/// The code of a name that several have.
const AMBIGUOUS: &str = "ambiguous-asset";

/// Every host of the record, for those who do not hold it.
///
/// # Errors
///
/// Where the record cannot be read.
pub async fn all(data: &Path) -> Result<Vec<ManagedHost>, Failure> {
    let Some(store) = record::reader(data).await? else { return Ok(Vec::new()) };
    let hosts = store.hosts().await.map_err(|error| record::ours(&error))?;
    Ok(hosts.into_iter().map(|one| one.host).collect())
}

/// The asset that a target is: what the record says of it, where it is in there.
pub(crate) fn known(
    world: &World,
    managed: &[ManagedHost],
    target: &Target,
    config: &Config,
) -> Asset {
    let listed = match target {
        Target::Ssh(address) => managed.iter().find(|host| host.address == *address),
        Target::Local | Target::Root(_) | Target::Facts(_) => None,
    };
    match listed {
        Some(host) => asset(world, host, config),
        None => host::identify(world, target, config),
    }
}

/// Looks at a target, of which the record says what it is.
///
/// # Errors
///
/// Where a root cannot be opened, an address is none, or a file holds no facts.
pub(crate) fn look_once(
    world: &World,
    managed: &[ManagedHost],
    target: &Target,
    controls: &Arc<Controls>,
    config: &Config,
) -> Result<Look, Problem> {
    match target {
        Target::Ssh(_) => {
            let asset = known(world, managed, target, config);
            remote::look_at_asset(world, asset, controls, config)
        }
        Target::Facts(path) => facts::look_at(world, path, controls, config),
        Target::Local | Target::Root(_) => host::look_at(world, target, controls, config),
    }
}

/// The host of the record that a text means, by its address or its name.
///
/// # Errors
///
/// `unknown-asset` where there is none, `ambiguous-asset` where several go by that name.
pub fn named<'m>(managed: &'m [ManagedHost], name: &str) -> Result<&'m ManagedHost, Problem> {
    let address = SshAddress::parse(name).map(|address| address.to_string());
    let fits = |host: &&ManagedHost| match &address {
        Ok(address) => *host.address == **address,
        Err(_) => host.name == name,
    };
    let mut found = managed.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            let message = format!("several hosts are `{}`", name.escape_debug());
            let problem = Problem::new(AMBIGUOUS, message);
            Err(problem.help("write its address: holdfast hosts"))
        }
        (None, _) => {
            let message = format!("no host here is `{}`", name.escape_debug());
            Err(Problem::new(UNKNOWN, message).help("list them: holdfast hosts"))
        }
    }
}

/// The target that a text means: one that is written as it is, this machine by its name, or a host of
/// the record by its name.
///
/// # Errors
///
/// As [`named`]; also where another host has the name of this machine.
fn target(
    world: &World,
    managed: &[ManagedHost],
    name: &str,
    config: &Config,
) -> Result<Target, Problem> {
    if let Some(target) = Target::parse(name) {
        return Ok(target);
    }
    let own = name == world.host.name || name == host::identify(world, &Target::Local, config).name;
    match named(managed, name) {
        Ok(one) if !own => Ok(Target::Ssh(Arc::clone(&one.address))),
        Err(problem) if own && problem.code == UNKNOWN => Ok(Target::Local),
        Err(problem) if problem.code == UNKNOWN => {
            let help = "list them: holdfast hosts; of one that is not in there, write \
                        `ssh://HOST` or `root:/path`";
            Err(problem.help(help))
        }
        Err(problem) if !own => Err(problem),
        Ok(_) | Err(_) => {
            let message = format!("this machine and another host are `{}`", name.escape_debug());
            let problem = Problem::new(AMBIGUOUS, message);
            Err(problem.help("write `local`, or the address of the other: holdfast hosts"))
        }
    }
}

/// The same, or a file with what a host said, where nothing else is called so.
///
/// # Errors
///
/// As [`named`]; also where another host has the name of this machine.
pub fn target_or_file(
    world: &World,
    managed: &[ManagedHost],
    name: &str,
    config: &Config,
) -> Result<Target, Problem> {
    match target(world, managed, name, config) {
        Err(problem) if problem.code == UNKNOWN && facts::is_there(world, name) => {
            Ok(Target::Facts(name.into()))
        }
        found => found,
    }
}

/// The target that a text means, with the asset that it is, as settings and record know it.
///
/// # Errors
///
/// As [`target`].
pub(crate) fn meant(
    world: &World,
    managed: &[ManagedHost],
    name: &str,
    config: &Config,
) -> Result<(Target, Asset), Problem> {
    let target = target(world, managed, name, config)?;
    let asset = known(world, managed, &target, config);
    Ok((target, asset))
}

#[cfg(test)]
mod tests {
    use holdfast_world::Recorded;

    use super::*;
    use crate::baselines::names_of;
    use crate::hosts::{Said, by_address, say_of_all};

    fn managed(address: &str, labels: &[&str]) -> ManagedHost {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        let mut hosts = vec![by_address(address).unwrap()];
        say_of_all(&mut hosts, &Said { team: None, labels: &labels }).unwrap();
        hosts.remove(0)
    }

    #[test]
    fn a_host_of_the_record_has_its_own_labels_and_nobody_has_those_of_this_machine() {
        let world = World::recorded(Recorded::new());
        let mut config = Config::default();
        config.host.asset.name = Some("desk".to_owned());
        config.host.asset.labels = vec!["role:web".to_owned()];
        config.host.asset.ring = Some("pilot".to_owned());
        let all = [managed("ssh://ana@db1", &["role=db", "ring=early"])];
        let of = |name: &str| {
            let (target, asset) = meant(&world, &all, name, &config).unwrap();
            let names = names_of(&asset);
            (target.to_string(), names.names.join(" "), names.roles.join(" "), names.ring)
        };
        let said = |target: &str, name: &str, role: &str, ring: Option<&str>| {
            let [target, name, role] = [target, name, role].map(ToOwned::to_owned);
            (target, name, role, ring.map(ToOwned::to_owned))
        };
        let db = said("ssh://ana@db1", "db1", "db", Some("early"));
        assert_eq!((of("db1"), of("ssh://ana@db1/")), (db.clone(), db));
        let desk = said("local", "desk", "web", Some("pilot"));
        assert_eq!((of("desk"), of("local")), (desk.clone(), desk));
        // Whom the record does not know, nothing is said of.
        assert_eq!(of("ssh://db1"), said("ssh://db1", "db1", "", None));
    }

    /// Nobody guesses which of two is meant, not even where one of them is the one that people sit at.
    #[test]
    fn this_machine_and_a_host_of_its_name_are_two() {
        let world = World::recorded(Recorded::new());
        let mut config = Config::default();
        config.host.asset.name = Some("db1".to_owned());
        let of = |all: &[ManagedHost], name: &str| target(&world, all, name, &config);
        assert_eq!(of(&[], "db1").unwrap(), Target::Local);
        let one = [managed("ssh://ana@db1", &[])];
        let two = [managed("ssh://ana@db1", &[]), managed("ssh://ben@db1", &[])];
        for all in [&one[..], &two] {
            let refused = of(all, "db1").unwrap_err();
            assert_eq!(refused.code, "ambiguous-asset");
            assert!(refused.help.contains("`local`"), "{refused}");
            assert_eq!(of(all, "local").unwrap(), Target::Local);
            assert_eq!(of(all, "ssh://ana@db1").unwrap().to_string(), "ssh://ana@db1");
        }
    }

    #[test]
    fn a_name_that_nobody_or_more_than_one_has_is_refused() {
        let world = World::recorded(Recorded::new());
        let all = [managed("ssh://ana@db1", &[]), managed("ssh://ben@db1", &[])];
        let refused = |name: &str| meant(&world, &all, name, &Config::default()).unwrap_err();
        assert_eq!(refused("db1").code, "ambiguous-asset");
        let unknown = refused("db2");
        assert_eq!(unknown.code, "unknown-asset");
        assert!(unknown.help.contains("holdfast hosts"), "{unknown}");
        // A name is no address, and who says an address means one host.
        assert_eq!(refused("ana@db1").code, "unknown-asset");
        let ana = |name: &str| named(&all, name).map(|host| host.address.to_string());
        assert_eq!(ana("ssh://ana@db1/").unwrap(), "ssh://ana@db1");
        assert_eq!(ana("ssh://db1").unwrap_err().code, "unknown-asset");
    }
}
