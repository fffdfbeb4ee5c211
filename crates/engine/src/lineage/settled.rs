//! Images in the record: a look at one is written down, what had its name before hands its findings
//! on, and what runs is a copy of its own until nothing runs it any more.
//!
//! An image that was looked at has the standing `trunk`: it is what its name means, and what will be
//! deployed next. While a host is known to run it, it has the standing `deployed` too, with the same
//! packages and findings, whatever its name means meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_findings::{Batch, Judged, Presence, StepOut, succeed};
use holdfast_model::{
    Asset, Coverage, FindingKind, Key, Known, LocalKey, Observation, Problem, Standing, State,
    Timestamp,
};
use holdfast_store::Store;
use holdfast_world::World;
use serde::{Deserialize, Serialize};

use super::copy::OneCopy;
use super::met::LOOK;
use super::{Image, ON, Runs, TAG, WAS, bases, short};
use crate::assess::{self, Against, Assessment};
use crate::cycle::{self, Recorded};
use crate::failure::Failure;
use crate::look::Look;
use crate::settings::Settings;
use crate::{fleet, index_file, record as kept, services};

/// What a look at an image changed in the record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The image's name for people.
    pub asset: String,
    /// How many findings were opened.
    pub opened: u64,
    /// The images that had its name before, for people.
    pub replaced: Vec<String>,
    /// What could not be read of the inventory, or is declared in it and was never looked at.
    pub problems: Vec<Problem>,
}

/// A look at an image that was written down.
#[derive(Debug)]
pub struct Written {
    /// What it changed.
    pub noted: Noted,
    /// What was seen, with what the record knew already.
    pub look: Look,
    /// What it means.
    pub assessment: Assessment,
}

fn ours(error: &holdfast_store::StoreError) -> Failure {
    kept::ours(error)
}

/// Writes a look at an image down.
///
/// A second look at the same image changes nothing but, at most, its names. Another image under a
/// name that is in the record is another asset: what both have has moved there with its clock, what
/// the new one is free of is fixed, and what runs stays open where it runs. A look in part takes no
/// name from anybody.
///
/// # Errors
///
/// Where the record cannot be read or written, or the look is at no image.
pub async fn record(
    world: &World,
    data: &Path,
    store: &Store,
    mut look: Look,
    settings: &Settings,
) -> Result<Written, Failure> {
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let assets = store.assets().await.map_err(|error| ours(&error))?;
    let named: BTreeSet<String> = names_of(&look.asset).map(ToOwned::to_owned).collect();
    join_known(&mut look, &assets);
    let looks = store.asset_observations().await.map_err(|error| ours(&error))?;
    let is_open = |old: &Asset| {
        let trunk = |one: &&Observation| one.asset == old.id && one.standing == Standing::Trunk;
        looks.iter().find(trunk).is_some_and(|one| one.open > 0)
    };
    let mut olds: Vec<&Asset> = Vec::new();
    if look.coverage == Coverage::Full {
        let all = assets.iter().filter(|old| is_before(old, &look.asset, &named, &is_open));
        olds.extend(all);
    }
    let mut since: BTreeMap<LocalKey, Timestamp> = BTreeMap::new();
    for old in &olds {
        for one in live(store, old, Standing::Trunk).await? {
            let at = since.entry(one.finding.local).or_insert(one.first_seen);
            *at = one.first_seen.min(*at);
        }
    }
    let accepted = cycle::accepted_on(store, &look.asset.id).await?;
    let now = world.clock.now();
    let (accepted, fleet) = (accepted.as_slice(), &fleet::NOBODY);
    let against = Against { index: &index, settings, stage: None, now, accepted, fleet };
    let recorded = cycle::record_after(world, store, &look, &against, &since).await?;
    let mut noted = Noted { asset: look.asset.name.clone(), ..Noted::default() };
    noted.opened = recorded.transitions.iter().filter(|step| step.to == State::Open).count() as u64;
    let next = Next { look: &look, recorded: &recorded, named: &named };
    for old in olds {
        next.takes_over(world, store, old, &against).await?;
        noted.replaced.push(old.name.clone());
    }
    noted.problems = settle(world, data, store, &against).await?;
    Ok(Written { noted, assessment: recorded.assessment, look })
}

fn names_of(asset: &Asset) -> impl Iterator<Item = &str> {
    asset.labels.iter().filter_map(|label| label.strip_prefix(TAG))
}

/// Whether an asset is another image for the same machines that has one of these names, or lost it
/// when what took its place could not tell what became of everything.
fn is_before(
    old: &Asset,
    new: &Asset,
    names: &BTreeSet<String>,
    is_open: &dyn Fn(&Asset) -> bool,
) -> bool {
    let (Some(image), Some(new)) = (Image::of(old), Image::of(new)) else { return false };
    if image.config() == new.config() || !image.fits(new) {
        return false;
    }
    let lost = || image.tags().next().is_none() && image.lost().any(|name| names.contains(name));
    image.tags().any(|tag| names.contains(tag)) || lost() && is_open(old)
}

/// What the record knows of the image already: further names and digests; and what it is built on.
fn join_known(look: &mut Look, assets: &[Asset]) {
    if let Some(image) = &mut look.image {
        image.bases = bases(image, assets);
        let on = |asset: &&Asset| image.bases.iter().any(|(_, name)| **name == *asset.name);
        let labels = assets.iter().filter(on).filter_map(Image::of);
        let labels: Vec<String> = labels.map(|base| format!("{ON}{}", base.config())).collect();
        look.asset.labels.extend(labels);
    }
    let nameless = names_of(&look.asset).next().is_none();
    if let Some(own) = assets.iter().find(|asset| asset.id == look.asset.id) {
        if nameless {
            look.asset.name.clone_from(&own.name);
        }
        let heads = [TAG, WAS, super::DIGEST, ON];
        let further =
            own.labels.iter().filter(|one| heads.iter().any(|head| one.starts_with(head)));
        look.asset.labels.extend(further.cloned());
    }
    let labels = &mut look.asset.labels;
    labels.sort();
    labels.dedup();
    // What means it now did not only mean it once.
    let now: BTreeSet<String> =
        labels.iter().filter_map(|one| one.strip_prefix(TAG)).map(ToOwned::to_owned).collect();
    labels.retain(|label| label.strip_prefix(WAS).is_none_or(|name| !now.contains(name)));
}

/// The findings of one copy of an asset that are there.
async fn live(store: &Store, asset: &Asset, standing: Standing) -> Result<Vec<Known>, Failure> {
    let known = store.known(&asset.id, standing).await.map_err(|error| ours(&error))?;
    Ok(known.into_values().filter(is_live).collect())
}

pub(super) fn is_live(one: &Known) -> bool {
    one.finding.state.is_open() || one.finding.state == State::Accepted
}

/// The image that a name means now.
struct Next<'a> {
    look: &'a Look,
    recorded: &'a Recorded,
    named: &'a BTreeSet<String>,
}

impl Next<'_> {
    /// Takes its names from an image; one that has none left is not what is deployed next.
    async fn takes_over(
        &self,
        world: &World,
        store: &Store,
        old: &Asset,
        against: &Against<'_>,
    ) -> Result<(), Failure> {
        let mut asset = old.clone();
        let mut lost: Vec<&str> = Vec::new();
        for (label, before) in asset.labels.iter_mut().zip(&old.labels) {
            if let Some(name) = before.strip_prefix(TAG).filter(|name| self.named.contains(*name)) {
                *label = format!("{WAS}{name}");
                lost.push(name);
            }
        }
        asset.labels.sort();
        let copy = OneCopy { world, store, asset, standing: Standing::Trunk, now: against.now };
        if names_of(&copy.asset).next().is_some() {
            return copy.relabel().await;
        }
        let known = store.known(&old.id, Standing::Trunk).await.map_err(|error| ours(&error))?;
        let now = short(Image::of(&self.look.asset).map_or("", Image::config));
        if lost.is_empty() {
            lost.extend(Image::of(old).into_iter().flat_map(Image::lost).take(1));
        }
        let because = format!("{} is {now} now", lost.join(", "));
        let out = self.handed_on(old, &known, &because, against);
        copy.end(&known, out, against).await
    }

    /// What becomes of the findings of an image whose names this one has now.
    fn handed_on(
        &self,
        old: &Asset,
        known: &BTreeMap<Key, Known>,
        because: &str,
        against: &Against<'_>,
    ) -> StepOut {
        let there = assess::presence(self.look);
        let mentioned = assess::mentioned(self.look);
        let merged = assess::merged_updates(&self.recorded.assessment.findings);
        let notes = BTreeMap::new();
        let batch = Batch {
            asset: &old.id,
            standing: Standing::Trunk,
            coverage: self.look.coverage,
            now: against.now,
            kinds: assess::kinds(self.look),
            found: Vec::new(),
            notes: &notes,
            unreadable: &self.recorded.assessment.unreadable,
            present: &|locus| assess::present(&there, &mentioned, &[], locus),
            judged: &|weakness| assess::judged(against.index, &merged, weakness),
        };
        let live = self.recorded.known.values().filter(|one| is_live(one));
        let next = live.map(|one| (one.finding.local, one.finding.key)).collect();
        succeed(known, &next, &batch, because)
    }
}

/// Brings the copies that run up to date with what hosts say and what is declared: an image that a
/// host runs is `deployed` from now on, and one that nothing is known to run any more is not.
///
/// # Errors
///
/// Where the record cannot be read or written.
pub(crate) async fn settle(
    world: &World,
    data: &Path,
    store: &Store,
    against: &Against<'_>,
) -> Result<Vec<Problem>, Failure> {
    let (inventory, mut problems) = services::read(world, data);
    let assets = store.assets().await.map_err(|error| ours(&error))?;
    let images: Vec<&Asset> = assets.iter().filter(|one| Image::of(one).is_some()).collect();
    let runs = Runs::of(&inventory, &assets);
    problems.extend(runs.unseen.iter().map(|(image, host)| {
        let message = format!("`{image}` runs on {host}, and was never looked at");
        Problem::new("image-unseen", message).help(format!("look at it: {LOOK}"))
    }));
    if images.is_empty() {
        return Ok(problems);
    }
    let looks = store.asset_observations().await.map_err(|error| ours(&error))?;
    let deployed: BTreeSet<&Arc<str>> = looks
        .iter()
        .filter(|look| look.standing == Standing::Deployed && look.components > 0)
        .map(|look| &look.asset.0)
        .collect();
    let copy = |asset: &Asset| {
        let (asset, standing, now) = (asset.clone(), Standing::Deployed, against.now);
        OneCopy { world, store, asset, standing, now }
    };
    let is_deployed = |image: &Asset| deployed.contains(&image.id.0);
    for image in images.iter().filter(|image| !is_deployed(image)) {
        if !runs.at(&image.id).hosts.is_empty() {
            copy(image).begin(against).await?;
        }
    }
    for image in images.iter().filter(|image| is_deployed(image)) {
        if !runs.at(&image.id).may_run() {
            let known = store.known(&image.id, Standing::Deployed).await;
            let known = known.map_err(|error| ours(&error))?;
            let next = running_instead(store, image, &images, &runs).await?;
            let out = ended(image, &known, &next, against);
            copy(image).end(&known, out, against).await?;
        }
    }
    Ok(problems)
}

/// The findings of images of the same name that run, by local key.
async fn running_instead(
    store: &Store,
    image: &Asset,
    images: &[&Asset],
    runs: &Runs,
) -> Result<BTreeMap<LocalKey, Key>, Failure> {
    let names = |asset: &Asset| -> BTreeSet<String> {
        let own = Image::of(asset).into_iter().flat_map(Image::repositories);
        own.map(ToOwned::to_owned).collect()
    };
    let own = names(image);
    let mut next = BTreeMap::new();
    for other in images {
        let instead = other.id != image.id
            && !runs.at(&other.id).hosts.is_empty()
            && !names(other).is_disjoint(&own);
        if instead {
            let live = live(store, other, Standing::Deployed).await?;
            next.extend(live.iter().map(|one| (one.finding.local, one.finding.key)));
        }
    }
    Ok(next)
}

fn ended(
    image: &Asset,
    known: &BTreeMap<Key, Known>,
    next: &BTreeMap<LocalKey, Key>,
    against: &Against<'_>,
) -> StepOut {
    let notes = BTreeMap::new();
    let batch = Batch {
        asset: &image.id,
        standing: Standing::Deployed,
        coverage: Coverage::Full,
        now: against.now,
        kinds: &[FindingKind::Package],
        found: Vec::new(),
        notes: &notes,
        unreadable: &[],
        present: &|_| Presence::Gone,
        judged: &|_| Judged::Known,
    };
    succeed(known, next, &batch, "nothing is known to run it any more")
}
