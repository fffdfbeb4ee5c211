//! What build attestations say of an image: those that lie in its layout, and in files beside it.
//!
//! An attestation counts for the image whose digest it names. It links a thread and adds what a bill
//! lists; nothing is ever closed by one. Whether somebody whose key is known signed it is always said.

use std::path::Path;
use std::sync::Arc;

use holdfast_model::{Digest, Place, Problem};
use holdfast_sense::image::attestation::{self, Attestation, Predicate, Provenance};
use holdfast_sense::image::key::{self, PublicKey};
use holdfast_sense::image::manifest::{Descriptor, Index, Manifest, read as parse};
use holdfast_sense::reader_for;
use holdfast_world::{Algorithm, Root, World, is_signed, normal_origin};

use super::plan::DEEPEST;
use super::read::{DOCUMENT, Documents};
use crate::gather::{Tree, Unread, document};
use crate::look::{Attested, Document, ImageFacts};

/// How the names of files beside an image go on behind its own.
const BESIDE: [&str; 5] =
    [".intoto.jsonl", ".intoto.json", ".att.json", ".sigstore.json", ".provenance.json"];
/// More attestations of one image are not read.
const MOST: usize = 1000;

/// A public key of somebody whose attestations count as verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// The name of its file.
    pub name: Arc<str>,
    /// The key.
    pub key: PublicKey,
}

/// Reads the keys that a configuration names.
pub(crate) fn keys(
    tree: &dyn Tree,
    paths: &[String],
    problems: &mut Vec<Problem>,
) -> Vec<TrustedKey> {
    let mut keys = Vec::new();
    for path in paths {
        let place = Place::start_of(path.as_str());
        let text = tree.read(path).ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        let read = text.as_deref().ok_or("it cannot be read as text").and_then(key::read);
        match read {
            Ok(key) => {
                let name = path.rsplit('/').next().unwrap_or(path);
                keys.push(TrustedKey { name: name.into(), key });
            }
            Err(why) => problems.push(
                Problem::at("attestation-key", place, format!("this is no public key: {why}"))
                    .help("what it signed counts as unverified; write it as PEM, `PUBLIC KEY`"),
            ),
        }
    }
    keys
}

impl TrustedKey {
    fn signed(&self, attestation: &Attestation) -> bool {
        let Some(signed) = &attestation.signed else { return false };
        let (algorithm, key) = match &self.key {
            PublicKey::Ed25519(key) => (Algorithm::Ed25519, key),
            PublicKey::P256(key) => (Algorithm::P256, key),
        };
        signed.signatures.iter().any(|one| is_signed(algorithm, key, &signed.bytes, one))
    }
}

/// What was said.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) attested: Vec<Attested>,
    /// Bills of materials, as documents.
    pub(super) bills: Vec<Document>,
    pub(super) problems: Vec<Problem>,
}

/// The files of attestations beside an image.
pub(super) fn beside(world: &World, path: &Path) -> Vec<(String, Vec<u8>)> {
    let absolute = world.here.join(path);
    let name = absolute.file_name().and_then(|name| name.to_str());
    let root: Option<Root> = absolute.parent().and_then(|folder| world.root(folder).ok());
    let (Some(name), Some(root)) = (name, root) else { return Vec::new() };
    let names = BESIDE.iter().map(|ending| format!("{name}{ending}"));
    // One that is missing is none; one that cannot be read says nothing, and closes nothing.
    names.filter_map(|name| Some((name.clone(), root.read(&name, DOCUMENT).ok()?))).collect()
}

/// Reads every attestation about an image.
pub(super) fn read(
    documents: &Documents,
    beside: Vec<(String, Vec<u8>)>,
    image: &ImageFacts,
    keys: &[TrustedKey],
) -> Said {
    let mut said = Said::default();
    let mut files = attached(documents, image, &mut said.problems);
    files.extend(beside);
    for (path, bytes) in files.into_iter().take(MOST) {
        let (attestations, problems) = attestation::read(&path, &bytes);
        said.problems.extend(problems);
        for one in &attestations {
            if one.subjects.iter().any(|subject| is_of(image, subject)) {
                said.take(one, &path, keys);
            } else {
                let place = Place::start_of(path.as_str());
                let message =
                    "this attestation is about another image, and counts for nothing here";
                let help = "keep it beside the image that it is about";
                said.problems.push(Problem::at("attestation-unusable", place, message).help(help));
            }
        }
    }
    said
}

fn is_of(image: &ImageFacts, digest: &str) -> bool {
    let known = image.digest.iter().chain(&image.listed);
    known.chain([&image.config]).any(|one| &**one == digest)
}

impl Said {
    fn take(&mut self, attestation: &Attestation, path: &str, keys: &[TrustedKey]) {
        let by = keys.iter().find(|key| key.signed(attestation));
        let built = match &attestation.predicate {
            Predicate::Provenance(built) => built.clone(),
            Predicate::Bill { notation, bytes } => {
                self.bill(notation, bytes);
                attestation::built_from(bytes)
            }
            Predicate::Other(_) => Provenance::default(),
        };
        let source = built.source.map(|source| normal_origin(&source).unwrap_or(source));
        self.attested.push(Attested {
            path: path.into(),
            source,
            revision: built.revision,
            is_signed: attestation.signed.is_some(),
            signed_by: by.map(|key| Arc::clone(&key.name)),
        });
    }

    fn bill(&mut self, notation: &str, bytes: &[u8]) {
        let number = match self.bills.len() {
            0 => String::new(),
            before => format!("-{}", before + 1),
        };
        let path: Arc<str> = format!("attested{number}.{notation}.json").into();
        let Some(reader) = reader_for(&path, &[]) else { return };
        if let Ok(read) = document(&Alone(bytes), &path, reader) {
            self.bills.push(read);
        }
    }
}

/// A document of an attestation.
struct Alone<'b>(&'b [u8]);

impl Tree for Alone<'_> {
    fn glob(&self, _pattern: &str) -> Vec<Arc<str>> {
        Vec::new()
    }

    fn read(&self, _path: &str) -> Result<Arc<[u8]>, Unread> {
        Ok(self.0.into())
    }
}

/// The attestations in a layout: in manifests of which their descriptor or they themselves say that
/// they are about the image (BuildKit, "Image attestation storage"; OCI image specification 1.1,
/// `subject`).
fn attached(
    documents: &Documents,
    image: &ImageFacts,
    problems: &mut Vec<Problem>,
) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for descriptor in listed(documents) {
        let Some(manifest) = blob(documents, &descriptor) else { continue };
        let Ok(manifest) = parse::<Manifest>("manifest", manifest) else { continue };
        let named = manifest.subject.as_ref().map(|subject| subject.digest.as_str());
        // Cosign keeps them under a name made of the digest.
        let tag = descriptor.attached_to();
        let about = descriptor.is_about().or(named).or(tag.as_deref());
        if !about.is_some_and(|digest| is_of(image, digest)) {
            continue;
        }
        for layer in manifest.layers.iter().filter(|layer| layer.is_attestation()) {
            let path = layer.blob().unwrap_or_default();
            match blob(documents, layer) {
                Some(bytes) => files.push((path, bytes.to_vec())),
                None => problems.push(
                    Problem::at(
                        "attestation-unusable",
                        Place::start_of(path),
                        "this attestation is missing, damaged or too large",
                    )
                    .help("what it says counts for nothing; save the image again"),
                ),
            }
        }
    }
    files
}

/// Every manifest that the indexes of a layout name.
fn listed(documents: &Documents) -> Vec<Descriptor> {
    let mut found: Vec<Descriptor> = Vec::new();
    let top =
        documents.get("index.json").and_then(|bytes| parse::<Index>("index.json", bytes).ok());
    let mut indexes: Vec<(Index, usize)> = top.into_iter().map(|index| (index, 0)).collect();
    while let Some((index, depth)) = indexes.pop() {
        for one in index.manifests.into_iter().take(MOST) {
            if found.len() >= MOST {
                return found;
            }
            if !one.is_index() {
                found.push(one);
                continue;
            }
            let inner = blob(documents, &one).filter(|_| depth < DEEPEST);
            let inner = inner.and_then(|bytes| parse::<Index>("index", bytes).ok());
            indexes.extend(inner.map(|inner| (inner, depth + 1)));
        }
    }
    found
}

/// The bytes of a blob that is what its digest says.
fn blob<'d>(documents: &'d Documents, descriptor: &Descriptor) -> Option<&'d [u8]> {
    let bytes = documents.get(&descriptor.blob()?)?;
    (descriptor.sha256()? == Digest::of(bytes)).then_some(bytes)
}
