//! Which hosts run which image: what hosts say of themselves, and what the inventory declares.
//!
//! Knows references to images and names of hosts. A host's own word counts more than what anybody
//! declares of it, and a digest more than a name, which may mean another image by now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Asset, AssetId, AssetKind};
use holdfast_sense::image::manifest::digest_in;

use super::{Image, MORE, NOTHING, RUNS};
use crate::services::{Inventory, is_named};

/// Where an image runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Where {
    /// The names of the hosts that run it.
    pub hosts: BTreeSet<Arc<str>>,
    /// The names of the hosts that ran it by its name, which means another image now: nobody can
    /// tell which of both they run.
    pub perhaps: BTreeSet<Arc<str>>,
}

impl Where {
    /// Whether it may run anywhere.
    pub fn may_run(&self) -> bool {
        !self.hosts.is_empty() || !self.perhaps.is_empty()
    }

    /// Every host that runs it, or may.
    pub fn all(&self) -> Vec<Arc<str>> {
        self.hosts.union(&self.perhaps).cloned().collect()
    }
}

/// Where each image of the record runs.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    images: BTreeMap<AssetId, Where>,
    /// What is declared or seen to run, and was never looked at: the image, and a host.
    pub unseen: BTreeSet<(Arc<str>, Arc<str>)>,
}

impl Runs {
    /// Makes it of the record's assets and the inventory.
    pub fn of(inventory: &Inventory, assets: &[Asset]) -> Self {
        let mut runs = Self::default();
        let hosts = || assets.iter().filter(|asset| asset.kind == AssetKind::Host);
        let says_all =
            |own: &[String]| !own.is_empty() && own.iter().all(|one| one.as_str() != MORE);
        let own = |host: &Asset| -> Vec<String> {
            let labels = host.labels.iter().filter_map(|label| label.strip_prefix(RUNS));
            labels.map(str::to_owned).collect()
        };
        for host in hosts() {
            for reference in own(host).iter().filter(|one| ![NOTHING, MORE].contains(&one.as_str()))
            {
                runs.add(reference, &host.name, assets);
            }
        }
        for deployment in inventory.deployments() {
            for name in &deployment.hosts {
                let known = hosts().find(|host| {
                    let id = host.id.0.split_once(':').map_or(&*host.id.0, |(_, id)| id);
                    is_named(name, id) || is_named(name, &host.name)
                });
                match known {
                    Some(host) if says_all(&own(host)) => {}
                    Some(host) => runs.add(&deployment.image, &host.name, assets),
                    None => runs.add(&deployment.image, name, assets),
                }
            }
        }
        runs
    }

    fn add(&mut self, reference: &str, host: &str, assets: &[Asset]) {
        let images = || assets.iter().filter_map(Image::of);
        let mut found = false;
        let digest = digest_in(reference);
        for image in images() {
            let now = digest.map_or_else(|| image.is_called(reference), |digest| image.is(digest));
            let was = digest.is_none() && image.was_called(reference);
            if !now && !was {
                continue;
            }
            found |= now;
            let runs = self.images.entry(image.0.id.clone()).or_default();
            if now {
                runs.hosts.insert(host.into());
            } else {
                runs.perhaps.insert(host.into());
            }
        }
        if !found {
            self.unseen.insert((reference.into(), host.into()));
        }
    }

    /// Where an image runs.
    pub fn at(&self, image: &AssetId) -> Where {
        self.images.get(image).cloned().unwrap_or_default()
    }
}
