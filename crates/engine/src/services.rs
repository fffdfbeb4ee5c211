//! Which service an asset belongs to, and the thread of a finding along it.
//!
//! A repository names its service in `holdfast.toml` (`[service] name`), a host in `[host]` by the
//! label `service:NAME`; the inventory in the data folder (`services.toml`) names what does not say so
//! itself, and what an image was built from leads to the service of that repository. The record keeps
//! what assets say as their labels, so that a thread is made of the record and of the inventory alone.

mod place;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use holdfast_findings::thread::{self, Link, Thread};
use holdfast_model::{Asset, AssetKind, Finding, Key, Known, Problem};
use holdfast_rulefile::services::{self, ServiceConfig};
use holdfast_world::{ReadError, World};
use serde::Serialize;

pub(crate) use place::team_here;

/// The file in the data folder.
pub const FILE: &str = "services.toml";
/// How a label names the service: `service:shop`.
pub const LABEL: &str = "service:";
/// How a label says what something was built from: `source:forge.example/acme/shop`. Images carry it
/// as `org.opencontainers.image.source`; it is a claim of whoever built them.
pub const SOURCE: &str = "source:";
/// The longest file, in bytes.
const LONGEST: u64 = 4 << 20;

/// What is known of services.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    services: Vec<ServiceConfig>,
}

/// Reads `services.toml`; without one there are the services that assets name themselves.
pub fn read(world: &World, data: &Path) -> (Inventory, Vec<Problem>) {
    let path = data.join(FILE);
    let shown: Arc<str> = path.display().to_string().into();
    let bytes = match world.files.read(Path::new("/"), &path, LONGEST) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing) => return (Inventory::default(), Vec::new()),
        Err(error) => {
            let problem = Problem::new("cannot-read", format!("`{shown}` cannot be read: {error}"));
            let help = "what belongs to a service by this file is not joined meanwhile";
            return (Inventory::default(), vec![problem.help(help)]);
        }
    };
    let Ok(text) = std::str::from_utf8(&bytes) else {
        let problem = Problem::new("not-text", format!("`{shown}` is no UTF-8 text"));
        return (Inventory::default(), vec![problem.help("save it as UTF-8")]);
    };
    let (services, problems) = services::read(&shown, text);
    (Inventory { services }, problems)
}

impl Inventory {
    /// The service of an asset: the one that it names itself, else the one that lists it, else that of
    /// the repository that it was built from.
    pub fn service_of(&self, asset: &Asset) -> Option<Arc<str>> {
        let label = |head: &str| asset.labels.iter().find_map(|label| label.strip_prefix(head));
        if let Some(name) = label(LABEL) {
            return Some(name.trim().into());
        }
        let id = asset.id.0.split_once(':').map_or(&*asset.id.0, |(_, id)| id);
        let named = |name: &str| is_named(name, id) || is_named(name, &asset.name);
        let lists = |service: &&ServiceConfig| match asset.kind {
            AssetKind::Host => service.hosts.iter().any(|name| named(name)),
            AssetKind::Image => service.images.iter().any(|name| named(name)),
            AssetKind::Repository | AssetKind::Folder => {
                service.repositories.iter().any(|name| named(name))
            }
        };
        let source = label(SOURCE);
        let built = |service: &&ServiceConfig| {
            source.is_some_and(|source| {
                service.repositories.iter().any(|name| is_named(name, source))
            })
        };
        let all = || self.services.iter();
        all().find(lists).or_else(|| all().find(built)).map(|service| service.name.as_str().into())
    }

    /// The thread of a finding among everything that the record knows.
    pub fn thread(&self, finding: &Finding, known: &[Known], assets: &[Asset]) -> Option<Thread> {
        let same = known.iter().filter(|one| one.finding.subject == finding.subject);
        let same: Vec<&Known> = same.collect();
        if same.len() < 2 {
            return None;
        }
        let own = assets.iter().find(|asset| Key::new(&asset.id, finding.local) == finding.key)?;
        let service = self.service_of(own)?;
        let members: Vec<&Asset> = assets
            .iter()
            .filter(|asset| self.service_of(asset).as_deref() == Some(&*service))
            .collect();
        let links = same.into_iter().filter_map(|known| {
            let key = known.finding.key;
            let of = move |asset: &&&Asset| Key::new(&asset.id, known.finding.local) == key;
            members.iter().find(of).map(|asset| Link { asset, known })
        });
        thread::thread(&service, finding, links)
    }
}

/// Whether a name of the inventory means an id: the same, whatever the letters' case, an address's
/// scheme, or the `.git` behind it.
fn is_named(name: &str, id: &str) -> bool {
    fn plain(text: &str) -> &str {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest).trim_end_matches('/');
        text.strip_suffix(".git").unwrap_or(text)
    }
    plain(name).eq_ignore_ascii_case(plain(id))
}

/// The thread of a finding, as documents show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreadRow {
    /// The service.
    pub service: Arc<str>,
    /// `open`, `merged` or `mended`.
    pub stage: &'static str,
    /// In words: "merged, still running on 3 hosts".
    pub words: String,
    /// Every copy.
    pub copies: Vec<CopyRow>,
}

/// One copy of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopyRow {
    /// The finding.
    pub key: String,
    /// The asset's name for people.
    pub asset: Arc<str>,
    /// In which copy.
    pub standing: &'static str,
    /// How it stands there.
    pub state: &'static str,
}

impl From<&Thread> for ThreadRow {
    fn from(thread: &Thread) -> Self {
        let row = |copy: &thread::ThreadCopy| CopyRow {
            key: copy.key.to_string(),
            asset: Arc::clone(&copy.asset),
            standing: copy.standing.word(),
            state: copy.state.word(),
        };
        Self {
            service: Arc::clone(&thread.service),
            stage: thread.stage.word(),
            words: thread.to_string(),
            copies: thread.copies.iter().map(row).collect(),
        }
    }
}

/// The threads of many findings, by key.
pub fn threads(
    inventory: &Inventory,
    wanted: &[Known],
    known: &[Known],
    assets: &[Asset],
) -> BTreeMap<Key, ThreadRow> {
    wanted
        .iter()
        .filter_map(|one| {
            let thread = inventory.thread(&one.finding, known, assets)?;
            Some((one.finding.key, ThreadRow::from(&thread)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::AssetId;

    fn inventory(text: &str) -> Inventory {
        let (services, problems) = services::read(&FILE.into(), text);
        assert_eq!(problems, []);
        Inventory { services }
    }

    fn asset(id: &str, kind: AssetKind, name: &str, labels: &[&str]) -> Asset {
        let mut asset = Asset::new(AssetId(id.into()), kind, name, "payments");
        asset.labels = labels.iter().map(|label| (*label).to_owned()).collect();
        asset
    }

    #[test]
    fn an_asset_names_its_service_or_is_listed_or_says_what_it_was_built_from() {
        let inventory = inventory(
            "[[service]]\nname = \"shop\"\nrepositories = [\"https://Forge.example/acme/shop.git\"]\n\
             hosts = [\"web-1\", \"4f\"]\n",
        );
        let of = |asset: &Asset| inventory.service_of(asset).map(|name| name.to_string());
        let (host, repository) = (AssetKind::Host, AssetKind::Repository);
        for (asset, service) in [
            (asset("repository:forge.example/acme/shop", repository, "x", &[]), Some("shop")),
            (asset("repository:forge.example/acme/shop2", repository, "shop", &[]), None),
            (asset("host:1", host, "WEB-1", &[]), Some("shop")),
            (asset("host:4f", host, "db", &[]), Some("shop")),
            (asset("host:5", host, "db", &[]), None),
            (asset("host:4f", host, "db", &["service:till"]), Some("till")),
            (asset("host:5", host, "db", &["source:forge.example/acme/shop"]), Some("shop")),
        ] {
            assert_eq!(of(&asset).as_deref(), service, "{}", asset.id);
        }
    }
}
