//! From a commit to what runs: what an image says it was built from, what its names mean now, and
//! which hosts run it.
//!
//! The record keeps what is known of an image as labels of its asset, so that a thread is made of the
//! record and of the inventory alone. An image is known by the digest of its configuration; a name
//! with its tag means the image that was last looked at under it.

mod asked;
mod billed;
mod copy;
mod met;
mod running;
mod settled;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::sync::Arc;

use holdfast_model::{Asset, AssetKind};
use holdfast_sense::image::manifest::{digest_in, is_same, repository};
use holdfast_world::normal_origin;

use crate::look::{ImageFacts, Look};
use crate::services::SOURCE;

pub use asked::{Asked, alone, only_images};
pub(crate) use billed::{billed, holds_bill_of, source};
pub(crate) use met::{LOOK, images_met};
pub use running::{Runs, Where};
pub(crate) use settled::settle;
pub use settled::{Noted, Written, record};

/// How the id of an image begins; its digest follows.
pub(crate) const IMAGE: &str = "image:";
/// A name with its tag that means this image: `tag:registry.example/shop/web:1.2`.
const TAG: &str = "tag:";
/// A name with its tag that meant this image, and means another one now.
const WAS: &str = "was:";
/// Another digest by which it is known: of its manifest, or of an index that led to it.
const DIGEST: &str = "digest:";
/// The revision that it was built from.
const REVISION: &str = "revision:";
/// By whose word that is known, see [`ImageFacts::word`].
const WORD: &str = "by:";
/// The version that its makers gave it.
const VERSION: &str = "version:";
/// The digest of the image that it was built on, as it says itself.
const BASE: &str = "base:";
/// The name of it.
const BASE_NAME: &str = "base-name:";
/// The digest of all its layers together, by which images that are built on it know it, behind the
/// number of its layers: `chain:3:4f…`.
const CHAIN: &str = "chain:";
/// An image whose layers are its lowest ones, by its digest.
const ON: &str = "on:";
/// An image that a build file of a repository names.
const FROM: &str = "from:";
/// An image whose bill of materials lies in a folder, by its digest or its name.
const BILL: &str = "bill-of:";
/// For which machines.
const PLATFORM: &str = "platform:";
/// An image that a host runs, by its digest or its name, as the host's own files say.
pub(crate) const RUNS: &str = "runs:";
/// What stands behind [`RUNS`] where a host could run images and runs none.
pub(crate) const NOTHING: &str = "nothing";
/// The same where it runs more than could be told: what is declared of it counts too.
pub(crate) const MORE: &str = "more";

/// The longest label, in characters.
const LONGEST: usize = 500;
/// The most names of one image that are kept.
const MOST_NAMES: usize = 100;
/// How many digits of a digest people are shown.
const SHORT: usize = 12;

/// A label, on one line.
fn label(head: &str, value: &str) -> Option<String> {
    let value: String = value.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    (!value.is_empty()).then(|| format!("{head}{value}"))
}

/// What the record keeps of an image.
pub(crate) fn labels(image: &ImageFacts) -> Vec<String> {
    let names = image.names.iter().filter(|name| repository(name).is_some()).take(MOST_NAMES);
    let mut labels: Vec<String> = names.filter_map(|name| label(TAG, name)).collect();
    let digests = image.digest.iter().chain(&image.listed).filter(|one| **one != image.config);
    labels.extend(digests.filter_map(|digest| label(DIGEST, digest)));
    let source =
        image.source().map(|source| normal_origin(source).unwrap_or_else(|| source.to_owned()));
    let chain = image.chains.last().filter(|_| image.chains.len() == image.layers.len());
    let chain = chain.map(|chain| format!("{}:{chain}", image.chains.len()));
    let word = image.word();
    let single = [
        (SOURCE, source.as_deref()),
        (REVISION, image.revision()),
        (WORD, word.as_deref()),
        (VERSION, image.version()),
        (BASE, image.base_digest()),
        (BASE_NAME, image.base_name()),
        (CHAIN, chain.as_deref()),
        (PLATFORM, Some(image.platform.as_str())),
    ];
    labels.extend(single.into_iter().filter_map(|(head, value)| label(head, value?)));
    labels.sort();
    labels.dedup();
    labels
}

/// The first digits of a digest: `sha256:0123456789ab`.
pub(crate) fn short(digest: &str) -> String {
    match digest.split_once(':') {
        Some((algorithm, digits)) => {
            let digits: String = digits.chars().take(SHORT).collect();
            format!("{algorithm}:{digits}")
        }
        None => digest.chars().take(SHORT).collect(),
    }
}

/// The name of an image for people: two images that had the same name are told apart.
pub(crate) fn name(named: &str, config: &str) -> String {
    let bare = named.split('@').next().unwrap_or(named);
    format!("{bare}@{}", short(config))
}

/// An image of the record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Image<'a>(&'a Asset);

impl<'a> Image<'a> {
    /// `None` for what is none.
    pub(crate) fn of(asset: &'a Asset) -> Option<Self> {
        (asset.kind == AssetKind::Image).then_some(Self(asset))
    }

    fn all(self, head: &'static str) -> impl Iterator<Item = &'a str> {
        self.0.labels.iter().filter_map(move |label| label.strip_prefix(head))
    }

    fn one(self, head: &'static str) -> Option<&'a str> {
        self.all(head).next()
    }

    /// The digest of its configuration.
    pub(crate) fn config(self) -> &'a str {
        self.0.id.0.strip_prefix(IMAGE).unwrap_or(&self.0.id.0)
    }

    /// The names that mean it now.
    pub(crate) fn tags(self) -> impl Iterator<Item = &'a str> {
        self.all(TAG)
    }

    /// The names that meant it, and mean others now.
    fn lost(self) -> impl Iterator<Item = &'a str> {
        self.all(WAS)
    }

    /// The repositories of all names that it has or had.
    pub(crate) fn repositories(self) -> impl Iterator<Item = &'a str> {
        self.all(TAG).chain(self.all(WAS)).filter_map(repository)
    }

    /// Whether a digest is one of its own.
    fn is(self, digest: &str) -> bool {
        self.config() == digest || self.all(DIGEST).any(|own| own == digest)
    }

    /// Whether a name with its tag means it now.
    fn is_called(self, reference: &str) -> bool {
        self.tags().any(|tag| is_same(tag, reference))
    }

    /// Whether a name with its tag meant it.
    fn was_called(self, reference: &str) -> bool {
        self.lost().any(|tag| is_same(tag, reference))
    }

    /// Whether both are for the same machines, as far as they say.
    fn fits(self, other: Self) -> bool {
        let both = self.one(PLATFORM).zip(other.one(PLATFORM));
        both.is_none_or(|(one, other)| one == other)
    }

    /// How many layers it has, and the digest of all of them.
    fn chain(self) -> Option<(usize, &'a str)> {
        let (layers, chain) = self.one(CHAIN)?.split_once(':')?;
        Some((layers.parse().ok()?, chain))
    }

    /// Whether a reference of a build file, or what another image says of its base, means it.
    fn is_meant_by(self, reference: &str) -> bool {
        match digest_in(reference) {
            Some(digest) => self.is(digest),
            None => self.is_called(reference),
        }
    }

    /// Whether `other` is what it was built on: what it says itself of its base. The digest counts
    /// before the name, which may mean another image by now.
    pub(crate) fn says_base(self, other: Self) -> bool {
        match self.one(BASE) {
            Some(digest) => other.is(digest),
            None => self.one(BASE_NAME).is_some_and(|name| other.is_called(name)),
        }
    }

    /// Whether it is built on `other`: by what it says itself, or because its lowest layers are that
    /// image's, as was seen when it was looked at.
    pub(crate) fn is_on(self, other: Self) -> bool {
        self.says_base(other) || self.all(ON).any(|config| config == other.config())
    }

    /// In words, for the page of a finding in it.
    pub(crate) fn words(self) -> String {
        let mut words = format!("in image {}", short(self.config()));
        let tags: Vec<&str> = self.tags().take(3).collect();
        let was: Vec<&str> = self.all(WAS).take(3).collect();
        if !tags.is_empty() {
            let _ = write!(words, " of {}", tags.join(", "));
        } else if !was.is_empty() {
            let _ = write!(words, ", which was {} before", was.join(", "));
        }
        if let Some(revision) = self.one(REVISION) {
            let by = match self.one(WORD) {
                Some("label") | None => "by its label, which nobody signed".to_owned(),
                Some("unsigned") => "by an attestation that nobody signed".to_owned(),
                Some("unverified") => "by an attestation whose signature is unverified".to_owned(),
                Some(by) => {
                    format!("by an attestation signed with {}", by.trim_start_matches("key "))
                }
            };
            let revision: String = revision.chars().take(SHORT).collect();
            let _ = write!(words, ", built from {revision} ({by})");
        }
        words
    }
}

/// What the labels of an asset say, for people: those that the record keeps for itself in words, the
/// others as they are.
pub fn told(asset: &Asset) -> Vec<String> {
    const OWN: [&str; 12] =
        [TAG, WAS, DIGEST, REVISION, WORD, VERSION, BASE, BASE_NAME, ON, FROM, CHAIN, PLATFORM];
    let mut told = Vec::new();
    if let Some(image) = Image::of(asset) {
        told.push(image.words().trim_start_matches("in ").to_owned());
        told.extend(image.one(VERSION).map(|version| format!("version {version}")));
        told.extend(image.one(PLATFORM).map(|platform| format!("for {platform}")));
        let base = image.one(BASE_NAME).map(ToOwned::to_owned);
        let base = base.or_else(|| image.one(BASE).map(short));
        told.extend(base.map(|base| format!("built on {base}, by its label")));
    }
    for label in &asset.labels {
        match label.strip_prefix(RUNS) {
            Some(NOTHING) => told.push("runs no images".to_owned()),
            Some(MORE) => told.push("runs images that could not be told".to_owned()),
            Some(image) if digest_in(image).is_some() => {
                told.push(format!("runs image {}", short(image)));
            }
            Some(image) => told.push(format!("runs image {image}")),
            None if label.starts_with(BILL) => {
                let image = label.trim_start_matches(BILL);
                let image = digest_in(image).map_or_else(|| image.to_owned(), short);
                told.push(format!("holds the bill of materials of image {image}"));
            }
            None if OWN.iter().any(|head| label.starts_with(head)) => {}
            None => told.push(label.clone()),
        }
    }
    told
}

/// The images of the record that a look at another one is built on: those whose layers are its
/// lowest ones. That is proven by digests, whatever anybody wrote on either.
pub(crate) fn bases(image: &ImageFacts, assets: &[Asset]) -> Vec<(usize, Arc<str>)> {
    let mut bases: Vec<(usize, Arc<str>)> = assets
        .iter()
        .filter_map(Image::of)
        .filter(|one| one.config() != &*image.config)
        .filter_map(|one| {
            let (layers, chain) = one.chain()?;
            let below = image.chains.get(layers.checked_sub(1)?)?;
            let proper = layers < image.layers.len() && below.to_string() == chain;
            proper.then(|| (layers, Arc::from(one.0.name.as_str())))
        })
        .collect();
    bases.sort();
    bases
}

/// What the record keeps of the images that the build files of a look name.
pub(crate) fn named(look: &Look) -> Vec<String> {
    let named = crate::assess::images(look);
    let mut labels: Vec<String> =
        named.iter().filter_map(|(_, reference)| label(FROM, reference)).collect();
    labels.sort();
    labels.dedup();
    labels.truncate(MOST_NAMES);
    labels
}

/// Whether a build file of a repository names an image.
pub(crate) fn names(code: &Asset, base: Image<'_>) -> bool {
    code.labels
        .iter()
        .filter_map(|label| label.strip_prefix(FROM))
        .any(|reference| base.is_meant_by(reference))
}

/// Whether an image that a build file names was looked at.
pub(crate) fn is_known(reference: &str, assets: &[Asset]) -> bool {
    assets.iter().filter_map(Image::of).any(|image| image.is_meant_by(reference))
}
