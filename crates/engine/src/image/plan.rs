//! From the documents of an image to its layers. Pure.

use std::sync::Arc;

use holdfast_model::{Digest, Problem};
use holdfast_sense::image::manifest::{Config, Descriptor, Index, Manifest, Platform, Saved, read};

use super::read::Documents;
use crate::look::{ImageFacts, LeftOut};
use crate::masked::without_passwords;

/// How deep an index may stand in an index.
pub(super) const DEEPEST: usize = 4;
/// The machines whose image is taken where there are several.
const PREFERRED: &str = "linux/amd64";

/// A layer that is to be read.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Where its bytes lie.
    pub(super) path: String,
    /// Their digest.
    pub(super) digest: Option<Digest>,
    /// The digest of what comes out of them.
    pub(super) unpacked: Option<Digest>,
}

/// Which layers, and what the image says of itself.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) layers: Vec<Part>,
    pub(super) facts: ImageFacts,
    /// Other images that lie beside it.
    pub(super) left_out: Vec<LeftOut>,
}

fn not_an_image(message: impl Into<String>) -> Problem {
    Problem::new("image-broken", message).help("let the tool that made the image write it again")
}

/// Finds the layers.
pub(super) fn of(documents: &Documents) -> Result<Plan, Problem> {
    let saved = saved(documents);
    if documents.get("index.json").is_none() {
        return of_saved(documents, saved?);
    }
    let mut plan = of_layout(documents)?;
    // An archive that is both says its names in the older document.
    if let Ok(saved) = saved {
        let tags = saved.into_iter().next().and_then(|image| image.repo_tags);
        plan.facts.names.extend(tags.unwrap_or_default());
    }
    plan.facts.names.dedup();
    Ok(plan)
}

fn of_layout(documents: &Documents) -> Result<Plan, Problem> {
    let bytes = documents.get("index.json").unwrap_or_default();
    let index: Index = read("index.json", bytes)?;
    let mut left_out = Vec::new();
    let mut listed = Vec::new();
    let chosen = choose(documents, index, (&mut left_out, &mut listed), 0)?;
    let digest = chosen.digest.as_str();
    let manifest: Manifest = blob(documents, &chosen)?;
    let config: Config = blob(documents, &manifest.config)?;
    let mut layers = Vec::with_capacity(manifest.layers.len());
    for (number, layer) in manifest.layers.iter().enumerate() {
        let path = layer.blob().ok_or_else(|| bad_digest(layer))?;
        layers.push(Part { path, digest: layer.sha256(), unpacked: config.layer(number) });
    }
    let named = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
    let names = named.iter().filter_map(|key| chosen.annotations.get(*key).cloned()).collect();
    let mut labels = config.labels();
    labels.extend(manifest.annotations);
    let facts = ImageFacts {
        config: manifest.config.digest.as_str().into(),
        digest: Some(Arc::from(digest)),
        listed,
        names,
        labels,
        layers: layers.iter().map(|layer| layer.digest).collect(),
        ..told_by(&config)
    };
    Ok(Plan { layers, facts, left_out })
}

/// What the configuration of an image says of it.
fn told_by(config: &Config) -> ImageFacts {
    ImageFacts {
        platform: config.platform(),
        chains: config.chains(),
        commands: config.commands().iter().map(|one| without_passwords(one)).collect(),
        ..ImageFacts::default()
    }
}

fn bad_digest(descriptor: &Descriptor) -> Problem {
    let shown: String = descriptor.digest.chars().take(100).collect();
    not_an_image(format!("`{shown}` is no digest"))
}

/// A document among the blobs, whose digest must be its own.
fn blob<T: serde::de::DeserializeOwned>(
    documents: &Documents,
    descriptor: &Descriptor,
) -> Result<T, Problem> {
    let path = descriptor.blob().ok_or_else(|| bad_digest(descriptor))?;
    let bytes = documents
        .get(&path)
        .ok_or_else(|| not_an_image(format!("the image has no `{path}`, which it names")))?;
    match descriptor.sha256() {
        Some(digest) if digest == Digest::of(bytes) => read(&path, bytes),
        Some(_) => Err(not_an_image(format!("`{path}` is not what its digest says"))),
        None => Err(not_an_image(format!("the digest of `{path}` is of a kind that is not known"))),
    }
}

/// The image of an index that is looked at; the others are told.
fn choose(
    documents: &Documents,
    index: Index,
    (left_out, listed): (&mut Vec<LeftOut>, &mut Vec<Arc<str>>),
    depth: usize,
) -> Result<Descriptor, Problem> {
    let attached = |one: &Descriptor| {
        let manifest: Result<Manifest, Problem> = blob(documents, one);
        manifest.is_ok_and(|manifest| manifest.subject.is_some())
    };
    let is_image = |one: &Descriptor| !one.is_statement() && !attached(one);
    let mut images: Vec<Descriptor> = index.manifests.into_iter().filter(is_image).collect();
    let wanted = |one: &Descriptor| {
        one.platform.as_ref().is_some_and(|platform| platform.word() == PREFERRED)
    };
    let at = images.iter().position(wanted).unwrap_or(0);
    if images.is_empty() {
        return Err(not_an_image("the index of the image names no image"));
    }
    let chosen = images.remove(at);
    for other in images {
        let shown = other.platform.as_ref().map_or_else(|| other.digest.clone(), Platform::word);
        left_out.push(LeftOut {
            path: format!("image {shown}").into(),
            reason: "several images lie here, and one of them was looked at".to_owned(),
            closes_with: "an archive of that image alone".to_owned(),
        });
    }
    if !chosen.is_index() {
        return Ok(chosen);
    }
    if depth >= DEEPEST {
        return Err(not_an_image("the indexes of the image stand too deep in each other"));
    }
    let inner: Index = blob(documents, &chosen)?;
    listed.push(chosen.digest.as_str().into());
    let mut inner = choose(documents, inner, (left_out, listed), depth + 1)?;
    // The name of the whole is the name of its parts.
    for (key, value) in chosen.annotations {
        inner.annotations.entry(key).or_insert(value);
    }
    Ok(inner)
}

fn saved(documents: &Documents) -> Result<Vec<Saved>, Problem> {
    match documents.get("manifest.json") {
        Some(bytes) => read("manifest.json", bytes),
        None => Err(not_an_image("there is neither an `index.json` nor a `manifest.json` in it")),
    }
}

fn of_saved(documents: &Documents, saved: Vec<Saved>) -> Result<Plan, Problem> {
    let mut images = saved.into_iter();
    let image = images.next().ok_or_else(|| not_an_image("its `manifest.json` names no image"))?;
    let left_out = images
        .map(|other| LeftOut {
            path: format!("image {}", other.config).into(),
            reason: "several images lie here, and one of them was looked at".to_owned(),
            closes_with: "an archive of that image alone".to_owned(),
        })
        .collect();
    let bytes = documents.get(&image.config).ok_or_else(|| {
        not_an_image(format!("the image has no `{}`, which it names", image.config))
    })?;
    let config: Config = read(&image.config, bytes)?;
    let layers = image.layers.iter().enumerate().map(|(number, path)| Part {
        path: documents.followed(path),
        digest: None,
        unpacked: config.layer(number),
    });
    let layers: Vec<Part> = layers.collect();
    let facts = ImageFacts {
        config: format!("sha256:{}", Digest::of(bytes)).into(),
        names: image.repo_tags.unwrap_or_default(),
        labels: config.labels(),
        layers: layers.iter().map(|layer| layer.unpacked).collect(),
        ..told_by(&config)
    };
    Ok(Plan { layers, facts, left_out })
}
