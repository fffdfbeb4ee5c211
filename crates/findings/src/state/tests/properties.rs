//! What holds for every step of every history, and random histories to hold it against.

use proptest::prelude::*;

use super::*;

/// What must hold whatever was known and whatever was seen.
pub(super) fn hold(known: &BTreeMap<Key, Known>, batch: &Batch<'_>, out: &StepOut) {
    let mut after = known.clone();
    out.apply(&mut after);
    // The log tells the whole story: from what was known, its entries lead to what is known.
    let mut states: BTreeMap<Key, State> =
        known.iter().map(|(key, one)| (*key, one.finding.state)).collect();
    for one in &out.transitions {
        assert!(allowed(one.from, one.to), "{one:?}");
        assert_eq!(states.insert(one.key, one.to), one.from, "{one:?}");
        assert!(!one.because.is_empty(), "{one:?}");
        assert_eq!((one.at, one.standing), (batch.now, batch.standing));
        assert_eq!(after[&one.key].since, batch.now);
        says_its_outcome(one);
        if let (Some(Outcome::Moved | Outcome::Merged), Some(other)) = (one.outcome, one.other) {
            assert!(after[&other].first_seen <= after[&one.key].first_seen, "first day lost");
            assert!(after[&other].finding.state != one.to, "handed on to something closed");
        }
    }
    let now: BTreeMap<Key, State> =
        after.iter().map(|(key, one)| (*key, one.finding.state)).collect();
    assert_eq!(states, now);
    // Nothing is ever lost.
    assert!(known.keys().all(|key| after.contains_key(key)));
    for (key, before) in known {
        assert!(after[key].first_seen <= before.first_seen);
        assert!(after[key].last_seen >= before.last_seen);
    }
    // Everything found is there, as open or accepted as it was found.
    for finding in &batch.found {
        assert_eq!(after[&finding.key].finding.state, finding.state);
        assert_eq!(after[&finding.key].last_seen, batch.now);
    }
    let absence =
        |to| matches!(to, State::Fixed | State::Removed | State::Withdrawn | State::Moved);
    if batch.coverage == Coverage::Partial {
        assert!(out.transitions.iter().all(|one| !absence(one.to)), "closed by absence");
    }
    // The same look again changes nothing.
    let again = step(&after, batch);
    assert_eq!(again, StepOut::default());
}

/// The outcome of an entry says the same as its state.
fn says_its_outcome(one: &Transition) {
    let expected = match one.to {
        State::Fixed => Some(Outcome::Fixed),
        State::Removed => Some(Outcome::Removed),
        State::Withdrawn => Some(Outcome::Withdrawn),
        State::Accepted => Some(Outcome::Accepted),
        State::Moved => Some(Outcome::Moved),
        State::Merged => Some(Outcome::Merged),
        State::Unproven => None,
        State::Open => match (one.from, one.other) {
            (Some(State::Moved), Some(_))
            | (None | Some(State::Open | State::Unproven | State::Accepted), _) => None,
            _ => Some(Outcome::Reopened),
        },
    };
    assert_eq!(one.outcome, expected, "{one:?}");
    let linked = matches!(one.to, State::Moved | State::Merged);
    assert!(!linked || one.other.is_some(), "{one:?}");
}

const PATHS: [&str; 3] = ["Cargo.lock", "a/Cargo.lock", "b/Cargo.lock"];
const NAMES: [&str; 2] = ["time", "ring"];
/// The last three are names of one weakness, as time goes by.
const WEAKNESSES: [&str; 4] = ["CVE-9", "RUSTSEC-1", "GHSA-1", "CVE-1"];

/// A look drawn at random, over few things, so that histories meet themselves again.
#[derive(Debug, Clone)]
struct Drawn {
    found: BTreeSet<(u8, u8, u8)>,
    accepted: u8,
    partial: bool,
    unread: Option<u8>,
    /// For each path: gone, there in another version, there in the same, unknown.
    present: [u8; 3],
    judged: u8,
    version: u8,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let found = proptest::collection::btree_set((0..4_u8, 0..2_u8, 0..3_u8), 0..8);
    let rest =
        (any::<u8>(), proptest::bool::weighted(0.2), proptest::option::weighted(0.2, 0..5_u8));
    (found, rest, any::<[u8; 3]>(), 0..6_u8, 0..3_u8).prop_map(
        |(found, (accepted, partial, unread), present, judged, version)| Drawn {
            found,
            accepted,
            partial,
            unread,
            present: present.map(|one| one % 6),
            judged,
            version,
        },
    )
}

impl Drawn {
    fn findings(&self) -> Vec<Finding> {
        self.found
            .iter()
            .map(|(weakness, name, path)| {
                let id = WEAKNESSES[usize::from(*weakness)];
                let (name, path) = (NAMES[usize::from(*name)], PATHS[usize::from(*path)]);
                let version = format!("1.{}", self.version);
                let mut one = with_versions(id, name, path, &[&version]);
                if id == "CVE-1" {
                    one.weakness.aliases = vec!["GHSA-1".into(), "RUSTSEC-1".into()];
                }
                if (self.accepted >> (weakness + 4 * u8::from(name == "ring"))) & 1 == 1 {
                    one.state = State::Accepted;
                }
                one
            })
            .collect()
    }

    fn look(&self) -> Look<'_> {
        let mut look = look(&self.findings());
        if self.partial {
            look.coverage = Coverage::Partial;
        }
        look = match self.unread {
            Some(path @ 0..3) => look.unread(Scope::Path(PATHS[usize::from(path)].into())),
            Some(3) => look.unread(Scope::Kind(FindingKind::Package)),
            Some(_) => look.unread(Scope::Ecosystem(Ecosystem::new("npm"))),
            None => look,
        };
        look.present = Box::new(|locus| {
            let path = PATHS.iter().position(|path| locus.path() == Some(path)).unwrap();
            match self.present[path] {
                0..3 => Presence::Gone,
                3 => Presence::There(versions(&["7.0"])),
                4 => Presence::There(versions(&["1.0", "1.1", "1.2"])),
                _ => Presence::Unknown,
            }
        });
        look.judged(|id| match (self.judged, &*id.0) {
            (0, "RUSTSEC-1") => Judged::MergedInto(WeaknessId("GHSA-1".into())),
            (0 | 1, "GHSA-1") => Judged::MergedInto(WeaknessId("CVE-1".into())),
            (2, "CVE-1") => Judged::MergedInto(WeaknessId("RUSTSEC-1".into())),
            (3, _) => Judged::Withdrawn,
            (4, "CVE-9") => Judged::Gone,
            _ => Judged::Known,
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_history_holds(looks in proptest::collection::vec(drawn(), 1..8)) {
        let mut world = World::new();
        for one in &looks {
            world.step(one.look());
        }
    }

    #[test]
    fn order_does_not_matter(
        looks in proptest::collection::vec(drawn(), 1..5),
        (straight, shuffled) in drawn().prop_flat_map(|one| {
            let found = one.findings();
            (Just(one), Just(found).prop_shuffle())
        }),
    ) {
        let mut one = World::new();
        for look in &looks {
            one.step(look.look());
        }
        let mut other = World { known: one.known.clone(), now: one.now, judged: BTreeSet::new() };
        let mut again = straight.look();
        again.found = shuffled;
        prop_assert_eq!(one.step(straight.look()), other.step(again));
        prop_assert_eq!(one.known, other.known);
    }

    #[test]
    fn a_subset_closes_exactly_the_rest_of_its_scope(
        all in drawn(), keep in any::<u32>(), kinds in any::<bool>(),
    ) {
        let all = all.findings();
        let (kept, left): (Vec<_>, Vec<_>) =
            all.iter().cloned().enumerate().partition(|(at, _)| (keep >> at) & 1 == 1);
        let kept: Vec<Finding> = kept.into_iter().map(|(_, one)| one).collect();
        let mut world = World::new();
        world.step(look(&all));
        let mut second = look(&kept);
        // Outside of the scope nothing is closed at all.
        second.kinds = if kinds { &FindingKind::ALL } else { &[FindingKind::Secret] };
        let log = world.step(second);
        let closed: BTreeSet<Key> = log.iter().map(|one| one.key).collect();
        let rest: BTreeSet<Key> = left.iter().map(|(_, one)| one.key).collect();
        prop_assert_eq!(closed, if kinds { rest } else { BTreeSet::new() });
    }

    #[test]
    fn a_full_look_that_could_read_all_leaves_open_what_it_found(
        looks in proptest::collection::vec(drawn(), 1..6), last in drawn(),
    ) {
        let mut world = World::new();
        for one in &looks {
            world.step(one.look());
        }
        let found = last.findings();
        world.step(look(&found));
        let live: BTreeSet<Key> = world.known.values()
            .filter(|one| one.finding.state.is_open() || one.finding.state == State::Accepted)
            .map(|one| one.finding.key)
            .collect();
        prop_assert_eq!(live, found.iter().map(|one| one.key).collect::<BTreeSet<_>>());
    }

    #[test]
    fn shifted_lines_new_words_and_permuted_aliases_change_nothing(
        one in drawn(), k in 1..10_000_u32,
    ) {
        let found = one.findings();
        let mut world = World::new();
        world.step(look(&found));
        let mut shifted = found;
        for one in &mut shifted {
            one.title = format!("reworded {k}");
            one.weakness.title = format!("reworded {k}");
            one.weakness.aliases.reverse();
            one.severity = Severity::Now;
            for instance in &mut one.instances {
                instance.place.line += k;
            }
        }
        prop_assert_eq!(world.step(look(&shifted)), Vec::new());
    }
}
