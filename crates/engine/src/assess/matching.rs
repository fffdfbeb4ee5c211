//! Components against the index: sightings, and gaps where nothing can be said.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use holdfast_advisories::index::{Unjudged, WeaknessRef};
use holdfast_advisories::{Asked, Feed, Hit, Index, Judged, Question, Said, Scratch, lift};
use holdfast_decide::severity;
use holdfast_findings::unassessed::Gap;
use holdfast_findings::{Scope, Sighting, Unread, join, locus as loci};
use holdfast_model::{
    Component, Ecosystem, FindingKind, FixKind, Instance, Locus, Origin, Place, Timestamp,
    Weakness, Witness,
};

use super::notices::Notices;
use crate::lineage;
use crate::look::{Document, Look};
use crate::requirements::Requirements;
use crate::through::InTurn;

/// What brings feeds in.
const SYNC: &str = "holdfast advisories sync";

/// So long may the reasons of one package be, in bytes, to which another one is added.
const MOST_SAID: usize = 1_000;
const AND_MORE: &str = "; and more";

/// What matching adds up.
#[derive(Default)]
pub(crate) struct Found {
    /// Weaknesses at loci.
    pub sightings: Vec<Sighting>,
    /// What could not be judged.
    pub gaps: Vec<Gap>,
    /// What could not be read.
    pub unreadable: Vec<Unread>,
    /// Ecosystems that no feed covers: what the starter set knows of them is no coverage.
    pub uncovered: Vec<Ecosystem>,
}

impl Found {
    /// Nobody can tell whether a weakness is here: what is open stays so.
    fn unjudged(&mut self, document: &Document, component: &Component, entry: Unjudged) {
        let gap = not_judged(document, component, &entry);
        let scope = Scope::Check(entry.weakness, gap.locus.clone());
        self.unreadable.push(Unread { scope, because: gap.reason.clone() });
        self.join(gap, &entry.record);
    }

    /// A package is one gap, however many records nobody can judge: each is named.
    fn join(&mut self, gap: Gap, record: &str) {
        let same = |last: &&mut Gap| {
            (last.code, &last.locus, &last.place) == (gap.code, &gap.locus, &gap.place)
        };
        let Some(last) = self.gaps.last_mut().filter(same) else { return self.gaps.push(gap) };
        if last.reason.len() < MOST_SAID {
            last.reason = format!("{}; {}", last.reason, gap.reason);
            last.closes_with = format!("{}, {record}", last.closes_with);
        } else if !last.reason.ends_with(AND_MORE) {
            last.reason.push_str(AND_MORE);
        }
    }

    /// Nothing can be said of a package, so that what was found in it before is not mended by it.
    fn untold(&mut self, gap: Gap) {
        let scope = Scope::Package(gap.locus.clone());
        self.unreadable.push(Unread { scope, because: gap.reason.clone() });
        self.gaps.push(gap);
    }
}

/// The version that mends a weakness of a package, and how safe the way there is.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The smallest version that mends it and leaves the fewest others, where there is one.
    pub version: Option<Arc<str>>,
    /// Whether what is asked for reaches it.
    pub fix: FixKind,
}

/// Where a component sits, for identity.
pub(crate) fn locus(document: &Document, component: &Component) -> Locus {
    if let Some(source) = &component.source {
        return loci::system_package(&component.ecosystem, &source.name);
    }
    let path = document.path_of(&component.place);
    loci::language_package(&component.ecosystem, &component.name, &path)
}

/// How old a feed may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Age {
    pub(crate) now: Timestamp,
    /// In days; `None` where nobody said.
    pub(crate) most: Option<u32>,
}

impl Age {
    /// No feed is too old.
    pub(crate) const ANY: Self = Self { now: Timestamp(0), most: None };

    fn is_exceeded_by(self, feed: &Feed) -> bool {
        let oldest = |days: u32| self.now.0.saturating_sub(i64::from(days) * 86_400_000);
        self.most.is_some_and(|days| feed.as_of(self.now).0 < oldest(days))
    }
}

/// Judges every component of a look. A feed that nobody had, and in which nothing changed, for longer
/// than `age` allows is a gap.
pub(crate) fn components(look: &Look, index: &Index<'_>, age: Age, found: &mut Found) {
    let mut beside = Beside::of(look);
    let mut scratch = Scratch::default();
    let mut hits: Vec<Hit> = Vec::new();
    let mut unjudged = Vec::new();
    let mut weaknesses: HashMap<WeaknessRef, Weakness> = HashMap::new();
    let mut of_feeds = OfFeeds::default();
    for (document, number, component) in look.numbered() {
        if component.origin == Origin::Tree {
            continue;
        }
        let ecosystem = &component.ecosystem;
        if is_image(component) && index.covers(ecosystem).is_none() {
            // No feed speaks of images as such: what is in one is found by looking at it.
            found.gaps.push(unseen_image(document, component));
            continue;
        }
        of_feeds.meet(index, age, component);
        let question = match Question::of(component) {
            Asked::One(question) => question,
            Asked::NoVersion => {
                found.untold(no_version(document, component));
                continue;
            }
            Asked::Nothing => continue,
        };
        hits.clear();
        unjudged.clear();
        let judged = index.ask(&question, &mut scratch, &mut |said| match said {
            Said::Hit(hit) => hits.push(hit),
            Said::Unjudged { entry, why } => unjudged.push((entry, why)),
        });
        let version = &*question.version;
        match judged {
            Judged::NoOrder => {
                let place = || component.place.clone();
                of_feeds.unordered.entry(ecosystem.clone()).or_insert_with(place);
            }
            Judged::NotAVersion => found.untold(not_a_version(document, component, version)),
            Judged::Damaged => found.untold(damaged(document, component)),
            Judged::Known { .. } => {
                let each = unjudged.iter().filter_map(|(at, why)| index.unjudged_by(*at, *why));
                each.for_each(|entry| found.unjudged(document, component, entry));
            }
            Judged::Nothing => {}
        }
        if hits.is_empty() {
            continue;
        }
        let at = (document, component);
        let targets = beside.targets(index, (document, number, component), &question, &hits);
        for (hit, target) in hits.iter().zip(&targets) {
            let weakness = match weaknesses.entry(hit.weakness) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let Some(weakness) = index.weakness(hit.weakness) else {
                        found.gaps.push(damaged(document, component));
                        continue;
                    };
                    new.insert(weakness)
                }
            };
            let Some(here) = index.here(hit.entry, weakness.clone()) else {
                found.gaps.push(damaged(document, component));
                continue;
            };
            found.sightings.push(sighting(index, look, at, version, here, *hit, target));
        }
    }
    of_feeds.tell(found);
}

fn sighting(
    index: &Index<'_>,
    look: &Look,
    (document, component): (&Document, &Component),
    version: &str,
    weakness: Weakness,
    hit: Hit,
    target: &Target,
) -> Sighting {
    let word = index.word_at(hit.entry).map(|(by, word)| severity::Word { by, word });
    let context = severity::Context::of(&look.asset, component.dev);
    let (severity, severity_steps) = severity::rated(&weakness, word, context);
    let subject = match &component.source {
        Some(source) => loci::subject(&component.ecosystem, &source.name),
        None => loci::subject(&component.ecosystem, &component.name),
    };
    let what = match (weakness.malicious, weakness.exploited) {
        (true, _) => " was made to do harm",
        (false, true) => " has a hole that is being exploited",
        (false, false) => "",
    };
    let name = component.source.as_ref().map_or(&component.name, |source| &source.name);
    let note = index.note_at(hit.entry).map(|note| format!(" ({})", note.words()));
    let note = note.unwrap_or_default();
    let title = format!("{name} {version}{what}: {}{note}", weakness.title);
    let record = index.record_of(hit.entry);
    let witness = record.map_or_else(|| Arc::clone(&weakness.id.0), Arc::from);
    Sighting {
        kind: FindingKind::Package,
        locus: locus(document, component),
        title,
        severity,
        severity_steps,
        subject,
        instance: Instance {
            version: component.version.clone(),
            place: component.place.clone(),
            fixed_in: target.version.clone(),
        },
        witness: Witness { engine: join::OWN_ENGINE.into(), name: witness },
        direct: component.direct,
        dev: component.dev,
        fix: target.fix,
        weakness,
    }
}

/// What the files of a look say beside their packages, as far as the way to a fix depends on it.
struct Beside<'a> {
    requirements: Requirements<'a>,
    notices: Notices<'a>,
    needs: InTurn<'a>,
}

impl<'a> Beside<'a> {
    fn of(look: &'a Look) -> Self {
        let (requirements, notices) = (Requirements::of(look), Notices::of(look));
        Self { requirements, notices, needs: InTurn::default() }
    }

    /// Where each hit of a component is mended.
    fn targets(
        &mut self,
        index: &Index<'_>,
        (document, at, component): (&'a Document, usize, &Component),
        question: &Question<'_>,
        hits: &[Hit],
    ) -> Vec<Target> {
        let (requirements, notices) = (&self.requirements, &self.notices);
        let ecosystem = &component.ecosystem;
        let version = &*question.version;
        let refused = |version: &str| notices.refuse(component, version);
        let governing = requirements.governing(document, component);
        let needs = if governing.is_empty() { Some(self.needs.of(document)) } else { None };
        let way = |to: &str| {
            if let Some(needs) = needs {
                return needs.way(at, version, to).fix;
            }
            // The riskiest of all requirements that must be lifted; one that lifts others too is.
            let risky = governing.iter().any(|(_, requirement)| {
                lift::requirement(ecosystem, &requirement.range, Some(version), to)
                    .is_none_or(|lift| lift.kind != FixKind::Safe)
                    || !requirements.sharing(requirement).is_empty()
            });
            if risky { FixKind::Risky } else { FixKind::Safe }
        };
        lift::mending(index, question, hits, &refused)
            .into_iter()
            .map(|version| Target { fix: version.as_deref().map_or(FixKind::None, way), version })
            .collect()
    }
}

fn is_image(component: &Component) -> bool {
    component.ecosystem.family() == Ecosystem::DOCKER
}

/// The images that the build files of a look name: where, for identity, and the reference.
pub(crate) fn images(look: &Look) -> Vec<(Locus, String)> {
    let named = look.components().filter(|(_, component)| is_image(component));
    named.map(|(document, one)| (locus(document, one), reference(one))).collect()
}

/// An image as a build file names it: a tag is written behind a colon, a digest behind an `@`.
fn reference(component: &Component) -> String {
    let name = &component.name;
    match component.version.as_deref() {
        Some(digest) if digest.contains(':') => format!("{name}@{digest}"),
        Some(tag) => format!("{name}:{tag}"),
        None => name.to_string(),
    }
}

fn unseen_image(document: &Document, component: &Component) -> Gap {
    Gap {
        code: "image-unseen",
        kind: FindingKind::Package,
        locus: locus(document, component),
        subject: format!("image {}", reference(component)).into(),
        reason: "the image itself was not looked at".to_owned(),
        closes_with: lineage::LOOK.to_owned(),
        place: Some(component.place.clone()),
    }
}

fn no_version(document: &Document, component: &Component) -> Gap {
    Gap {
        code: "no-version",
        kind: FindingKind::Package,
        locus: locus(document, component),
        subject: loci::subject(&component.ecosystem, &component.name),
        reason: "its version is not written here".to_owned(),
        closes_with: "an exact version".to_owned(),
        place: Some(component.place.clone()),
    }
}

fn not_a_version(document: &Document, component: &Component, version: &str) -> Gap {
    Gap {
        code: "not-a-version",
        kind: FindingKind::Package,
        locus: locus(document, component),
        subject: loci::subject(&component.ecosystem, &component.name),
        reason: format!("`{version}` is no version that {} knows", component.ecosystem),
        closes_with: "an exact version".to_owned(),
        place: Some(component.place.clone()),
    }
}

fn damaged(document: &Document, component: &Component) -> Gap {
    Gap {
        code: "index-damaged",
        kind: FindingKind::Package,
        locus: locus(document, component),
        subject: loci::subject(&component.ecosystem, &component.name),
        reason: "the compiled advisories are damaged".to_owned(),
        closes_with: SYNC.to_owned(),
        place: Some(component.place.clone()),
    }
}

/// A record that speaks of this package in a way that nobody can judge.
fn not_judged(document: &Document, component: &Component, entry: &Unjudged) -> Gap {
    Gap {
        code: "unjudged",
        kind: FindingKind::Package,
        locus: locus(document, component),
        subject: loci::subject(&component.ecosystem, &component.name),
        reason: format!("{} cannot be judged: {}", entry.record, entry.reason),
        closes_with: format!("a look by hand at {}", entry.record),
        place: Some(component.place.clone()),
    }
}

/// What the components of a look show of feeds and version orders: each with the place of the first
/// component of its ecosystem.
#[derive(Default)]
struct OfFeeds {
    met: HashSet<Ecosystem>,
    /// No feed speaks of them.
    uncovered: BTreeMap<Ecosystem, Place>,
    /// Feeds speak of some of their repositories, and not of this one.
    partly: BTreeMap<Ecosystem, (Place, &'static str)>,
    /// In their feed nothing changed for long, and nobody asked it either.
    old: BTreeMap<Ecosystem, (Place, Timestamp, Option<Timestamp>)>,
    /// Their versions cannot be compared.
    unordered: BTreeMap<Ecosystem, Place>,
}

impl OfFeeds {
    fn meet(&mut self, index: &Index<'_>, age: Age, component: &Component) {
        let ecosystem = &component.ecosystem;
        if self.met.contains(ecosystem) {
            return;
        }
        self.met.insert(ecosystem.clone());
        let place = component.place.clone();
        if let Some(repository) = index.lacks(ecosystem) {
            self.partly.insert(ecosystem.clone(), (place.clone(), repository));
        }
        match index.covers(ecosystem) {
            None => drop(self.uncovered.insert(ecosystem.clone(), place)),
            Some(feed) if age.is_exceeded_by(&feed) => {
                let as_of = feed.as_of(age.now);
                self.old.insert(ecosystem.clone(), (place, as_of, feed.asked));
            }
            Some(_) => {}
        }
    }

    fn tell(self, found: &mut Found) {
        let named: HashSet<Ecosystem> = self.uncovered.keys().cloned().collect();
        let whole =
            |code, ecosystem: &Ecosystem, what: &str, reason, closes_with: &str, place| Gap {
                code,
                kind: FindingKind::Package,
                locus: loci::whole_asset(&format!("{what}:{}", ecosystem.as_str())),
                subject: format!("{ecosystem} packages").into(),
                reason,
                closes_with: closes_with.to_owned(),
                place: Some(place),
            };
        for (ecosystem, place) in self.uncovered {
            let reason = "no feed of known problems is here for them".to_owned();
            found.gaps.push(whole("no-feed", &ecosystem, "feed", reason, SYNC, place));
            found.uncovered.push(ecosystem);
        }
        for (ecosystem, (place, repository)) in self.partly {
            let reason = format!(
                "no feed of their repository `{repository}` is here, and nothing says which \
                 packages are of it"
            );
            found.gaps.push(whole("no-feed", &ecosystem, "feed-part", reason, SYNC, place));
        }
        for (ecosystem, (place, as_of, asked)) in self.old {
            // A time before 1970 is a placeholder, as `0001-01-01`.
            let reason = if asked == Some(as_of) {
                format!("their feed was last had on {}", as_of.date())
            } else if as_of.0 > 0 {
                format!("nothing changed in their feed since {}", as_of.date())
            } else {
                "nothing says how old their feed is".to_owned()
            };
            found.gaps.push(whole("feed-old", &ecosystem, "feed", reason, SYNC, place));
        }
        for (ecosystem, place) in self.unordered {
            if named.contains(&ecosystem) {
                continue;
            }
            let reason = "their versions cannot be compared yet".to_owned();
            let later = "a later Holdfast";
            found.gaps.push(whole("no-version-order", &ecosystem, "order", reason, later, place));
            found.unreadable.push(Unread {
                because: format!("versions of {ecosystem} cannot be compared yet"),
                scope: Scope::Ecosystem(ecosystem),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_that_nobody_can_judge_is_named() {
        let gap = |name: &str, record: &str| Gap {
            code: "unjudged",
            kind: FindingKind::Package,
            locus: loci::language_package(&Ecosystem::new("npm"), name, "package-lock.json"),
            subject: name.into(),
            reason: format!("{record} cannot be judged: it names commits"),
            closes_with: format!("a look by hand at {record}"),
            place: None,
        };
        let mut found = Found::default();
        for (name, record) in [("a", "U-1"), ("a", "U-2"), ("b", "U-2")] {
            found.join(gap(name, record), record);
        }
        let said: Vec<&str> = found.gaps.iter().map(|gap| gap.closes_with.as_str()).collect();
        assert_eq!(said, ["a look by hand at U-1, U-2", "a look by hand at U-2"]);
        assert!(
            found.gaps[0].reason.contains("U-1 cannot") && found.gaps[0].reason.contains("; U-2")
        );
        for number in 3..1_000 {
            let record = format!("U-{number}");
            found.join(gap("b", &record), &record);
        }
        let reason = &found.gaps[1].reason;
        assert!(reason.ends_with(AND_MORE) && reason.len() < 2 * MOST_SAID, "{reason}");
    }
}
