//! Which host people mean: this machine, a target, or a host of the record by its name.

use std::path::Path;
use std::sync::Arc;

use holdfast_model::{Asset, ManagedHost, Problem, Target};
use holdfast_rulefile::Config;
use holdfast_world::World;

use super::asset;
use crate::controls::Controls;
use crate::failure::Failure;
use crate::look::Look;
use crate::{facts, host, record, remote};

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

/// The host that a text means, as settings and record know it.
///
/// # Errors
///
/// Where nobody here knows one, or several go by that name.
pub(crate) fn meant(
    world: &World,
    managed: &[ManagedHost],
    name: &str,
    config: &Config,
) -> Result<(Target, Asset), Problem> {
    let own = host::identify(world, &Target::Local, config);
    if name == world.host.name || name == own.name {
        return Ok((Target::Local, own));
    }
    if let Some(target) = Target::parse(name) {
        let asset = known(world, managed, &target, config);
        return Ok((target, asset));
    }
    let mut named = managed.iter().filter(|host| host.name == name);
    let shown = name.escape_debug();
    match (named.next(), named.next()) {
        (Some(one), None) => Ok((Target::Ssh(Arc::clone(&one.address)), asset(world, one, config))),
        (Some(_), Some(_)) => {
            let problem = Problem::new("ambiguous-asset", format!("several hosts are `{shown}`"));
            Err(problem.help("write its address: holdfast hosts"))
        }
        (None, _) => {
            let problem = Problem::new("unknown-asset", format!("no host here is `{shown}`"));
            let help = "list them: holdfast hosts; of one that is not in there, write \
                        `ssh://HOST` or `root:/path`";
            Err(problem.help(help))
        }
    }
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

    #[test]
    fn a_name_that_nobody_or_more_than_one_has_is_refused() {
        let world = World::recorded(Recorded::new());
        let all = [managed("ssh://ana@db1", &[]), managed("ssh://ben@db1", &[])];
        let refused = |name: &str| meant(&world, &all, name, &Config::default()).unwrap_err();
        assert_eq!(refused("db1").code, "ambiguous-asset");
        let unknown = refused("db2");
        assert_eq!(unknown.code, "unknown-asset");
        assert!(unknown.help.contains("holdfast hosts"), "{unknown}");
    }
}
