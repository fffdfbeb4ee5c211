//! `services.toml`: what a team ships, and what it owns.
//!
//! Knows the keys and their form; must not know what an asset is. The file stands in the data folder:
//! what runs where is the knowledge of whoever runs it, and of no single repository.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{Exposure, Place, Problem};

use crate::{Decoder, Node, config, toml_tree};

/// More services are refused.
const MOST: usize = 10_000;

/// `[[service]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceConfig {
    /// `name`.
    pub name: String,
    /// `team`: who ships it.
    pub team: Option<String>,
    /// `exposure`: who can reach it.
    pub exposure: Option<Exposure>,
    /// `tier`: from 1, the most important, to 5.
    pub tier: Option<u8>,
    /// `repositories`: by id, `forge.example/acme/shop`.
    pub repositories: Vec<String>,
    /// `images`: by name, without tag and digest.
    pub images: Vec<String>,
    /// `hosts`: by name or id.
    pub hosts: Vec<String>,
    /// `[[service.deployment]]`: which image runs on which hosts.
    pub deployments: Vec<DeploymentConfig>,
    /// Where it stands.
    pub place: Place,
}

/// `[[service.deployment]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentConfig {
    /// `image`: a name with its tag, or a digest, `sha256:` and 64 digits, with or without a name.
    pub image: String,
    /// `hosts`: those that run it, by name or id.
    pub hosts: Vec<String>,
    /// Where it stands.
    pub place: Place,
}

/// Reads `services.toml`. A service with a mistake is left out; everything else still counts.
pub fn read(path: &Arc<str>, text: &str) -> (Vec<ServiceConfig>, Vec<Problem>) {
    let mut services = Vec::new();
    let (node, mut problems) = toml_tree::parse(path, text);
    let Some(node) = node else { return (services, problems) };
    let mut decoder = Decoder::new(path, text);
    if let Some(mut table) = decoder.map(&node) {
        if let Some(node) = table.optional("service") {
            services = all(&mut decoder, node);
        }
        table.finish(&mut decoder);
    }
    problems.extend(decoder.finish());
    problems.sort_by(|a, b| a.place.cmp(&b.place));
    (services, problems)
}

fn all(decoder: &mut Decoder<'_>, node: &Node) -> Vec<ServiceConfig> {
    let mut services: Vec<ServiceConfig> = Vec::new();
    let mut seen = BTreeSet::new();
    for node in decoder.list(node).unwrap_or_default() {
        if services.len() == MOST {
            let message = format!("there are more than {MOST} services");
            decoder.refuse("rule-value", node, message, "keep an inventory for each organisation");
            break;
        }
        let Some(service) = one(decoder, node) else { continue };
        if seen.insert(service.name.clone()) {
            services.push(service);
        } else {
            let message = format!("there is another service `{}`", service.name);
            decoder.refuse("rule-value", node, message, "write what it owns in one place");
        }
    }
    services
}

/// A service; `None` where anything in it is wrong: half a service would call mended what still runs.
fn one(decoder: &mut Decoder<'_>, node: &Node) -> Option<ServiceConfig> {
    let before = decoder.problems().len();
    let mut table = decoder.map(node)?;
    let name = table.required(decoder, "name").and_then(|node| decoder.text(node));
    let service = ServiceConfig {
        name: name.unwrap_or_default().to_owned(),
        team: table.text(decoder, "team"),
        exposure: config::exposure(decoder, &mut table),
        tier: config::tier(decoder, &mut table),
        repositories: table.texts(decoder, "repositories"),
        images: table.texts(decoder, "images"),
        hosts: table.texts(decoder, "hosts"),
        deployments: deployments(decoder, table.optional("deployment")),
        place: node.place.clone(),
    };
    table.finish(decoder);
    if service.name.trim().is_empty() && decoder.problems().len() == before {
        decoder.refuse("rule-value", node, "a service needs a name", "write name = \"shop\"");
    }
    (decoder.problems().len() == before).then_some(service)
}

fn deployments(decoder: &mut Decoder<'_>, node: Option<&Node>) -> Vec<DeploymentConfig> {
    let mut deployments = Vec::new();
    for node in node.and_then(|node| decoder.list(node)).unwrap_or_default() {
        if deployments.len() == MOST {
            let message = format!("there are more than {MOST} deployments of one service");
            decoder.refuse("rule-value", node, message, "make several services of it");
            break;
        }
        let Some(mut table) = decoder.map(node) else { continue };
        let image = table.required(decoder, "image").and_then(|node| decoder.text(node));
        let deployment = DeploymentConfig {
            image: image.unwrap_or_default().trim().to_owned(),
            hosts: table.texts(decoder, "hosts"),
            place: node.place.clone(),
        };
        table.finish(decoder);
        if image.is_some() && (deployment.image.is_empty() || deployment.hosts.is_empty()) {
            let message = "a deployment says which image runs on which hosts";
            let help = "write image = \"images.example/shop:1.2\" and hosts = [\"web-1\"]";
            decoder.refuse("rule-value", node, message, help);
        }
        deployments.push(deployment);
    }
    deployments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (Vec<String>, Vec<String>) {
        let (services, problems) = read(&"services.toml".into(), text);
        let codes = problems.iter().map(|one| format!("{} {}", one.code, one.message));
        (services.into_iter().map(|one| one.name).collect(), codes.collect())
    }

    #[test]
    fn a_service_owns_repositories_images_and_hosts() {
        let text = "[[service]]\nname = \"shop\"\nteam = \"payments\"\n\
                    exposure = \"internal\"\ntier = 1\n\
                    repositories = [\"forge.example/acme/shop\"]\nimages = [\"images.example/shop\"]\n\
                    hosts = [\"web-1\", \"web-2\"]\n\n[[service]]\nname = \"till\"\n";
        let (services, problems) = read(&"services.toml".into(), text);
        assert_eq!(problems, []);
        let [shop, till] = services.as_slice() else { panic!("{services:?}") };
        assert_eq!((shop.team.as_deref(), shop.hosts.len()), (Some("payments"), 2));
        assert_eq!(shop.repositories, ["forge.example/acme/shop"]);
        assert_eq!((shop.exposure, shop.tier), (Some(Exposure::Internal), Some(1)));
        assert_eq!((till.name.as_str(), till.place.line), ("till", 10));
        assert_eq!((till.exposure, till.tier), (None, None));
    }

    #[test]
    fn a_deployment_says_which_image_runs_where() {
        let text = "[[service]]\nname = \"shop\"\n\n[[service.deployment]]\n\
                    image = \"images.example/shop:1.2\"\nhosts = [\"web-1\", \"web-2\"]\n\n\
                    [[service.deployment]]\nimage = \"sha256:ab\"\nhosts = [\"web-3\"]\n";
        let (services, problems) = read(&"services.toml".into(), text);
        assert_eq!(problems, []);
        let [shop] = services.as_slice() else { panic!("{services:?}") };
        let [by_tag, by_digest] = shop.deployments.as_slice() else { panic!("{shop:?}") };
        assert_eq!((by_tag.image.as_str(), by_tag.hosts.len()), ("images.example/shop:1.2", 2));
        assert_eq!((by_digest.image.as_str(), by_digest.place.line), ("sha256:ab", 8));
        for wrong in ["image = \"a:1\"", "hosts = [\"x\"]", "image = \" \"\nhosts = [\"x\"]"] {
            let text = format!("[[service]]\nname = \"shop\"\n[[service.deployment]]\n{wrong}\n");
            let (names, problems) = told(&text);
            assert_eq!((names.len(), problems.len()), (0, 1), "{wrong}: {problems:?}");
        }
    }

    #[test]
    fn a_mistake_loses_its_own_service_only() {
        let text = "[[service]]\nname = \"shop\"\nhost = [\"web-1\"]\n[[service]]\nteam = \"x\"\n\
                    [[service]]\nname = \" \"\n[[service]]\nname = \"till\"\n\
                    [[service]]\nname = \"till\"\n";
        let (names, problems) = told(text);
        assert_eq!(names, ["till"]);
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert!(problems.iter().any(|one| one.starts_with("rule-unknown-key")), "{problems:?}");
        for key in ["exposure = \"nobody\"", "tier = 0", "tier = \"first\""] {
            let (names, problems) = told(&format!("[[service]]\nname = \"shop\"\n{key}\n"));
            assert_eq!((names.len(), problems.len()), (0, 1), "{key}: {problems:?}");
        }
        assert!(told("service = 3").1.iter().any(|one| one.starts_with("rule-type")));
        assert!(!told("[[service]\n").1.is_empty());
    }
}
