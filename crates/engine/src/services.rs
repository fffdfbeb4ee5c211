//! Which service an asset belongs to, and the thread of a finding along it.
//!
//! A repository names its service in `holdfast.toml` (`[service] name`), a host in `[host]` by the
//! label `service:NAME`; the inventory in the data folder (`services.toml`) names what does not say so
//! itself, and what an image was built from, by its own word or by its bill of materials, leads to the
//! service of that repository. The record keeps what assets say as their labels, so that a thread is made
//! of the record and of the inventory alone.

mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use holdfast_findings::thread::{self, Link, Thread};
use holdfast_model::{Asset, AssetKind, Finding, Key, Known, Problem, Standing};
use holdfast_rulefile::services::{self, DeploymentConfig, ServiceConfig};
use holdfast_world::{ReadError, World};
use serde::Serialize;

use crate::lineage::{self, Image, Runs};

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
    #[cfg(test)]
    pub(crate) fn of(services: Vec<ServiceConfig>) -> Self {
        Self { services }
    }

    /// Which images are declared to run where.
    pub(crate) fn deployments(&self) -> impl Iterator<Item = &DeploymentConfig> {
        self.services.iter().flat_map(|service| &service.deployments)
    }

    /// The service of an asset: the one that it names itself, else the one that lists it, else that of
    /// the repository that it was built from, which may be known by its own name only, else that of
    /// whoever holds its bill of materials.
    pub fn service_of(&self, asset: &Asset, assets: &[Asset]) -> Option<Arc<str>> {
        self.own_service(asset)
            .or_else(|| self.of_source(lineage::source(asset)?, assets))
            .or_else(|| self.of_bill(Image::of(asset)?, assets))
    }

    /// The service of what was built from a repository.
    fn of_source(&self, source: &str, assets: &[Asset]) -> Option<Arc<str>> {
        let listed = self
            .services
            .iter()
            .find(|service| service.repositories.iter().any(|name| is_named(name, source)));
        if let Some(service) = listed {
            return Some(service.name.as_str().into());
        }
        let code = assets.iter().find(|one| is_code(one) && is_named(id_of(one), source))?;
        Some(self.own_service(code).unwrap_or_else(|| code.name.as_str().into()))
    }

    /// The service of code that holds the bill of an image, which says nothing itself.
    fn of_bill(&self, image: Image<'_>, assets: &[Asset]) -> Option<Arc<str>> {
        let holder =
            assets.iter().find(|one| is_code(one) && lineage::holds_bill_of(one, image))?;
        let known =
            self.own_service(holder).or_else(|| self.of_source(lineage::source(holder)?, assets));
        Some(known.unwrap_or_else(|| holder.name.as_str().into()))
    }

    /// The service that an asset names itself, or that lists it.
    fn own_service(&self, asset: &Asset) -> Option<Arc<str>> {
        let label = |head: &str| asset.labels.iter().find_map(|label| label.strip_prefix(head));
        if let Some(name) = label(LABEL) {
            return Some(name.trim().into());
        }
        let named = |name: &str| is_named(name, id_of(asset)) || is_named(name, &asset.name);
        let lists = |service: &&ServiceConfig| match asset.kind {
            AssetKind::Host => service.hosts.iter().any(|name| named(name)),
            AssetKind::Image => Image::of(asset).is_some_and(|image| {
                let called = |name: &String| image.repositories().any(|own| is_named(name, own));
                service.images.iter().any(|name| called(name) || named(name))
            }),
            AssetKind::Repository | AssetKind::Folder => {
                service.repositories.iter().any(|name| named(name))
            }
        };
        self.services.iter().find(lists).map(|service| service.name.as_str().into())
    }

    /// The service of code that names none itself: images that were built from it, or of which it holds
    /// the bill, belong together with it all the same.
    fn lineage_of(&self, asset: &Asset, assets: &[Asset]) -> Option<Arc<str>> {
        self.service_of(asset, assets).or_else(|| {
            let built = |one: &Asset| {
                lineage::source(one).is_some_and(|source| is_named(id_of(asset), source))
                    || Image::of(one).is_some_and(|image| lineage::holds_bill_of(asset, image))
            };
            let any = is_code(asset) && assets.iter().any(built);
            any.then(|| asset.name.as_str().into())
        })
    }

    /// The thread of a finding among everything that the record knows.
    pub fn thread(&self, finding: &Finding, known: &[Known], assets: &[Asset]) -> Option<Thread> {
        let same = known.iter().filter(|one| one.finding.subject == finding.subject);
        let same: Vec<&Known> = same.collect();
        if same.len() < 2 {
            return None;
        }
        let own = assets.iter().find(|asset| Key::new(&asset.id, finding.local) == finding.key)?;
        let service = self.lineage_of(own, assets)?;
        let members: Vec<&Asset> = assets
            .iter()
            .filter(|asset| self.lineage_of(asset, assets).as_deref() == Some(&*service))
            .collect();
        let images = || members.iter().filter_map(|asset| Image::of(asset));
        let bases: Vec<&Asset> = assets
            .iter()
            .filter(|asset| !members.iter().any(|member| member.id == asset.id))
            .filter(|asset| {
                Image::of(asset).is_some_and(|base| {
                    images().any(|image| image.is_on(base))
                        || members.iter().any(|member| lineage::names(member, base))
                })
            })
            .collect();
        let runs = Runs::of(self, assets);
        let links = same.into_iter().filter_map(|known| {
            let key = known.finding.key;
            let of = move |asset: &&&Asset| Key::new(&asset.id, known.finding.local) == key;
            let member = members.iter().find(of).map(|asset| (*asset, false));
            let (asset, is_base) =
                member.or_else(|| bases.iter().find(of).map(|asset| (*asset, true)))?;
            let deployed = known.finding.standing == Standing::Deployed;
            let hosts = if deployed { runs.at(&asset.id).all() } else { Vec::new() };
            Some(Link { asset, known, hosts, is_base })
        });
        thread::thread(&service, finding, links)
    }

    /// What is known of the image that a finding is in, in sentences: which it is, what it was built
    /// from, where it runs. Empty where it is in none.
    pub fn in_image(&self, finding: &Finding, assets: &[Asset]) -> Vec<String> {
        let mut own =
            assets.iter().filter(|asset| Key::new(&asset.id, finding.local) == finding.key);
        let Some(asset) = own.next() else { return Vec::new() };
        let Some(image) = Image::of(asset) else { return Vec::new() };
        let at = Runs::of(self, assets).at(&asset.id);
        let list = |hosts: &BTreeSet<Arc<str>>| {
            let names: Vec<&str> = hosts.iter().map(|name| &**name).collect();
            names.join(", ")
        };
        let mut said = vec![image.words()];
        if !at.hosts.is_empty() {
            said.push(format!("it runs on {}", list(&at.hosts)));
        }
        if !at.perhaps.is_empty() {
            said.push(format!(
                "it may run on {}: what is declared there by name means another image now; declare \
                 its digest",
                list(&at.perhaps)
            ));
        }
        if !at.may_run() {
            said.push("nothing is known to run it".to_owned());
        }
        said
    }
}

/// Whether an asset is something that images are built from.
fn is_code(asset: &Asset) -> bool {
    matches!(asset.kind, AssetKind::Repository | AssetKind::Folder)
}

/// The id of an asset without its kind.
fn id_of(asset: &Asset) -> &str {
    asset.id.0.split_once(':').map_or(&*asset.id.0, |(_, id)| id)
}

/// Whether a name of the inventory means an id: the same, whatever the letters' case, an address's
/// scheme, or the `.git` behind it.
pub(crate) fn is_named(name: &str, id: &str) -> bool {
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
    /// What is known of the image that it is built on, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
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
    /// What it is: `repository`, `image`, `host`.
    pub kind: &'static str,
    /// In which copy.
    pub standing: &'static str,
    /// How it stands there.
    pub state: &'static str,
    /// The hosts that run it, where it is an image that runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<Arc<str>>,
    /// Whether it is what an image of the service was built on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_base: bool,
}

impl From<&Thread> for ThreadRow {
    fn from(thread: &Thread) -> Self {
        let row = |copy: &thread::ThreadCopy| CopyRow {
            key: copy.key.to_string(),
            asset: Arc::clone(&copy.asset),
            kind: copy.kind.word(),
            standing: copy.standing.word(),
            state: copy.state.word(),
            hosts: copy.hosts.clone(),
            is_base: copy.is_base,
        };
        Self {
            service: Arc::clone(&thread.service),
            stage: thread.stage.word(),
            words: thread.to_string(),
            base: thread.base(),
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
             hosts = [\"web-1\", \"4f\"]\n\
             [[service]]\nname = \"till\"\nimages = [\"images.example/till\"]\n",
        );
        let of = |asset: &Asset| inventory.service_of(asset, &[]).map(|name| name.to_string());
        let (host, repository) = (AssetKind::Host, AssetKind::Repository);
        let image = AssetKind::Image;
        for (asset, service) in [
            (asset("repository:forge.example/acme/shop", repository, "x", &[]), Some("shop")),
            (asset("repository:forge.example/acme/shop2", repository, "shop", &[]), None),
            (asset("host:1", host, "WEB-1", &[]), Some("shop")),
            (asset("host:4f", host, "db", &[]), Some("shop")),
            (asset("host:5", host, "db", &[]), None),
            (asset("host:4f", host, "db", &["service:till"]), Some("till")),
            (
                asset("image:sha256:a", image, "x", &["source:forge.example/acme/shop"]),
                Some("shop"),
            ),
            (asset("image:sha256:a", image, "x", &["tag:images.example/till:1"]), Some("till")),
            (asset("image:sha256:a", image, "x", &["was:images.example/till:1"]), Some("till")),
            (asset("image:sha256:a", image, "x", &["tag:images.example/tills:1"]), None),
        ] {
            assert_eq!(of(&asset).as_deref(), service, "{}", asset.id);
        }
    }

    #[test]
    fn an_image_belongs_to_the_service_that_its_repository_names_itself() {
        let none = Inventory::default();
        let of = |asset: &Asset, assets: &[Asset]| {
            none.lineage_of(asset, assets).map(|name| name.to_string())
        };
        let image =
            asset("image:sha256:a", AssetKind::Image, "x", &["source:forge.example/acme/shop"]);
        let code = |labels: &[&str]| {
            asset("repository:forge.example/acme/shop", AssetKind::Repository, "shop", labels)
        };
        let named = [code(&["service:counter"]), image.clone()];
        assert_eq!(of(&image, &named).as_deref(), Some("counter"));
        let nameless = [code(&[]), image.clone()];
        assert_eq!(of(&image, &nameless).as_deref(), Some("shop"));
        assert_eq!(of(&nameless[0], &nameless).as_deref(), Some("shop"));
        assert_eq!(of(&nameless[0], &nameless[..1]), None, "nothing was built from it");
        assert_eq!(
            of(&image, std::slice::from_ref(&image)),
            None,
            "nobody looked at its repository"
        );
    }

    #[test]
    fn a_bill_leads_to_what_it_is_about_and_what_that_was_built_from() {
        let none = Inventory::default();
        let of = |asset: &Asset, assets: &[Asset]| {
            none.lineage_of(asset, assets).map(|name| name.to_string())
        };
        let digest = format!("sha256:{}", "a".repeat(64));
        let image = asset(&format!("image:{digest}"), AssetKind::Image, "x", &["tag:shop/web:1"]);
        let folder =
            |labels: &[&str]| asset("folder:4f:/bills", AssetKind::Folder, "bills", labels);
        let code = |labels: &[&str]| {
            asset("repository:forge.example/acme/shop", AssetKind::Repository, "shop", labels)
        };
        // Whoever holds the bill of an image belongs together with it, whether it names a service.
        for held in [format!("bill-of:{digest}"), "bill-of:shop/web:1".to_owned()] {
            let assets = [folder(&[&held]), image.clone()];
            assert_eq!(of(&image, &assets).as_deref(), Some("bills"), "{held}");
            assert_eq!(of(&assets[0], &assets).as_deref(), Some("bills"), "{held}");
            let assets = [code(&[&held, "service:counter"]), image.clone()];
            assert_eq!(of(&image, &assets).as_deref(), Some("counter"), "{held}");
        }
        // The bill says what the image was built from, and the image does not.
        let held = format!("bill-of:{digest}");
        let assets = [folder(&[&held, "source:forge.example/acme/shop"]), code(&[]), image.clone()];
        for one in &assets {
            assert_eq!(of(one, &assets).as_deref(), Some("shop"), "{}", one.id);
        }
        let own = asset(&image.id.0, AssetKind::Image, "x", &["service:till"]);
        assert_eq!(of(&own, &assets).as_deref(), Some("till"), "its own word counts before");
        for other in [format!("bill-of:sha256:{}", "b".repeat(64)), "bill-of:shop/web:2".to_owned()]
        {
            assert_eq!(of(&image, &[folder(&[&other]), image.clone()]), None, "{other}");
        }
    }
}
