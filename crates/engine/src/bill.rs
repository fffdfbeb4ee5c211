//! Bills of materials: what those in a tree add to what was read of it, and ours of a look.
//!
//! Knows whose word counts where two documents list one package; must not know how a bill is
//! written.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use holdfast_model::{
    AssetKind, Component, Coverage, Ecosystem, Origin, Place, Problem, Target, Timestamp,
};
use holdfast_sense::sbom::write::{Bill, Listed, Subject, cyclonedx, spdx};
use holdfast_world::World;

use crate::controls::Controls;
use crate::failure::Failure;
use crate::look::{Document, Look};
use crate::requirements::{folder_of, is_below};
use crate::settings::{self, Settings};
use crate::{host, image, sensors};

/// In which notation a bill is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// CycloneDX 1.6, JSON.
    CycloneDx,
    /// SPDX 2.3, JSON.
    Spdx,
}

/// Takes out of the bills of a tree what its own files say themselves, so that nothing is found
/// twice: what a bill found in a file that was read, and what a lockfile in the folder of the bill
/// or below it names, whatever its version. A bill grows old; a lockfile is what is built.
pub(crate) fn settle(documents: &mut [Document]) {
    if !documents.iter().any(Document::is_bill) {
        return;
    }
    let own = || documents.iter().filter(|document| !document.is_bill());
    let read: HashSet<Arc<str>> = own()
        .filter(|document| !document.components.is_empty() || !document.requirements.is_empty())
        .map(|document| Arc::clone(&document.path))
        .collect();
    let mut locked: HashMap<(Ecosystem, Arc<str>), Vec<Arc<str>>> = HashMap::new();
    for document in own() {
        for component in document.components.iter().filter(|one| one.source.is_none()) {
            let name = (component.ecosystem.clone(), Arc::clone(&component.name));
            locked.entry(name).or_default().push(Arc::clone(&document.path));
        }
    }
    for bill in documents.iter_mut().filter(|document| document.is_bill()) {
        let folder = folder_of(&bill.path);
        let known = |component: &Component| {
            let name = (component.ecosystem.clone(), Arc::clone(&component.name));
            read.contains(&component.place.path)
                || locked
                    .get(&name)
                    .is_some_and(|paths| paths.iter().any(|path| is_below(path, folder)))
        };
        let keep: Vec<bool> = bill.components.iter().map(|component| !known(component)).collect();
        bill.keep(&keep);
    }
}

/// The same for an image and the bills that are attached to it: what its own files name is not taken
/// from a bill, whatever its version there.
pub(crate) fn settle_in_image(documents: &mut [Document]) {
    let named = |one: &Component| {
        let name = one.source.as_ref().map_or(&one.name, |source| &source.name);
        (one.ecosystem.clone(), Arc::clone(name))
    };
    let own = documents.iter().filter(|document| !document.is_bill());
    let own: HashSet<_> = own.flat_map(|document| document.components.iter().map(named)).collect();
    let system = documents.iter().any(|document| !document.is_bill() && document.os.is_some());
    for bill in documents.iter_mut().filter(|document| document.is_bill()) {
        if system {
            bill.os = None;
        }
        let keep: Vec<bool> =
            bill.components.iter().map(|one| !own.contains(&named(one))).collect();
        bill.keep(&keep);
    }
}

impl Document {
    /// Keeps some components, and the edges between them.
    fn keep(&mut self, keep: &[bool]) {
        let mut count = 0;
        let moved: Vec<Option<u32>> = keep
            .iter()
            .map(|keep| {
                let at = count;
                count += u32::from(*keep);
                keep.then_some(at)
            })
            .collect();
        let to = |index: u32| moved.get(index as usize).copied().flatten();
        let mut flags = keep.iter();
        self.components.retain(|_| flags.next().copied().unwrap_or(true));
        self.edges.retain_mut(|edge| {
            let child = to(edge.child);
            let parent = edge.parent.map(to);
            let (Some(child), None | Some(Some(_))) = (child, parent) else { return false };
            edge.child = child;
            edge.parent = parent.flatten();
            true
        });
    }
}

/// Looks at a folder, a file or an image and lists what is in it.
///
/// # Errors
///
/// Where it or its settings cannot be used, and where a file lists nothing: its bill would say that
/// there is nothing.
pub fn of_path(world: &World, path: &Path, notation: Notation) -> Result<String, Failure> {
    if let Some(source) = image::recognise(world, path) {
        let here = sensors::open(world, Path::new("."))?;
        let settings = settings::read(&here.tree, None, &world.clock.zone())?;
        let look = image::look_at(world, path, &source, &settings)?;
        return Ok(write(&look, world.clock.now(), notation));
    }
    let folder = sensors::open(world, path)?;
    let settings: Settings = settings::read(&folder.tree, None, &world.clock.zone())?;
    let look = sensors::look_at_folder(world, &folder, &settings)?;
    let lists = |one: &Document| !(one.components.is_empty() && one.unknown.is_empty());
    if folder.is_file && !look.documents.iter().any(lists) {
        let message = format!("`{}` lists no packages, nor is it an image", path.display());
        let help = "name a lockfile, a folder, or an archive of an image";
        return Err(Problem::new("bill-empty", message).help(help).into());
    }
    Ok(write(&look, world.clock.now(), notation))
}

/// Looks at a host and lists what is installed.
///
/// # Errors
///
/// Where the root or the settings of this folder cannot be used.
pub fn of_host(world: &World, target: &Target, notation: Notation) -> Result<String, Failure> {
    let here = sensors::open(world, Path::new("."))?;
    let settings = settings::read(&here.tree, None, &world.clock.zone())?;
    let none = Arc::new(Controls::default());
    let look = host::look_at(world, target, &none, &settings.config)?;
    Ok(write(&look, world.clock.now(), notation))
}

/// The bill of a look. What belongs to the tree itself is not listed; what it needs is needed by
/// what the bill is about.
pub fn write(look: &Look, at: Timestamp, notation: Notation) -> String {
    let unknown: Vec<Component> = unknown(look);
    let mut components: Vec<Listed<'_>> = Vec::new();
    let mut edges: BTreeSet<(Option<usize>, usize)> = BTreeSet::new();
    for document in &look.documents {
        let needs_known = !document.edges.is_empty();
        let mut positions: Vec<Option<usize>> = Vec::with_capacity(document.components.len());
        for component in &document.components {
            if component.origin == Origin::Tree {
                positions.push(None);
                continue;
            }
            if component.direct == Some(true) {
                edges.insert((None, components.len()));
            }
            positions.push(Some(components.len()));
            components.push(Listed { component, needs_known });
        }
        let position = |index: u32| positions.get(index as usize).copied().flatten();
        for edge in &document.edges {
            if let Some(child) = position(edge.child) {
                edges.insert((edge.parent.and_then(position), child));
            }
        }
    }
    components.extend(unknown.iter().map(|component| Listed { component, needs_known: false }));
    let bill = Bill {
        name: &look.asset.name,
        subject: match look.asset.kind {
            AssetKind::Host => Subject::System,
            AssetKind::Image => Subject::Container,
            AssetKind::Repository | AssetKind::Folder => Subject::Application,
        },
        at,
        digest: look.digest(),
        version: env!("CARGO_PKG_VERSION"),
        complete: is_complete(look),
        system: look.documents.iter().find_map(|document| document.os.as_ref()),
        components,
        edges: edges.into_iter().collect(),
    };
    match notation {
        Notation::CycloneDx => cyclonedx(&bill),
        Notation::Spdx => spdx(&bill),
    }
}

/// Packages of which nothing can be said but that they are there, once each.
fn unknown(look: &Look) -> Vec<Component> {
    let mut met: HashSet<(&Ecosystem, &str, &Place)> = HashSet::new();
    let all = look.documents.iter().flat_map(|document| &document.unknown);
    let fresh = all.filter(|one| met.insert((&one.ecosystem, &*one.name, &one.place)));
    fresh
        .map(|one| {
            Component::new(one.ecosystem.clone(), Arc::clone(&one.name), None, one.place.clone())
        })
        .collect()
}

/// Whether the bill may call itself whole: everything that could list a package was read.
fn is_complete(look: &Look) -> bool {
    let read = !look.documents.iter().any(|document| document.partial);
    // What a host's look leaves out are lists of updates, if it has a package database at all.
    let nothing_left_out = match look.sensor {
        "host" => look.documents.iter().any(|document| !document.components.is_empty()),
        _ => look.left_out.is_empty(),
    };
    read && nothing_left_out && look.coverage == Coverage::Full
}
