//! Names that other assets publish: what no repository knows of the others, and the record does.
//!
//! Each look at a folder leaves the names that its manifests declare, as one row of the record that is
//! no part of the ledger: it is nobody's evidence, and the next looks bring it again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_advisories::feeds;
use holdfast_model::{AssetId, Coverage, Ecosystem, Origin, OwnPackage, Problem};
use holdfast_store::{EventCommit, StepState, Store};
use holdfast_world::World;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::look::Look;
use crate::record;

/// The name of what is remembered, and the version of its form.
const STATE: &str = "own-names";
const VERSION: u32 = 1;
/// So many names of one asset are remembered; nobody publishes more from one tree.
const MOST_OF_ONE: usize = 500;
/// So many names of all others are compared with what a look saw.
const MOST: usize = 10_000;
/// So many names of one ecosystem that a project asks for are looked up.
const MOST_ASKED: usize = 500;
/// Where more names than these are new to everybody, the project is of another kind.
const MOST_NEW: usize = 20;
/// So many others must use a name before one that is a slip away is taken for a misspelling.
const ENOUGH: u32 = 3;
/// Folders whose manifests declare nothing of one's own.
const NOT_OWN: [&str; 10] = [
    "example",
    "examples",
    "fixtures",
    "node_modules",
    "site-packages",
    "test",
    "testdata",
    "tests",
    "third_party",
    "vendor",
];

/// A name that another asset publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The name as the ecosystem compares it.
    pub name: Arc<str>,
    /// The asset, for people.
    pub asset: Arc<str>,
}

/// What is known of the assets around one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Names that they publish.
    pub own: Vec<Elsewhere>,
    /// Names of the look that nobody else uses, and that may be misspelt.
    pub misspelt: Vec<Misspelt>,
}

/// A name that nobody else uses, a slip away from one that others do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misspelt {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The name of the look.
    pub name: String,
    /// The name that others use.
    pub used: String,
    /// At least so many do.
    pub assets: u64,
}

/// Where nothing is known of others: a look that no record stands behind.
pub static NOBODY: Fleet = Fleet { own: Vec::new(), misspelt: Vec::new() };

/// What one asset publishes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Published {
    asset: Arc<str>,
    /// Ecosystem and name, sorted.
    names: Vec<(Arc<str>, Arc<str>)>,
}

/// By asset.
type All = BTreeMap<AssetId, Published>;

async fn read(store: &Store) -> Result<All, Failure> {
    let state = store.state(STATE).await.map_err(|error| record::ours(&error))?;
    let state = state.filter(|state| state.version == VERSION);
    // What cannot be read is brought again by the next looks.
    Ok(state.and_then(|state| serde_json::from_value(state.json).ok()).unwrap_or_default())
}

/// What the record knows of the assets around that of a look.
///
/// # Errors
///
/// Where the record cannot be read.
pub(crate) async fn around(store: &Store, look: &Look) -> Result<Fleet, Failure> {
    let asset = &look.asset.id;
    let all = read(store).await?;
    let others = all.iter().filter(|(other, _)| *other != asset);
    let each = others.flat_map(|(_, published)| {
        published.names.iter().map(move |(ecosystem, name)| Elsewhere {
            ecosystem: Ecosystem::new(ecosystem),
            name: Arc::clone(name),
            asset: Arc::clone(&published.asset),
        })
    });
    let own = each.take(MOST).collect();
    Ok(Fleet { own, misspelt: misspelt(store, look).await? })
}

/// Names that the project asks for itself and nobody else uses, while enough others use one that is a
/// slip away. Each costs one question a letter, so that only a few are asked about: where most names
/// are new, none of them is odd.
async fn misspelt(store: &Store, look: &Look) -> Result<Vec<Misspelt>, Failure> {
    let mut asked: BTreeMap<&Ecosystem, BTreeSet<&str>> = BTreeMap::new();
    for (_, one) in look.components() {
        if one.direct == Some(true) && matches!(one.origin, Origin::Feed(_)) {
            asked.entry(&one.ecosystem).or_default().insert(&one.name);
        }
    }
    let mut out = Vec::new();
    for (ecosystem, names) in asked {
        let names: Vec<String> = names.into_iter().take(MOST_ASKED).map(str::to_owned).collect();
        let asset = &look.asset.id;
        let known = store.used_elsewhere(asset, ecosystem, &names, 1).await;
        let known = known.map_err(|error| record::ours(&error))?;
        let new: Vec<&String> = names.iter().filter(|name| !known.contains_key(*name)).collect();
        if new.len() > MOST_NEW || known.is_empty() {
            continue;
        }
        let meant: Vec<(&String, Vec<String>)> =
            new.into_iter().map(|name| (name, feeds::misspelt(ecosystem, name))).collect();
        let all: Vec<String> = meant.iter().flat_map(|(_, names)| names).cloned().collect();
        let used = store.used_elsewhere(asset, ecosystem, &all, ENOUGH).await;
        let used = used.map_err(|error| record::ours(&error))?;
        for (name, meant) in meant {
            let enough = |used: &(&String, &u64)| *used.1 >= u64::from(ENOUGH);
            let found = meant.iter().filter_map(|name| used.get_key_value(name)).find(enough);
            out.extend(found.map(|(used, assets)| Misspelt {
                ecosystem: ecosystem.clone(),
                name: name.clone(),
                used: used.clone(),
                assets: *assets,
            }));
        }
    }
    Ok(out)
}

/// Remembers what the tree of a look publishes, where that is news.
///
/// # Errors
///
/// Where the record cannot be read or written.
pub(crate) async fn remember(world: &World, store: &Store, look: &Look) -> Result<(), Failure> {
    let mut all = read(store).await?;
    let known = all.get(&look.asset.id).cloned().unwrap_or_default();
    let pair = |one: &OwnPackage| (one.ecosystem.as_str().into(), Arc::clone(&one.name));
    let mut names: Vec<(Arc<str>, Arc<str>)> = declared(look).map(pair).collect();
    // What could not be looked at may still be published.
    let whole = look.coverage == Coverage::Full
        && look.left_out.is_empty()
        && !look.documents.iter().any(|document| document.partial);
    if !whole {
        names.extend(known.names.iter().cloned());
    }
    names.sort();
    names.dedup();
    names.truncate(MOST_OF_ONE);
    let published = Published { asset: look.asset.name.as_str().into(), names };
    if published.names == known.names && (published.asset == known.asset || known.names.is_empty())
    {
        return Ok(());
    }
    if published.names.is_empty() {
        all.remove(&look.asset.id);
    } else {
        all.insert(look.asset.id.clone(), published);
    }
    let json = serde_json::to_value(&all)
        .map_err(|error| Failure::Ours(Problem::new("record", error.to_string())))?;
    let state = StepState { name: STATE.to_owned(), version: VERSION, json };
    let commit = EventCommit { state: Some(state), ..EventCommit::default() };
    let mut random = record::random(world)?;
    let noted = world.clock.now();
    store.commit_events(commit, noted, &mut random).await.map_err(|error| record::ours(&error))?;
    Ok(())
}

/// What manifests of a look declare, but for other people's code in it.
pub(crate) fn declared(look: &Look) -> impl Iterator<Item = &OwnPackage> {
    let own = look.documents.iter().flat_map(|document| &document.own);
    own.filter(|one| !one.place.path.split('/').any(|part| NOT_OWN.contains(&part)))
}
