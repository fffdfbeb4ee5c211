//! The hosts of the demonstration that are looked at by schedule, over ssh. None of them is reached:
//! what a script would tell over there is looked at in a world of its own, and one of them gives the
//! answer that `ssh` gives of a host that is down.

use std::sync::Arc;

use holdfast_model::{ManagedHost, Problem, Target};
use holdfast_rulefile::Config;
use holdfast_world::{FixedClock, Output, Recorded, World};

use super::hand::{Hand, put};
use super::sites::{Flaw, Lock, Repository, Site};
use crate::cycle::Gathered;
use crate::hosts::{self, Said, Seen};
use crate::look::Look;
use crate::{host, remote};

/// What `ssh` says of a host that is down, and with which status (ssh(1)).
const DOWN: (i32, &[u8]) =
    (255, b"ssh: connect to host backup-2.platform.example port 22: No route to host\n");

/// What is said of a host when it is added.
struct Listed {
    name: &'static str,
    address: &'static str,
    team: &'static str,
    labels: &'static [&'static str],
    /// What is there; nothing where nobody answers.
    site: Option<&'static Site>,
}

static LISTED: [Listed; 4] = [
    Listed {
        name: "pay-worker-1",
        address: "ssh://holdfast@pay-worker-1.payments.example",
        team: "payments",
        labels: &["group:workers", "ring:production", "service:ledger"],
        site: Some(&WORKER),
    },
    Listed {
        name: "shop-cache-1",
        address: "ssh://holdfast@shop-cache-1.storefront.example:2222",
        team: "storefront",
        labels: &["group:caches", "ring:stage"],
        site: Some(&CACHE),
    },
    Listed {
        name: "backup-1",
        address: "ssh://holdfast@backup-1.platform.example",
        team: "platform",
        labels: &["group:backups", "ring:production"],
        site: Some(&BACKUP),
    },
    Listed {
        name: "backup-2",
        address: "ssh://holdfast@backup-2.platform.example",
        team: "platform",
        labels: &["group:backups", "ring:production"],
        site: None,
    },
];

/// Over ssh only the host itself is looked at.
const NO_TREE: Repository = Repository { name: "", lock: Lock::Cargo, needs: &[], accepted: &[] };

static WORKER: Site = Site {
    host: "pay-worker-1",
    team: "payments",
    exposure: "internal",
    tier: 2,
    ring: "production",
    open: &[22],
    packages: &[],
    flaws: &[(Flaw::Messages, 20, 48)],
    updated: &[],
    repository: NO_TREE,
};

static CACHE: Site = Site {
    host: "shop-cache-1",
    team: "storefront",
    exposure: "internal",
    tier: 3,
    ring: "stage",
    open: &[22, 6379],
    packages: &[("redis", "redis-server", "5:7.0.15-1~deb12u1")],
    flaws: &[(Flaw::NoClock, 0, 36), (Flaw::RootLogin, 62, 999)],
    updated: &[],
    repository: NO_TREE,
};

static BACKUP: Site = Site {
    host: "backup-1",
    team: "platform",
    exposure: "internal",
    tier: 2,
    ring: "production",
    open: &[22, 873],
    packages: &[("rsync", "rsync", "3.2.7-1")],
    flaws: &[(Flaw::Ageing, 0, 999), (Flaw::CoreDumps, 25, 70)],
    updated: &[],
    repository: NO_TREE,
};

/// A host that is looked at by schedule.
pub(super) struct Far {
    pub(super) host: ManagedHost,
    pub(super) world: World,
    site: Option<&'static Site>,
}

impl Far {
    /// All of them.
    ///
    /// # Errors
    ///
    /// Where the table says what no host can be.
    pub(super) fn all(clock: &Arc<FixedClock>, seed: u64) -> Result<Vec<Self>, Problem> {
        LISTED.iter().map(|listed| Self::new(listed, clock, seed)).collect()
    }

    fn new(listed: &Listed, clock: &Arc<FixedClock>, seed: u64) -> Result<Self, Problem> {
        let mut host = hosts::by_address(listed.address)?;
        listed.name.clone_into(&mut host.name);
        let labels: Vec<String> = listed.labels.iter().map(|one| (*one).to_owned()).collect();
        let said = Said { team: Some(listed.team), labels: &labels };
        hosts::say_of_all(std::slice::from_mut(&mut host), &said)?;
        let recorded = if let Some(site) = listed.site {
            site.recorded()
        } else {
            let (status, stderr) = (Some(DOWN.0), DOWN.1.to_vec());
            let output = Output { status, stderr, ..Output::default() };
            Recorded::new().command("ssh", [] as [&str; 0], output)
        };
        let mut world = World::recorded(recorded.clock(Arc::clone(clock)).seed(seed));
        world.run = Arc::new(Hand::over(Arc::clone(&world.run), Arc::clone(&world.files)));
        Ok(Self { host, world, site: listed.site })
    }

    /// Writes what stands there on a day.
    pub(super) fn settle(&self, day: u16, seed: u64) -> Result<(), Problem> {
        let Some(site) = self.site else { return Ok(()) };
        for (path, text) in site.on(day, seed) {
            put(self.world.files.as_ref(), &path, text.as_deref()).map_err(|error| {
                Problem::new("cannot-write", format!("`{path}` cannot be written: {error}"))
            })?;
        }
        Ok(())
    }

    /// What a look over ssh sees of it.
    pub(super) fn look(&self, gathered: &Gathered) -> Seen {
        let started = self.world.clock.now();
        let config = &gathered.settings.config;
        let asset = hosts::asset(&self.world, &self.host, config);
        let look = if self.site.is_some() {
            // Nothing of the machine that asks is said of it.
            let plain = Config::default();
            let seen = host::look_at(&self.world, &Target::Local, &gathered.controls, &plain);
            seen.map(|look| from_afar(Look { asset, ..look }))
        } else {
            remote::look_at_asset(&self.world, asset, &gathered.controls, config)
        };
        Seen { host: self.host.clone(), started, look }
    }
}

/// Without what is not fetched over the network.
fn from_afar(mut look: Look) -> Look {
    look.documents.retain(|document| document.offers.is_empty());
    look.left_out.push(remote::no_lists());
    look
}
