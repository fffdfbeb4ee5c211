//! The sensor of images: an OCI layout as a folder or an archive, or an archive of `docker save`.
//!
//! Streams bytes from `world` through the readers of `sense`; knows where an image keeps its
//! documents, and no package. Nothing of an image is run, and nothing of it gets a name on disk.

mod attested;
mod files;
mod plan;
mod read;
mod spooled;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_model::{Asset, AssetId, AssetKind, Coverage, Exposure, Problem, Standing};
use holdfast_rulefile::Config;
use holdfast_sense::image::manifest::repository;
use holdfast_sense::packages;
use holdfast_world::{Root, World};

use crate::bill;
use crate::lineage;
use crate::look::{Document, ImageFacts, LeftOut, Look};
use crate::settings::{self, Settings};

pub use attested::TrustedKey;
pub(crate) use attested::keys;

/// Where an image lies.
#[derive(Debug)]
pub enum Source {
    /// The folder of an OCI layout.
    Folder(Root),
    /// An archive, by its folder and name.
    Archive(Root, PathBuf),
}

/// The first bytes of a file that tell whether it may be an archive.
const HEAD: usize = 512;

/// Whether a path is an image; `None` where it is something else.
pub fn recognise(world: &World, path: &Path) -> Option<Source> {
    let absolute = world.here.join(path);
    if let Ok(root) = world.root(&absolute) {
        let layout = root.has_file("oci-layout") && root.has_file("index.json");
        return layout.then_some(Source::Folder(root));
    }
    let root = world.root(absolute.parent()?).ok()?;
    let name = PathBuf::from(absolute.file_name()?);
    let head = root.head(&name, HEAD).ok()?;
    let tar = head.get(257..262) == Some(b"ustar");
    let ending = name.extension().is_some_and(|ending| ending == "gz" || ending == "tgz");
    let packed = head.starts_with(&[0x1F, 0x8B]) && ending;
    if !tar && !packed {
        return None;
    }
    let source = Source::Archive(root, name);
    let (documents, _) = read::documents(&source).ok()?;
    documents.is_image().then_some(source)
}

/// Looks at an image.
///
/// # Errors
///
/// Where it cannot be read at all, or its documents lead to no image.
pub fn look_at(
    world: &World,
    path: &Path,
    source: &Source,
    settings: &Settings,
) -> Result<Look, Problem> {
    let (documents, faults) = read::documents(source)?;
    let plan = plan::of(&documents)?;
    let read = read::layers(world, source, &documents, &plan);
    let mut left_out = plan.left_out;
    left_out.extend(read.left_out);
    let mut problems = settings.problems.clone();
    problems.extend(faults);
    problems.extend(read.problems);
    let mut image = plan.facts;
    let beside = attested::beside(world, path);
    let said = attested::read(&documents, beside, &image, &settings.keys);
    image.attested = said.attested;
    problems.extend(said.problems);
    let mut files = files::read(&read.tree, &mut image);
    files.documents.extend(said.bills);
    bill::settle_in_image(&mut files.documents);
    left_out.extend(files.left_out);
    left_out.extend(unlisted(&files.documents));
    Ok(Look {
        asset: identify(world, path, &image, &settings.config),
        standing: Standing::Trunk,
        sensor: "image",
        coverage: if read.whole { Coverage::Full } else { Coverage::Partial },
        revision: image.revision().map(ToOwned::to_owned),
        documents: files.documents,
        left_out,
        problems,
        host: None,
        requests: Vec::new(),
        image: Some(image),
    })
}

/// What nothing in an image lists: any package at all, or those of the distribution that it says it is.
fn unlisted(documents: &[Document]) -> Option<LeftOut> {
    let gap = |reason: String| LeftOut {
        path: "image".into(),
        reason,
        closes_with: "a list of its packages (SBOM)".to_owned(),
    };
    if !documents.iter().any(|document| !document.components.is_empty()) {
        let reason = "neither a package database nor anything else that names packages is in it";
        return Some(gap(reason.to_owned()));
    }
    let says =
        |document: &&Document| matches!(&*document.path, "/etc/os-release" | "/usr/lib/os-release");
    let os = documents.iter().filter(says).find_map(|document| document.os.as_ref())?;
    // What a file without `ID` is called (os-release(5)) is no distribution.
    if &*os.id == "linux" || documents.iter().any(lists_system) {
        return None;
    }
    let reason = format!(
        "it says that it is `{}`, and no package database that can be read is in it",
        os.id
    );
    Some(gap(reason))
}

/// Whether a document lists packages of the distribution itself: its own database, not that of another
/// system in a folder of the image, or a bill. One that cannot be read whole is told for itself.
fn lists_system(document: &Document) -> bool {
    let path = &*document.path;
    let inside = path.strip_prefix('/').unwrap_or(path);
    let own = path.starts_with("/var/lib/dpkg/")
        || packages::apk::places().chain(packages::rpm::places()).any(|place| place == inside);
    let listed = || document.components.iter().any(|one| one.source.is_some());
    (own && (document.partial || !document.components.is_empty()))
        || (document.is_bill() && listed())
}

/// The identity of an image: the digest of its configuration, which is the same in every archive and
/// on every host. What its name means changes: the record keeps names beside it, as labels.
fn identify(world: &World, path: &Path, image: &ImageFacts, config: &Config) -> Asset {
    let id = format!("{}{}", lineage::IMAGE, image.config);
    let named = image.names.iter().find(|name| repository(name).is_some());
    let name = named.map_or_else(|| path.display().to_string(), Clone::clone);
    let team = settings::team(&config.asset, &world.host.user);
    let name = lineage::name(&name, &image.config);
    let mut asset = Asset::new(AssetId(Arc::from(id)), AssetKind::Image, name, team);
    asset.exposure = Exposure::Unknown;
    asset.labels = lineage::labels(image);
    asset
}
