//! One problem along a service's lineage: from the change that brings it in, through what is built of
//! it, to every copy that runs. It is mended when the last copy that runs is.
//!
//! Knows findings, and which copies of a service are code, which are built of it and which run. Must
//! not know how anybody learnt what a service owns, or what runs where.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use holdfast_model::{Asset, AssetKind, Finding, Key, Known, Standing, State};

/// A finding on one asset of a service.
#[derive(Debug, Clone)]
pub struct Link<'a> {
    /// Where.
    pub asset: &'a Asset,
    /// What, and how it stands.
    pub known: &'a Known,
    /// The names of the hosts that run this copy, where it is an image.
    pub hosts: Vec<Arc<str>>,
    /// Whether it is what an image of the service was built on, and nothing that the service owns.
    pub is_base: bool,
}

/// How far the mending of a problem has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is still in what is built next.
    Open,
    /// What is built next is free of it, and images or copies that run are not.
    Merged,
    /// No copy has it any more.
    Mended,
}

impl Stage {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Merged => "merged",
            Self::Mended => "mended",
        }
    }
}

/// One copy of the problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadCopy {
    /// The finding.
    pub key: Key,
    /// The asset's name for people.
    pub asset: Arc<str>,
    /// What the asset is.
    pub kind: AssetKind,
    /// Which copy of it.
    pub standing: Standing,
    /// How it stands there.
    pub state: State,
    /// The names of the hosts that run it, sorted, where it is an image.
    pub hosts: Vec<Arc<str>>,
    /// Whether it is what an image of the service was built on.
    pub is_base: bool,
}

/// Where a copy stands along the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// What the service's people write.
    Code,
    /// What was built of it.
    Built,
    /// What runs.
    Runs,
    /// What others made and it is built on.
    Base,
}

impl ThreadCopy {
    fn place(&self) -> Place {
        match (self.is_base, self.standing, self.kind) {
            (true, _, _) => Place::Base,
            (false, Standing::Deployed, _) => Place::Runs,
            (false, _, AssetKind::Image) => Place::Built,
            (false, _, _) => Place::Code,
        }
    }

    /// Whether the problem is still there; what is accepted is.
    fn is_there(&self) -> bool {
        self.state.is_open() || self.state == State::Accepted
    }
}

/// The same problem along a service's lineage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The service.
    pub service: Arc<str>,
    /// How far it has come.
    pub stage: Stage,
    /// Every copy, those of code first, then by name.
    pub copies: Vec<ThreadCopy>,
}

impl Thread {
    /// The copies that run and still have it.
    pub fn running(&self) -> impl Iterator<Item = &ThreadCopy> {
        self.still(Place::Runs)
    }

    /// The copies of one place that still have it.
    fn still(&self, place: Place) -> impl Iterator<Item = &ThreadCopy> {
        self.copies.iter().filter(move |copy| copy.place() == place && copy.is_there())
    }

    fn has(&self, place: Place) -> bool {
        self.copies.iter().any(|copy| copy.place() == place)
    }

    fn stage(&self) -> Stage {
        let is_still = |place| self.still(place).next().is_some();
        let (code, built) = (is_still(Place::Code), is_still(Place::Built));
        let runs = is_still(Place::Runs);
        // What is built next is decided in code; of what others build, the newest image is known.
        let (next, was_next) =
            if self.has(Place::Code) { (code, true) } else { (built, self.has(Place::Built)) };
        match (next, built || runs) {
            (false, false) => Stage::Mended,
            (false, true) if was_next => Stage::Merged,
            _ => Stage::Open,
        }
    }

    /// What is known of the image that one of the service was built on, in words; `None` where no
    /// such image was looked at.
    pub fn base(&self) -> Option<String> {
        let named = |there: bool| {
            let mut copies = self.copies.iter().filter(|copy| copy.place() == Place::Base);
            copies.find(|copy| copy.is_there() == there)
        };
        if let Some(copy) = named(true) {
            return Some(format!("its base image {} has it too", copy.asset));
        }
        let copy = named(false)?;
        Some(format!("its base image {} is free of it: build it anew", copy.asset))
    }
}

impl fmt::Display for Thread {
    /// In words: "merged, still running on 3 hosts".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = places(self.running());
        match (self.stage, running.as_str()) {
            (Stage::Merged, "") => {
                let images: BTreeSet<&Arc<str>> =
                    self.still(Place::Built).map(|copy| &copy.asset).collect();
                let words = counted(images.len(), "image", "images").unwrap_or_default();
                write!(f, "merged, still in {words}")
            }
            (Stage::Merged, running) => write!(f, "merged, still running on {running}"),
            (Stage::Open, "") if self.has(Place::Code) => f.write_str("open in its code"),
            (Stage::Open, "") => f.write_str("open in what is built"),
            (Stage::Open, running) => write!(f, "open, and running on {running}"),
            (Stage::Mended, _) => f.write_str("mended, and no copy that runs has it any more"),
        }
    }
}

/// `3 hosts`, `1 host and 2 other copies`; empty for none. A host counts once, whatever it runs.
fn places<'c>(copies: impl Iterator<Item = &'c ThreadCopy>) -> String {
    let (mut hosts, mut others) = (BTreeSet::new(), BTreeSet::new());
    for copy in copies {
        if copy.kind == AssetKind::Host {
            hosts.insert(&copy.asset);
        } else if copy.hosts.is_empty() {
            others.insert(&copy.asset);
        }
        hosts.extend(&copy.hosts);
    }
    let other = if hosts.is_empty() { ("copy", "copies") } else { ("other copy", "other copies") };
    let parts = [counted(hosts.len(), "host", "hosts"), counted(others.len(), other.0, other.1)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

fn counted(number: usize, one: &str, many: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{number} {many}")),
    }
}

/// The thread of a finding among all findings of its service. `None` where the service has no other
/// copy of it: then there is nothing to join.
///
/// A working copy and a change that is only proposed are nobody's lineage yet.
pub fn thread<'a>(
    service: &Arc<str>,
    finding: &Finding,
    links: impl Iterator<Item = Link<'a>>,
) -> Option<Thread> {
    let mut copies: Vec<ThreadCopy> = links
        .filter(|link| {
            link.known.finding.standing.counts() && is_same(finding, &link.known.finding)
        })
        // What moved or became part of another goes on there.
        .filter(|link| !matches!(link.known.finding.state, State::Moved | State::Merged))
        .map(|mut link| {
            link.hosts.sort();
            link.hosts.dedup();
            ThreadCopy {
                key: link.known.finding.key,
                asset: link.asset.name.as_str().into(),
                kind: link.asset.kind,
                standing: link.known.finding.standing,
                state: link.known.finding.state,
                hosts: link.hosts,
                is_base: link.is_base,
            }
        })
        .collect();
    copies.sort_by(|a, b| {
        (a.standing, &a.asset, a.key, a.state.word()).cmp(&(
            b.standing,
            &b.asset,
            b.key,
            b.state.word(),
        ))
    });
    copies.dedup();
    // An image that runs is two copies: what is built, and what runs.
    let places: BTreeSet<(Key, Standing)> =
        copies.iter().map(|copy| (copy.key, copy.standing)).collect();
    if places.len() < 2 {
        return None;
    }
    let mut thread = Thread { service: Arc::clone(service), stage: Stage::Open, copies };
    thread.stage = thread.stage();
    Some(thread)
}

/// Whether two findings are the same problem of the same thing, by any name of it.
fn is_same(one: &Finding, other: &Finding) -> bool {
    if one.kind != other.kind || one.subject != other.subject {
        return false;
    }
    let names = |finding: &Finding| -> BTreeSet<Arc<str>> {
        let weakness = &finding.weakness;
        std::iter::once(&weakness.id.0).chain(&weakness.aliases).cloned().collect()
    };
    !names(one).is_disjoint(&names(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use holdfast_model::{AssetId, Timestamp};

    struct Fleet(Vec<(Asset, Known, Vec<Arc<str>>)>);

    impl Fleet {
        fn with(self, name: &str, standing: Standing, state: State) -> Self {
            let kind = if standing == Standing::Deployed {
                AssetKind::Host
            } else {
                AssetKind::Repository
            };
            self.of(kind, name, standing, state, &[])
        }

        /// An image, and the hosts that run it.
        fn image(self, name: &str, standing: Standing, state: State, hosts: &[&str]) -> Self {
            self.of(AssetKind::Image, name, standing, state, hosts)
        }

        fn of(
            mut self,
            kind: AssetKind,
            name: &str,
            standing: Standing,
            state: State,
            hosts: &[&str],
        ) -> Self {
            let asset = Asset::new(AssetId(name.into()), kind, name, "payments");
            let mut finding = testing::finding("CVE-2026-1", "tiller", "Cargo.lock");
            finding.key = Key::new(&asset.id, finding.local);
            (finding.standing, finding.state) = (standing, state);
            let at = Timestamp(0);
            let known = Known { finding, first_seen: at, last_seen: at, since: at };
            self.0.push((asset, known, hosts.iter().map(|name| Arc::from(*name)).collect()));
            self
        }

        fn thread(&self) -> Option<Thread> {
            let links = self.0.iter().map(|(asset, known, hosts)| {
                let is_base = asset.name.starts_with("base");
                Link { asset, known, hosts: hosts.clone(), is_base }
            });
            thread(&"shop".into(), &self.0.first()?.1.finding, links)
        }

        fn words(&self) -> String {
            self.thread().map_or_else(|| "none".to_owned(), |thread| thread.to_string())
        }
    }

    fn code(state: State) -> Fleet {
        Fleet(Vec::new()).with("shop", Standing::Trunk, state)
    }

    #[test]
    fn a_fix_on_trunk_is_merged_until_the_last_copy_that_runs_is_gone() {
        use State::{Accepted, Fixed, Open, Removed, Unproven};
        let run = |fleet: Fleet, states: [State; 3]| {
            ["web-1", "web-2", "web-3"]
                .iter()
                .zip(states)
                .fold(fleet, |fleet, (name, state)| fleet.with(name, Standing::Deployed, state))
        };
        let open = run(code(Open), [Open, Open, Fixed]);
        assert_eq!(open.words(), "open, and running on 2 hosts");
        let merged = run(code(Fixed), [Open, Unproven, Accepted]);
        assert_eq!(merged.words(), "merged, still running on 3 hosts");
        assert_eq!(merged.thread().map(|thread| thread.stage), Some(Stage::Merged));
        let one = run(code(Removed), [Fixed, Open, Removed]);
        assert_eq!(one.words(), "merged, still running on 1 host");
        let mended = run(code(Fixed), [Fixed, Fixed, Removed]);
        assert_eq!(mended.words(), "mended, and no copy that runs has it any more");
        let back = run(code(Open), [Fixed, Fixed, Fixed]);
        assert_eq!(back.words(), "open in its code");
    }

    #[test]
    fn what_was_never_seen_in_code_is_not_called_merged() {
        let fleet = Fleet(Vec::new()).with("web-1", Standing::Deployed, State::Open).with(
            "web-2",
            Standing::Deployed,
            State::Fixed,
        );
        assert_eq!(fleet.words(), "open, and running on 1 host");
    }

    #[test]
    fn a_single_copy_a_working_copy_and_another_thing_join_nothing() {
        assert_eq!(code(State::Open).words(), "none");
        let working = code(State::Open).with("shop", Standing::Working, State::Open);
        assert_eq!(working.words(), "none");
        let mut other = code(State::Open).with("web-1", Standing::Deployed, State::Open);
        if let Some((_, known, _)) = other.0.last_mut() {
            known.finding.subject = "pkg:cargo/another".into();
        }
        assert_eq!(other.words(), "none");
    }

    #[test]
    fn an_image_counts_by_the_hosts_that_run_it_and_each_host_once() {
        use State::{Fixed, Moved, Open, Removed};
        let (trunk, deployed) = (Standing::Trunk, Standing::Deployed);
        let hosts = ["web-1", "web-2", "web-3"];
        let built = || code(Fixed).image("web:1@a", trunk, Open, &[]);
        assert_eq!(built().words(), "merged, still in 1 image");
        let runs = built().image("web:1@a", deployed, Open, &hosts);
        assert_eq!(runs.words(), "merged, still running on 3 hosts");
        let anew = || code(Fixed).image("web:1@a", trunk, Fixed, &[]);
        let half = anew().image("web:1@a", deployed, Open, &["web-3"]);
        assert_eq!(half.words(), "merged, still running on 1 host");
        let twice = half.with("web-3", deployed, Open).with("web-4", deployed, Open);
        assert_eq!(twice.words(), "merged, still running on 2 hosts");
        let gone = anew().image("web:1@a", deployed, Removed, &[]);
        assert_eq!(gone.words(), "mended, and no copy that runs has it any more");
        // Without its code, the newest image is what is built next.
        let alone = || Fleet(Vec::new()).image("web:1@a", deployed, Open, &hosts);
        let still = alone().image("web:1@a", trunk, Open, &[]);
        assert_eq!(still.words(), "open, and running on 3 hosts");
        let moved = alone().image("web:1@a", trunk, Moved, &[]).image("web:1@b", trunk, Open, &[]);
        assert_eq!(moved.words(), "open, and running on 3 hosts");
        let next = alone().image("web:1@a", trunk, Fixed, &[]);
        assert_eq!(next.words(), "merged, still running on 3 hosts");
    }

    #[test]
    fn a_base_image_is_named_and_decides_nothing() {
        use State::{Fixed, Open};
        let trunk = Standing::Trunk;
        let with = |state| {
            let fleet = Fleet(Vec::new()).image("web:1@a", trunk, Open, &[]);
            fleet.image("base:12@c", trunk, state, &[])
        };
        let (open, fixed) = (with(Open), with(Fixed));
        assert_eq!(open.words(), fixed.words());
        let said = |fleet: &Fleet| fleet.thread().and_then(|thread| thread.base());
        assert_eq!(said(&open).as_deref(), Some("its base image base:12@c has it too"));
        let anew = "its base image base:12@c is free of it: build it anew";
        assert_eq!(said(&fixed).as_deref(), Some(anew));
        assert_eq!(said(&code(Open).with("web-1", Standing::Deployed, Open)), None);
    }

    #[test]
    fn a_copy_known_by_another_name_is_joined() {
        let mut fleet = code(State::Fixed).with("web-1", Standing::Deployed, State::Open);
        if let Some((_, known, _)) = fleet.0.last_mut() {
            known.finding.weakness.aliases = vec![Arc::clone(&known.finding.weakness.id.0)];
            known.finding.weakness.id = holdfast_model::WeaknessId("GHSA-till".into());
        }
        assert_eq!(fleet.words(), "merged, still running on 1 host");
    }
}
