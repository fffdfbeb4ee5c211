//! One problem along a service's lineage: from the change that brings it in, through what is built of
//! it, to every copy that runs. It is mended when the last copy that runs is.
//!
//! Knows findings and which copies of a service are code and which run. Must not know how anybody
//! learnt what a service owns.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use holdfast_model::{Asset, AssetKind, Finding, Key, Known, Standing, State};

/// A finding on one asset of a service.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// Where.
    pub asset: &'a Asset,
    /// What, and how it stands.
    pub known: &'a Known,
}

/// How far the mending of a problem has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is still in what is built next.
    Open,
    /// What is built next is free of it, and copies that run are not.
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
}

impl ThreadCopy {
    /// Whether it runs, or is what is built.
    fn runs(&self) -> bool {
        self.standing == Standing::Deployed
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
        self.copies.iter().filter(|copy| copy.runs() && copy.is_there())
    }
}

impl fmt::Display for Thread {
    /// In words: "merged, still running on 3 hosts".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = places(self.running());
        match (self.stage, running.as_str()) {
            (Stage::Merged, running) => write!(f, "merged, still running on {running}"),
            (Stage::Open, "") => f.write_str("open in its code"),
            (Stage::Open, running) => write!(f, "open, and running on {running}"),
            (Stage::Mended, _) => f.write_str("mended, and no copy that runs has it any more"),
        }
    }
}

/// `3 hosts`, `1 host and 2 other copies`; empty for none. An asset counts once.
fn places<'c>(copies: impl Iterator<Item = &'c ThreadCopy>) -> String {
    let (mut hosts, mut others) = (BTreeSet::new(), BTreeSet::new());
    for copy in copies {
        let of = if copy.kind == AssetKind::Host { &mut hosts } else { &mut others };
        of.insert(&copy.asset);
    }
    let counted = |number: usize, one: &str, many: &str| match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{number} {many}")),
    };
    let other = if hosts.is_empty() { ("copy", "copies") } else { ("other copy", "other copies") };
    let parts = [counted(hosts.len(), "host", "hosts"), counted(others.len(), other.0, other.1)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
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
        .map(|link| ThreadCopy {
            key: link.known.finding.key,
            asset: link.asset.name.as_str().into(),
            kind: link.asset.kind,
            standing: link.known.finding.standing,
            state: link.known.finding.state,
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
    let keys: BTreeSet<Key> = copies.iter().map(|copy| copy.key).collect();
    if keys.len() < 2 {
        return None;
    }
    let in_code = copies.iter().any(|copy| !copy.runs() && copy.is_there());
    let was_in_code = copies.iter().any(|copy| !copy.runs());
    let runs = copies.iter().any(|copy| copy.runs() && copy.is_there());
    let stage = match (in_code, runs) {
        (false, false) => Stage::Mended,
        (false, true) if was_in_code => Stage::Merged,
        _ => Stage::Open,
    };
    Some(Thread { service: Arc::clone(service), stage, copies })
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

    struct Fleet(Vec<(Asset, Known)>);

    impl Fleet {
        fn with(mut self, name: &str, standing: Standing, state: State) -> Self {
            let kind = if standing == Standing::Deployed {
                AssetKind::Host
            } else {
                AssetKind::Repository
            };
            let asset = Asset::new(AssetId(name.into()), kind, name, "payments");
            let mut finding = testing::finding("CVE-2026-1", "tiller", "Cargo.lock");
            finding.key = Key::new(&asset.id, finding.local);
            (finding.standing, finding.state) = (standing, state);
            let at = Timestamp(0);
            self.0.push((asset, Known { finding, first_seen: at, last_seen: at, since: at }));
            self
        }

        fn thread(&self) -> Option<Thread> {
            let links = self.0.iter().map(|(asset, known)| Link { asset, known });
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
        if let Some((_, known)) = other.0.last_mut() {
            known.finding.subject = "pkg:cargo/another".into();
        }
        assert_eq!(other.words(), "none");
    }

    #[test]
    fn a_copy_known_by_another_name_is_joined() {
        let mut fleet = code(State::Fixed).with("web-1", Standing::Deployed, State::Open);
        if let Some((_, known)) = fleet.0.last_mut() {
            known.finding.weakness.aliases = vec![Arc::clone(&known.finding.weakness.id.0)];
            known.finding.weakness.id = holdfast_model::WeaknessId("GHSA-till".into());
        }
        assert_eq!(fleet.words(), "merged, still running on 1 host");
    }
}
