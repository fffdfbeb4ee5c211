//! What a bill of materials lists, whichever of the notations it is written in, as facts.
//!
//! Knows references, package URLs and places; must not know a notation.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use holdfast_model::{Edge, Fact, Named, OsRelease, Place, SourcePackage};

use crate::report::cursor::At;
use crate::report::purl;
use crate::report::say::{Say, Wrong};

/// The name that the document's subject has in its facts.
const SUBJECT: &str = "document";
/// A component is said at so many of its places at most.
const PLACES: usize = 100;
/// The longest name of a distribution, in bytes.
const LONGEST_NAME: usize = 64;
/// The longest path of a place, in bytes.
const LONGEST_PATH: usize = 1024;

/// One component or package.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that the document says of it or not"
)]
pub(super) struct Entry {
    /// By which the document names it.
    pub(super) reference: String,
    /// With its group.
    pub(super) name: String,
    pub(super) version: String,
    pub(super) purl: String,
    /// Further package URLs of it, each of another package.
    pub(super) also: Vec<String>,
    /// Whether a CPE names it.
    pub(super) cpe: bool,
    /// Whether it is software that a feed could speak of: no system, file or device.
    pub(super) package: bool,
    /// Whether it is a distribution, as a whole.
    pub(super) system: bool,
    /// Whether the document says that it is not there at run time.
    pub(super) excluded: bool,
    pub(super) hashed: bool,
    /// Where it was found.
    pub(super) found: Vec<Found>,
    pub(super) source: Option<SourcePackage>,
    /// Where it stands in the document.
    pub(super) at: Where,
}

/// A place in the document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Where(pub(super) At);

impl Default for Where {
    fn default() -> Self {
        Self(At::START)
    }
}

/// A place in what the document is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    path: String,
    line: u32,
}

impl Found {
    /// A path as a tool writes it, relative to what it looked at; `None` for what is no path that
    /// people could open there.
    pub(super) fn at(path: &str, line: u32) -> Option<Self> {
        let path = path.trim();
        let path = path.strip_prefix("./").unwrap_or(path);
        let odd = path.is_empty()
            || path.len() > LONGEST_PATH
            || path.chars().any(char::is_control)
            || path.split('/').any(|part| part == "..");
        (!odd).then(|| Self { path: path.to_owned(), line: line.max(1) })
    }
}

/// One component needs another.
#[derive(Debug)]
pub(super) struct Wants {
    pub(super) parent: String,
    pub(super) child: String,
    /// Only while developing, building or testing.
    pub(super) dev: bool,
    pub(super) at: At,
}

/// Everything that one document lists.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    pub(super) entries: Vec<Entry>,
    pub(super) wants: Vec<Wants>,
    /// The reference of what the document is about.
    pub(super) subject: String,
    /// Its name, without its version.
    pub(super) artifact: String,
}

/// What the needs of a document say about one reference.
#[derive(Default)]
struct Needed {
    dev: usize,
    other: usize,
    by_subject: bool,
}

impl Inventory {
    /// Says it as facts.
    pub(super) fn tell(self, say: &mut Say<'_>) {
        let artifact: Arc<str> = self.artifact.as_str().into();
        say.fact(Fact::Named(Named { name: SUBJECT.into(), artifact, ..Named::default() }));
        let mut needed: HashMap<&str, Needed> = HashMap::new();
        for wants in &self.wants {
            let one = needed.entry(&wants.child).or_default();
            one.dev += usize::from(wants.dev);
            one.other += usize::from(!wants.dev);
            one.by_subject |= wants.parent == self.subject && !self.subject.is_empty();
        }
        let roots = needed.values().any(|one| one.by_subject);
        let mut indices: HashMap<&str, Option<u32>> = HashMap::new();
        let mut said = 0;
        for entry in &self.entries {
            let needed = needed.get(entry.reference.as_str());
            // What nothing is said to need is there, and nobody says through whom.
            let direct = needed.filter(|_| roots).map(|one| one.by_subject);
            let dev = needed.is_some_and(|one| one.dev > 0 && one.other == 0);
            let mut index = None;
            for purl in entry.purls() {
                let told = entry.tell(purl, direct, dev, &mut said, say);
                index = index.or(told);
            }
            if entry.reference.is_empty() {
                continue;
            }
            if indices.insert(&entry.reference, index).is_some() {
                let message = format!("two components are called `{}` here", entry.reference);
                let wrong = Wrong::slip("sbom-reference", entry.at.0, message);
                say.wrong(wrong.help("what needs either is taken to need the latter"));
            }
        }
        self.edges(&indices, say);
    }

    fn edges(&self, indices: &HashMap<&str, Option<u32>>, say: &mut Say<'_>) {
        let mut seen: HashSet<(&str, &str)> = HashSet::new();
        for wants in &self.wants {
            if !seen.insert((&wants.parent, &wants.child)) {
                continue;
            }
            let index = |name: &str| indices.get(name).copied();
            let of_subject = wants.parent == self.subject && !self.subject.is_empty();
            let parent = if of_subject { Some(None) } else { index(&wants.parent).map(Some) };
            let (Some(parent), Some(child)) = (parent, index(&wants.child)) else {
                let missing = if parent.is_none() { &wants.parent } else { &wants.child };
                if *missing != self.subject {
                    let message =
                        format!("`{missing}` is needed or needs something here, and is not listed");
                    let wrong = Wrong::slip("sbom-reference", wants.at, message);
                    say.wrong(wrong.help("let its tool write this document again"));
                }
                continue;
            };
            // What has no package URL is no component, and its edges lead nowhere.
            let (Some(child), Some(parent)) =
                (child, parent.map_or(Some(None), |one| one.map(Some)))
            else {
                continue;
            };
            say.fact(Fact::Edge(Edge::new(parent, child, say.place(wants.at))));
        }
    }
}

impl Entry {
    fn purls(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.purl.as_str()).chain(self.also.iter().map(String::as_str))
    }

    /// Says what one of its package URLs names as a component for each place where it was found, and
    /// gives the index of the first.
    fn tell(
        &self,
        written: &str,
        direct: Option<bool>,
        dev: bool,
        said: &mut u32,
        say: &mut Say<'_>,
    ) -> Option<u32> {
        let here = say.place(self.at.0);
        let Some(purl) = purl::read(written) else {
            match self.system() {
                Some(os) => say.fact(Fact::Os(OsRelease { place: self.first(here), ..os })),
                None => self.unknown(written, here, say),
            }
            return None;
        };
        // The package URL identifies; a name is for people, and may be any. Only the whole path of a
        // module says more: the letter case that the canonical form of its package URL loses.
        let path = &*purl.kind == "golang" && purl.name.contains('/');
        let mut both = purl.name.bytes().zip(self.name.bytes());
        let exact = path
            && self.name.eq_ignore_ascii_case(&purl.name)
            && both.all(|(canonical, own)| !canonical.is_ascii_uppercase() || canonical == own);
        let name = if exact { self.name.clone() } else { purl.name.clone() };
        let version =
            if purl.version.is_empty() { self.version.clone() } else { purl.version.clone() };
        let source = self.source.clone().filter(|_| purl.of_distribution());
        let read = purl::Purl { name, version, ..purl }.component(here);
        let component = holdfast_model::Component {
            source: source.or(read.source),
            direct,
            dev: dev || self.excluded,
            integrity: self.hashed.then_some(true),
            ..read
        };
        let first = *said;
        let mut tell = |component: holdfast_model::Component| {
            *said = said.saturating_add(1);
            say.fact(Fact::Component(component));
        };
        let places = self.found.iter().take(PLACES);
        let places: Vec<Place> = places
            .map(|found| Place { path: found.path.as_str().into(), line: found.line, column: 1 })
            .collect();
        for place in &places {
            tell(holdfast_model::Component { place: place.clone(), ..component.clone() });
        }
        if places.is_empty() {
            tell(component);
        }
        Some(first)
    }

    /// Where it was found first, else where it stands.
    fn first(&self, here: Place) -> Place {
        let found = self.found.first();
        found.map_or(here, |found| Place {
            path: found.path.as_str().into(),
            line: found.line,
            column: 1,
        })
    }

    /// The distribution that it is. One without a version is rolling, and comes to no end.
    fn system(&self) -> Option<OsRelease> {
        let sound = |text: &str| {
            let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ');
            !text.is_empty() && text.len() <= LONGEST_NAME && text.chars().all(legal)
        };
        let known = self.system && sound(&self.name) && sound(&self.version);
        known.then(|| OsRelease {
            id: distribution(&self.name.to_ascii_lowercase()).into(),
            version: Some(self.version.as_str().into()),
            codename: None,
            pretty: "".into(),
            place: Place::start_of(""),
        })
    }

    fn unknown(&self, written: &str, place: Place, say: &mut Say<'_>) {
        if !self.package || self.name.is_empty() {
            return;
        }
        let reason = match (written.is_empty(), self.cpe) {
            (false, _) => format!("`{written}` is no package URL"),
            (true, true) => "its document names it by a CPE alone".to_owned(),
            (true, false) => "its document gives no package URL".to_owned(),
        };
        let ecosystem = holdfast_model::Ecosystem::new("unknown");
        say.fact(Fact::Unknown { ecosystem, name: self.name.as_str().into(), reason, place });
    }
}

/// The `ID` of os-release(5) of a distribution as some tools call it.
fn distribution(name: &str) -> &str {
    match name {
        "alma" => "almalinux",
        "amazon" => "amzn",
        "opensuse.leap" | "opensuse leap" => "opensuse-leap",
        "oracle" => "ol",
        "redhat" | "red hat" => "rhel",
        "suse linux enterprise server" => "sles",
        other => other,
    }
}

/// The name of an artifact without its tag or digest, which change while it stays the same.
pub(super) fn artifact(name: &str) -> String {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let tag = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'));
    crate::report::sentence(tag.map_or(name, |(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_paths_that_people_could_open() {
        assert_eq!(Found::at("./a/Cargo.lock", 7).unwrap().path, "a/Cargo.lock");
        assert_eq!(Found::at("/var/lib/dpkg/status", 0).unwrap().line, 1);
        for odd in ["", " ", "../x", "a/../../x", "a\nb"] {
            assert_eq!(Found::at(odd, 1), None, "{odd:?}");
        }
    }

    #[test]
    fn artifacts_lose_their_tags() {
        assert_eq!(
            artifact("registry.example:5000/shop/api:7.1"),
            "registry.example:5000/shop/api"
        );
        assert_eq!(artifact("shop@sha256:00"), "shop");
        assert_eq!(artifact("shop"), "shop");
    }
}
