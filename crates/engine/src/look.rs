//! A look: what one sensor saw of one asset at one time, before anything is judged.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{
    Acceptance, Asset, Component, Coverage, Digest, Ecosystem, Edge, Exposure, FeedSource, Fields,
    ImageLayer, Notice, Offer, OsRelease, OwnPackage, Place, Port, Problem, Requirement, Standing,
    Target,
};
use holdfast_posture::{Control, Seen, digest_of};

use holdfast_sense::host::running::Running;

use crate::controls::Controls;

/// A package of which nothing can be said, and why.
#[derive(Debug, Clone)]
pub struct UnknownPackage {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The name as written.
    pub name: Arc<str>,
    /// Why it cannot be judged.
    pub reason: String,
    /// Where it stands.
    pub place: Place,
}

/// What an image says of itself, for lineage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageFacts {
    /// The digest of its configuration, `sha256:…`: the same for the same image in every archive,
    /// however its layers are packed, and on every host that has it (OCI image specification 1.1,
    /// "ImageID").
    pub config: Arc<str>,
    /// The digest of its manifest, `sha256:…`, where there is one: an archive of `docker save`
    /// from before OCI layouts has none.
    pub digest: Option<Arc<str>>,
    /// The digests of the indexes that led to it, by which registries know it too.
    pub listed: Vec<Arc<str>>,
    /// For which machines it is: `linux/amd64`; empty where it does not say so.
    pub platform: String,
    /// Its names, as `registry.example/shop/web:1.2`.
    pub names: Vec<String>,
    /// What its makers wrote on it: labels, and annotations of its manifest.
    pub labels: BTreeMap<String, String>,
    /// The digests of its layers, the lowest first, where they are known.
    pub layers: Vec<Option<Digest>>,
    /// For each layer the digest of it and all below it, as far as they are known.
    pub chains: Vec<Digest>,
    /// For each layer the command that made it; empty where the image does not say it.
    pub commands: Vec<String>,
    /// The layer, from 0, that each document stands in.
    pub layer_of: BTreeMap<Arc<str>, usize>,
    /// The layer, from 0, that brought what stands at a place, where its document was already there.
    pub came: BTreeMap<Place, usize>,
    /// Images that it is built on: how many of its layers are theirs, and their names.
    pub bases: Vec<(usize, Arc<str>)>,
    /// What build attestations say of it.
    pub attested: Vec<Attested>,
}

/// What a build attestation says of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// Where it was read.
    pub path: Arc<str>,
    /// What was built from, normalised as an origin of a repository.
    pub source: Option<String>,
    /// The revision of it.
    pub revision: Option<String>,
    /// Whether anybody signed it.
    pub is_signed: bool,
    /// Who signed it, by the name of the key; `None` where no key of ours signed it.
    pub signed_by: Option<Arc<str>>,
}

impl ImageFacts {
    fn label(&self, name: &str) -> Option<&str> {
        let label = self.labels.get(&format!("org.opencontainers.image.{name}"));
        label.map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// The attestation that says something, signed ones first.
    fn attested(&self, says: impl Fn(&Attested) -> bool) -> Option<&Attested> {
        let mut told = self.attested.iter().filter(|one| says(one));
        let first = told.next();
        first
            .filter(|one| one.signed_by.is_some())
            .or_else(|| told.find(|one| one.signed_by.is_some()).or(first))
    }

    /// Where its source is kept: what an attestation says, else its label (OCI annotation keys).
    pub fn source(&self) -> Option<&str> {
        let attested = self.attested(|one| one.source.is_some());
        attested.and_then(|one| one.source.as_deref()).or_else(|| self.label("source"))
    }

    /// The revision of its source.
    pub fn revision(&self) -> Option<&str> {
        let attested = self.attested(|one| one.revision.is_some());
        attested.and_then(|one| one.revision.as_deref()).or_else(|| self.label("revision"))
    }

    /// By whose word source and revision are known: `label`, or an attestation that is `unsigned`,
    /// `unverified`, or signed by a key of ours, `key build.pem`.
    pub fn word(&self) -> Option<String> {
        let Some(one) = self.attested(|one| one.source.is_some() || one.revision.is_some()) else {
            let label = self.label("source").or_else(|| self.label("revision"));
            return label.map(|_| "label".to_owned());
        };
        Some(match (&one.signed_by, one.is_signed) {
            (Some(key), _) => format!("key {key}"),
            (None, true) => "unverified".to_owned(),
            (None, false) => "unsigned".to_owned(),
        })
    }

    /// The version that its makers gave it.
    pub fn version(&self) -> Option<&str> {
        self.label("version")
    }

    /// The digest of the image that it was built on.
    pub fn base_digest(&self) -> Option<&str> {
        self.label("base.digest")
    }

    /// The name of the image that it was built on.
    pub fn base_name(&self) -> Option<&str> {
        self.label("base.name")
    }

    /// The layer, from 0, that brought what stands at a place.
    pub fn layer_at(&self, place: &Place) -> Option<usize> {
        self.came.get(place).or_else(|| self.layer_of.get(&place.path)).copied()
    }

    /// A layer as findings show it, from 0.
    pub fn layer(&self, number: usize) -> Option<ImageLayer> {
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let digest = self.layers.get(number)?;
        let base = self.bases.iter().filter(|(layers, _)| number < *layers);
        let base = base.min_by_key(|(layers, _)| *layers);
        Some(ImageLayer {
            number: small(number + 1),
            of: small(self.layers.len()),
            digest: digest.map_or_else(|| "".into(), |digest| format!("sha256:{digest}").into()),
            command: self.commands.get(number).map_or("", String::as_str).into(),
            base: base.map_or_else(|| "".into(), |(_, name)| Arc::clone(name)),
        })
    }
}

/// What one reader saw in one document.
#[derive(Debug, Clone)]
pub struct Document {
    /// Root-relative, or absolute for a host.
    pub path: Arc<str>,
    /// The reader's id.
    pub reader: &'static str,
    /// What was read; hashed only where a look is recorded.
    pub bytes: Arc<[u8]>,
    /// In reading order: edges index them.
    pub components: Vec<Component>,
    /// Lines that ask for packages.
    pub requirements: Vec<Requirement>,
    /// Who needs whom.
    pub edges: Vec<Edge>,
    /// Packages of which nothing can be said.
    pub unknown: Vec<UnknownPackage>,
    /// The distribution, where the document says it.
    pub os: Option<OsRelease>,
    /// Versions that could be installed.
    pub offers: Vec<Offer>,
    /// What a bill of materials is about; empty for every other document.
    pub artifact: Arc<str>,
    /// Package feeds that a tool is told of.
    pub feeds: Vec<FeedSource>,
    /// Names under which the tree itself may be published.
    pub own: Vec<OwnPackage>,
    /// What publishers say of their releases.
    pub notices: Vec<Notice>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Whether something of it could not be read, so that absence in it means nothing.
    pub partial: bool,
}

impl Document {
    /// Whether it is a bill of materials: what somebody's tool found, and not the thing itself.
    pub fn is_bill(&self) -> bool {
        self.reader.starts_with(holdfast_sense::sbom::READER)
    }

    /// The path by which something that stands at `place` is known. That of a bill is never part of
    /// an identity: the same package is the same finding under another file name. Where the bill
    /// does not say in which file it was found, what the bill is about stands for it.
    pub fn path_of<'p>(&self, place: &'p Place) -> Cow<'p, str> {
        if self.is_bill() && place.path == self.path {
            Cow::Owned(format!("artifact:{}", self.artifact))
        } else {
            Cow::Borrowed(&place.path)
        }
    }
}

/// A path that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The path, or a folder.
    pub path: Arc<str>,
    /// Why, in words.
    pub reason: String,
    /// What would close the gap.
    pub closes_with: String,
}

/// What a host's collectors saw, for its controls.
#[derive(Debug)]
pub struct HostFacts {
    /// Which host.
    pub target: Target,
    /// The controls that were asked for.
    pub controls: Arc<Controls>,
    /// Settings and traits.
    pub seen: Seen,
    /// Sockets that wait for others.
    pub ports: Vec<Port>,
    /// What it runs, where it runs.
    pub running: Option<Running>,
    /// The packages that own files of which old copies are in use: path and package.
    pub owners: Vec<(Arc<str>, Arc<str>)>,
    /// How it was looked at, where that is not as it was wanted; nothing is missing because of it.
    pub note: Option<String>,
}

impl HostFacts {
    /// Who can reach the host, as far as its sockets say: one that listens on loopback only is
    /// internal, and so is one with private addresses only. Anything else stays unknown, which is
    /// treated as internet and said so.
    pub fn exposure(&self) -> Exposure {
        let inside = |port: &Port| match port.address {
            std::net::IpAddr::V4(address) => {
                address.is_loopback() || address.is_private() || address.is_link_local()
            }
            std::net::IpAddr::V6(address) => {
                address.is_loopback()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
            }
        };
        if !self.ports.is_empty() && self.ports.iter().all(inside) {
            Exposure::Internal
        } else {
            Exposure::Unknown
        }
    }
}

/// Every line of a control, by position.
fn lines(control: &Control) -> Vec<usize> {
    (0..control.ensure.len()).collect()
}

/// Everything that one sensor saw.
#[derive(Debug)]
pub struct Look {
    /// Of what.
    pub asset: Asset,
    /// Which copy.
    pub standing: Standing,
    /// `folder`, `host` or `image`.
    pub sensor: &'static str,
    /// Whether the whole scope was seen; single unreadable paths are in `left_out` and do not
    /// make a look partial.
    pub coverage: Coverage,
    /// The git revision.
    pub revision: Option<String>,
    /// What was read.
    pub documents: Vec<Document>,
    /// What could not be looked at.
    pub left_out: Vec<LeftOut>,
    /// Problems that belong to no document.
    pub problems: Vec<Problem>,
    /// What collectors saw, for a host.
    pub host: Option<HostFacts>,
    /// What comments ask to accept.
    pub requests: Vec<Acceptance>,
    /// What an image says of itself.
    pub image: Option<ImageFacts>,
}

impl Look {
    /// Whether it is a look at a system, whose packages are known by name wherever their database
    /// stands.
    pub fn is_system(&self) -> bool {
        matches!(self.sensor, "host" | "image")
    }

    /// Every component with its document.
    pub fn components(&self) -> impl Iterator<Item = (&Document, &Component)> {
        self.documents.iter().flat_map(|document| {
            document.components.iter().map(move |component| (document, component))
        })
    }

    /// The same, each with its number in its document, by which edges mean it.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (&Document, usize, &Component)> {
        self.documents.iter().flat_map(|document| {
            let all = document.components.iter().enumerate();
            all.map(move |(at, component)| (document, at, component))
        })
    }

    /// The digest of everything that was seen: equal digests are unchanged looks.
    ///
    /// Documents count by their bytes and not by what was made of them, so that it costs little
    /// beyond reading them.
    pub fn digest(&self) -> Digest {
        let mut fields = Fields::new("holdfast look 1")
            .field(self.asset.id.0.as_bytes())
            .field(self.standing.word().as_bytes())
            .field(self.sensor.as_bytes())
            .field(self.coverage.word().as_bytes());
        let mut documents: Vec<(&str, Digest)> = self
            .documents
            .iter()
            .map(|document| (&*document.path, Digest::of(&document.bytes)))
            .collect();
        documents.sort_unstable();
        for (path, digest) in documents {
            fields.add(path.as_bytes());
            fields.add(&digest.0);
        }
        for left_out in &self.left_out {
            fields.add(left_out.path.as_bytes());
            fields.add(left_out.reason.as_bytes());
        }
        if let Some(host) = &self.host {
            for control in &host.controls.list {
                fields.add(&digest_of(control, &lines(control), &host.seen).0);
            }
            if let Some(running) = &host.running {
                let release = running.kernel.as_ref().map(|kernel| &*kernel.release);
                fields.add(release.unwrap_or_default().as_bytes());
                running.old.iter().for_each(|copy| fields.add(copy.path.as_bytes()));
            }
        }
        fields.finish()
    }
}
