//! What a sync changes for whoever was looked at before: findings are opened, corrected and merged
//! without looking at anything again. The record says who has a package of which a changed weakness
//! speaks; what the last looks saw of those is judged by the new index, and nothing else is.
//!
//! Knows which weaknesses changed and whom they concern. Nothing is closed because it was not seen:
//! a finding ends only where the very version that was seen is no longer meant.

mod judge;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::index::{WeaknessRef, spoken_of};
use holdfast_advisories::{Index, Scratch};
use holdfast_model::{
    AssetId, Component, Digest, Ecosystem, Standing, State, Timestamp, WeaknessId,
};
use holdfast_store::{Entry, EntryKind, EventCommit, StepState, Store};
use holdfast_world::World;
use serde::{Deserialize, Serialize};

use crate::cycle::{Gathered, Options};
use crate::failure::Failure;
use crate::sync::{Journal, Synced};
use crate::{channels, cycle, record, sensors, services};

use judge::Judge;

/// The name of what is remembered, and the version of its form.
const STATE: &str = "advisories";
const VERSION: u32 = 1;
/// So many changed weaknesses are named in the record.
const MOST_NAMED: usize = 1_000;
/// So many messages are told by one sync that ends.
const MOST_TOLD: usize = 200;

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewed {
    /// How many weaknesses came, changed or went since findings were last brought up to date.
    pub weaknesses: u64,
    /// Which of them is not known any more: all that was ever seen was judged anew.
    pub everything: bool,
    /// How many copies of assets were judged anew, in part.
    pub judged: u64,
    /// On how many of them something changed.
    pub assets: u64,
    /// Whose they are.
    pub teams: BTreeSet<String>,
    /// Findings that were opened, or opened again.
    pub opened: u64,
    /// Findings that ended because their advisory was withdrawn or corrected.
    pub withdrawn: u64,
    /// Findings that go on under another name.
    pub merged: u64,
}

/// What is to be judged anew.
pub(super) enum Wanted {
    /// Everything that was ever seen.
    Everything,
    /// These packages.
    Packages(BTreeSet<(Ecosystem, Arc<str>)>),
}

impl Wanted {
    /// Whether one of the packages has a say in what is known of a component.
    fn has(&self, component: &Component) -> bool {
        match self {
            Self::Everything => true,
            Self::Packages(packages) => {
                spoken_of(component).iter().any(|package| packages.contains(package))
            }
        }
    }
}

/// Brings findings up to date with the index of a data folder, by whoever holds the record.
///
/// # Errors
///
/// Where the record cannot be read or written; what was recorded stays, and the rest is done the
/// next time.
pub(crate) async fn renew(
    world: &World,
    data: &Path,
    store: &Store,
    gathered: &Gathered,
) -> Result<Renewed, Failure> {
    let index = Index::open(gathered.file.bytes()).map_err(Failure::Ours)?;
    let ours = |error| record::ours(&error);
    let state = store.state(STATE).await.map_err(ours)?;
    let state = state.filter(|state| state.version == VERSION);
    let known = state.and_then(|state| Digest::parse(state.json.as_str()?));
    // Without feeds nothing can be told of what feeds said before: a look says so.
    if known == Some(index.digest()) || (known.is_some() && !gathered.file.is_synced()) {
        return Ok(Renewed::default());
    }
    let journal = Journal::read(world, data);
    let way = known.and_then(|known| journal.way(known, index.digest()));
    let way = way.filter(|way| way.iter().all(|synced| synced.list.is_some()));
    let mut renewed = Renewed { everything: way.is_none(), ..Renewed::default() };
    let (wanted, concerned) = match &way {
        Some(way) => concerned(store, &index, way, &mut renewed).await?,
        None => (Wanted::Everything, everybody(store, index.digest()).await?),
    };
    let here = sensors::identify(world, &gathered.folder, &gathered.settings.config).id;
    let now = world.clock.now();
    let settings = &gathered.settings;
    let judge = Judge { world, store, index: &index, settings, here: &here, wanted: &wanted, now };
    for (asset, standing) in concerned {
        renewed.judged += 1;
        let Some(done) = judge.judge(&asset, standing).await? else { continue };
        renewed.assets += 1;
        renewed.teams.insert(done.team);
        let to = |state: State| done.steps.iter().filter(|step| step.to == state).count() as u64;
        renewed.opened += to(State::Open);
        renewed.withdrawn += to(State::Withdrawn);
        renewed.merged += to(State::Merged);
    }
    remember(world, store, &index, known, way.as_deref(), &renewed).await?;
    Ok(renewed)
}

/// The packages of which changed weaknesses speak, and who may be concerned: whoever has one of them
/// in a version that a changed weakness means now, and whoever a finding of one is known of.
async fn concerned(
    store: &Store,
    index: &Index<'_>,
    way: &[&Synced],
    renewed: &mut Renewed,
) -> Result<(Wanted, BTreeSet<(AssetId, Standing)>), Failure> {
    let ours = |error| record::ours(&error);
    let lists = || way.iter().filter_map(|synced| synced.list.as_deref()).flatten();
    let mut weaknesses: BTreeSet<&WeaknessId> = BTreeSet::new();
    let mut packages: BTreeSet<(Ecosystem, Arc<str>)> = BTreeSet::new();
    for changed in lists() {
        weaknesses.insert(&changed.weakness);
        packages.extend(changed.packages.iter().cloned());
    }
    renewed.weaknesses = weaknesses.len() as u64;
    let meant: HashSet<WeaknessRef> =
        weaknesses.iter().filter_map(|id| Some(index.find(&id.0)?.at)).collect();
    let names: BTreeSet<&Arc<str>> = packages.iter().map(|(_, name)| name).collect();
    let mut concerned = BTreeSet::new();
    let mut scratch = Scratch::default();
    for name in names {
        for package in store.packages_named(name).await.map_err(ours)? {
            let mut has = false;
            index.has(&package, &mut scratch, &mut |hit| has |= meant.contains(&hit.weakness));
            if !has {
                continue;
            }
            let copies = store.copies_with(&package, u64::MAX).await.map_err(ours)?;
            for holder in copies.iter().flat_map(|copies| copies.holders.iter()) {
                concerned.insert((holder.asset.clone(), holder.standing));
            }
        }
    }
    for weakness in weaknesses {
        concerned.extend(store.assets_known_with(weakness).await.map_err(ours)?);
    }
    Ok((Wanted::Packages(packages), concerned))
}

/// Every copy of an asset of which something was not judged by this index: one of its looks, or what
/// a feed said since. What a scanner reported in between judges nothing of them.
async fn everybody(store: &Store, index: Digest) -> Result<BTreeSet<(AssetId, Standing)>, Failure> {
    let all = store.judged_observations().await.map_err(|error| record::ours(&error))?;
    let other = all.into_iter().filter(|observation| observation.advisories != index);
    Ok(other.map(|observation| (observation.asset, observation.standing)).collect())
}

/// Notes in the record what changed, and up to which index findings are now.
async fn remember(
    world: &World,
    store: &Store,
    index: &Index<'_>,
    before: Option<Digest>,
    way: Option<&[&Synced]>,
    renewed: &Renewed,
) -> Result<(), Failure> {
    let ours = |error| record::ours(&error);
    let now: Timestamp = world.clock.now();
    let mut random = record::random(world)?;
    // What was never up to date is no change that anybody made.
    if before.is_some() {
        let lists = || way.into_iter().flatten().filter_map(|synced| synced.list.as_deref());
        let named: BTreeMap<&WeaknessId, &Arc<str>> =
            lists().flatten().map(|changed| (&changed.weakness, &changed.what)).collect();
        let named: Vec<_> = named.into_iter().take(MOST_NAMED).collect();
        let entry = Entry {
            kind: EntryKind::Feed,
            happened: now,
            who: world.host.user.clone(),
            why: "what changed in the feeds since findings were last brought up to date".to_owned(),
            payload: serde_json::json!({
                "before": before,
                "after": index.digest(),
                "weaknesses": named,
                "renewed": renewed,
            }),
        };
        store.append(vec![entry], now, &mut random).await.map_err(ours)?;
    }
    let json = index.digest().to_string().into();
    let state = StepState { name: STATE.to_owned(), version: VERSION, json };
    let commit = EventCommit { state: Some(state), ..EventCommit::default() };
    store.commit_events(commit, now, &mut random).await.map_err(ours)?;
    Ok(())
}

/// The same after a sync where nobody holds the data folder: takes hold of it, and tells teams what
/// is new. `None` where nothing was ever looked at.
///
/// # Errors
///
/// Where somebody holds the data folder, or its record cannot be read or written.
pub async fn alone(
    world: &World,
    data: &Path,
    options: &Options,
) -> Result<Option<Renewed>, Failure> {
    if record::reader(data).await?.is_none() {
        return Ok(None);
    }
    let store = record::holder(world, data, options.store.clone()).await?;
    let gathered = cycle::prepare(world, data, options)?;
    let renewed = renew(world, data, &store, &gathered).await?;
    let (channels, _) = channels::read(world, data);
    let team = services::team_here(world, data, &gathered.settings.config);
    channels::ask(world, &store, &channels, &team).await?;
    channels::follow(world, &store, &channels).await?;
    channels::deliver(world, &store, &channels, MOST_TOLD).await?;
    store.close().await.map_err(|error| record::ours(&error))?;
    Ok(Some(renewed))
}
