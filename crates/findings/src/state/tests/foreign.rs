//! Whose word closes what: looks of our own between reports of others.

use proptest::prelude::*;

use holdfast_model::{Locus, Witness};

use super::*;
use crate::state::{Heard, HeardOut, hear};

/// A finding that a scanner reports of a place.
fn theirs(scanner: &str, plugin: &str, id: &str, at: Locus) -> Finding {
    let mut one = finding(id, "time", "Cargo.lock");
    one.kind = FindingKind::Foreign;
    one.locus = at;
    one.local = LocalKey::new(one.kind, &one.weakness.id, &one.locus);
    one.key = Key::new(&asset(), one.local);
    one.witnesses = vec![Witness { engine: scanner.into(), name: plugin.into() }];
    one
}

fn port() -> Locus {
    locus::whole_asset("port 22/tcp")
}

fn cargo(path: &str) -> Locus {
    locus::language_package(&Ecosystem::new("cargo"), "time", path)
}

pub(super) fn engines(known: &Known) -> Vec<&str> {
    known.finding.witnesses.iter().map(|one| &*one.engine).collect()
}

impl World {
    /// A report of one scanner, made now. The same again changes nothing.
    pub(super) fn hear(
        &mut self,
        scanner: &str,
        coverage: Coverage,
        found: &[Finding],
    ) -> HeardOut {
        self.now += 1000;
        self.hear_at(self.now, scanner, coverage, found, &[])
    }

    fn hear_at(
        &mut self,
        at: i64,
        scanner: &str,
        coverage: Coverage,
        found: &[Finding],
        dismissed: &[Finding],
    ) -> HeardOut {
        let (id, notes) = (asset(), BTreeMap::new());
        let dismissed = dismissed.iter().map(|one| (one.clone(), "not used".to_owned()));
        let heard = Heard {
            asset: &id,
            standing: Standing::Trunk,
            scanner,
            coverage,
            at: Timestamp(at),
            found: found.to_vec(),
            dismissed: dismissed.collect(),
            judged: &self.judged,
            notes: &notes,
        };
        let out = hear(&self.known, heard.clone());
        for step in &out.out.transitions {
            assert!(allowed(step.from, step.to), "{step:?}");
            let before = self.known.get(&step.key).map(|one| one.finding.state);
            assert_eq!(step.from, before, "{step:?}");
        }
        out.out.apply(&mut self.known);
        let again = hear(&self.known, heard);
        assert_eq!(again.out, StepOut::default(), "the same report again");
        out
    }
}

#[test]
fn a_scanner_joins_what_we_found_wherever_it_says_it_is() {
    let places = [
        port(),
        locus::whole_asset("whole"),
        cargo("Cargo.lock"),
        cargo("shop/Cargo.lock"),
        cargo(""),
        locus::file("Cargo.lock"),
        Locus::LanguagePackage { purl: "time".into(), path: "".into() },
    ];
    for place in places {
        let ours = finding("CVE-1", "time", "Cargo.lock");
        let mut world = World::new();
        world.step(look(from_ref(&ours)));
        let out = world.hear("nessus", Coverage::Full, &[theirs("nessus", "7", "CVE-1", place)]);
        assert_eq!((out.joined, out.own), (vec![ours.key], vec![]));
        assert_eq!(engines(world.of(&ours)), ["holdfast", "nessus"]);
        assert_eq!(out.out.transitions, []);
    }
}

#[test]
fn another_package_file_or_weakness_is_the_scanners_own() {
    let ours = finding("CVE-1", "time", "Cargo.lock");
    let others = [
        theirs("trivy", "CVE-2", "CVE-2", port()),
        theirs("trivy", "CVE-1", "CVE-1", locus::file("other.lock")),
        theirs(
            "trivy",
            "CVE-1",
            "CVE-1",
            locus::language_package(&Ecosystem::new("cargo"), "ring", "Cargo.lock"),
        ),
        theirs(
            "trivy",
            "CVE-1",
            "CVE-1",
            locus::system_package(&Ecosystem::new("Debian:12"), "time"),
        ),
    ];
    for other in others {
        let mut world = World::new();
        world.step(look(from_ref(&ours)));
        let out = world.hear("trivy", Coverage::Full, from_ref(&other));
        assert_eq!((out.joined, out.own), (vec![], vec![other.key]), "{:?}", other.locus);
        assert_eq!(engines(world.of(&ours)), ["holdfast"]);
        assert_eq!(world.state(&other), State::Open);
    }
}

#[test]
fn a_report_means_a_weakness_under_any_of_its_names() {
    let ours = named("CVE-1", &["GHSA-1"]);
    let mut world = World::new();
    world.step(look(from_ref(&ours)));
    let out = world.hear("grype", Coverage::Full, &[theirs("grype", "x", "GHSA-1", port())]);
    assert_eq!(out.joined, [ours.key]);
}

#[test]
fn our_look_closes_ours_and_no_other() {
    let (ours, other) =
        (finding("CVE-1", "time", "Cargo.lock"), theirs("nessus", "8", "CVE-2", port()));
    let mut world = World::new();
    world.step(look(from_ref(&ours)));
    world.hear("nessus", Coverage::Full, &[theirs("nessus", "7", "CVE-1", port()), other.clone()]);
    world.step(look(&[]).there(&["9.0.0"]));
    assert_eq!((world.state(&ours), world.state(&other)), (State::Fixed, State::Open));
    let out = world.hear("nessus", Coverage::Full, &[]);
    assert_eq!(out.confirmed, [ours.key]);
    assert_eq!((world.state(&ours), world.state(&other)), (State::Fixed, State::Fixed));
}

#[test]
fn of_two_scanners_each_takes_back_its_own_word() {
    let at = |scanner| theirs(scanner, "7", "CVE-2", port());
    let mut world = World::new();
    world.hear("nessus", Coverage::Full, &[at("nessus")]);
    world.hear("grype", Coverage::Full, &[at("grype")]);
    let one = at("nessus");
    assert_eq!(engines(world.of(&one)), ["grype", "nessus"]);
    world.hear("nessus", Coverage::Partial, &[]);
    assert_eq!(engines(world.of(&one)), ["grype", "nessus"]);
    world.hear("nessus", Coverage::Full, &[]);
    assert_eq!((engines(world.of(&one)), world.state(&one)), (vec!["grype"], State::Open));
    world.hear("grype", Coverage::Full, &[]);
    assert_eq!(world.state(&one), State::Fixed);
    // And back, under its first day.
    world.hear("grype", Coverage::Partial, &[at("grype")]);
    assert_eq!(world.state(&one), State::Open);
    assert_eq!(world.of(&one).first_seen, Timestamp(1000));
}

#[test]
fn a_report_older_than_the_closing_says_nothing_new() {
    let ours = finding("CVE-1", "time", "Cargo.lock");
    let it = [theirs("nessus", "7", "CVE-1", port())];
    let mut world = World::new();
    world.step(look(from_ref(&ours)));
    world.step(look(&[]).there(&["9.0.0"]));
    let closed = world.of(&ours).since.0;
    let out = world.hear_at(closed, "nessus", Coverage::Full, &it, &[]);
    assert_eq!((out.older, world.state(&ours)), (vec![ours.key], State::Fixed));
    world.hear_at(closed + 1, "nessus", Coverage::Full, &it, &[]);
    assert_eq!((world.state(&ours), engines(world.of(&ours))), (State::Open, vec!["nessus"]));
    // We find it again ourselves, and close it ourselves again.
    world.step(look(from_ref(&ours)));
    assert_eq!(engines(world.of(&ours)), ["holdfast", "nessus"]);
    world.step(look(&[]).there(&["9.0.0"]));
    assert_eq!(world.state(&ours), State::Fixed);
}

#[test]
fn of_several_that_were_mended_nobody_says_which_came_back() {
    let both = [finding("CVE-1", "time", "Cargo.lock"), finding("CVE-1", "ring", "Cargo.lock")];
    let mut world = World::new();
    world.step(look(&both));
    world.step(look(&[]).there(&["9.0.0"]));
    let it = theirs("nessus", "7", "CVE-1", port());
    world.hear("nessus", Coverage::Full, from_ref(&it));
    assert_eq!(world.state(&it), State::Open);
    assert!(both.iter().all(|one| world.state(one) == State::Fixed));
}

#[test]
fn what_a_report_dismisses_is_withdrawn_if_nobody_else_says_it() {
    let it = theirs("trivy", "CVE-2", "CVE-2", cargo("Cargo.lock"));
    let mut world = World::new();
    world.hear("trivy", Coverage::Full, from_ref(&it));
    world.now += 1000;
    world.hear_at(world.now, "trivy", Coverage::Full, &[], from_ref(&it));
    assert_eq!(world.state(&it), State::Withdrawn);
}

#[test]
fn what_only_a_scanner_knew_is_merged_when_we_find_it() {
    let it = theirs("trivy", "CVE-1", "CVE-1", cargo("Cargo.lock"));
    let mut world = World::new();
    world.hear("trivy", Coverage::Full, from_ref(&it));
    let ours = finding("CVE-1", "time", "Cargo.lock");
    let log = world.step(look(from_ref(&ours)));
    assert_eq!(world.state(&it), State::Merged);
    assert_eq!(log.iter().find(|one| one.key == it.key).unwrap().other, Some(ours.key));
    assert_eq!(engines(world.of(&ours)), ["holdfast", "trivy"]);
    assert_eq!(world.of(&ours).first_seen, Timestamp(1000));
    // A weakness that gets its number is the same finding.
    let before = theirs("grype", "x", "GHSA-9", port());
    world.hear("grype", Coverage::Full, from_ref(&before));
    let mut after = theirs("grype", "x", "CVE-9", port());
    after.weakness.aliases = vec!["GHSA-9".into()];
    world.hear("grype", Coverage::Full, from_ref(&after));
    assert_eq!((world.state(&before), world.state(&after)), (State::Merged, State::Open));
    assert_eq!(world.of(&after).first_seen, world.of(&before).first_seen);
}

/// A look or a report.
#[derive(Debug, Clone)]
enum Event {
    Look { found: u8, full: bool },
    Report { scanner: u8, found: u8, full: bool, late: bool },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..16_u8, any::<bool>()).prop_map(|(found, full)| Event::Look { found, full }),
        (0..2_u8, 0..16_u8, any::<bool>(), proptest::bool::weighted(0.2))
            .prop_map(|(scanner, found, full, late)| Event::Report { scanner, found, full, late }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever comes in whatever order: nothing is lost, steps lead from one another, the same
    /// again changes nothing (both checked by the world), and what is open has somebody who says so.
    #[test]
    fn every_history_of_looks_and_reports_holds(
        events in proptest::collection::vec(event(), 1..12)
    ) {
        let names = ["CVE-1", "CVE-2"];
        let mut world = World::new();
        for event in &events {
            match event {
                Event::Look { found, full } => {
                    let all: Vec<Finding> = (0..2_u8)
                        .filter(|bit| (found >> bit) & 1 == 1)
                        .map(|bit| finding(names[usize::from(bit)], "time", "Cargo.lock"))
                        .collect();
                    let mut look = look(&all).there(&["9.0.0"]);
                    if !full {
                        look = look.partial();
                    }
                    world.step(look);
                }
                Event::Report { scanner, found, full, late } => {
                    let scanner = ["nessus", "trivy"][usize::from(*scanner)];
                    let places = [port(), cargo("Cargo.lock")];
                    let all: Vec<Finding> = (0..4_u8)
                        .filter(|bit| (found >> bit) & 1 == 1)
                        .map(|bit| {
                            let (name, place) = (usize::from(bit % 2), usize::from(bit / 2));
                            theirs(scanner, "7", names[name], places[place].clone())
                        })
                        .collect();
                    let coverage = if *full { Coverage::Full } else { Coverage::Partial };
                    world.now += 1000;
                    let at = if *late { world.now - 2500 } else { world.now };
                    let before = world.known.clone();
                    world.hear_at(at, scanner, coverage, &all, &[]);
                    prop_assert!(before.keys().all(|key| world.known.contains_key(key)));
                }
            }
            for known in world.known.values().filter(|one| one.finding.state.is_open()) {
                prop_assert!(!known.finding.witnesses.is_empty(), "{known:?}");
            }
        }
    }

    /// In whatever order a report names what it found; and a later one that names less closes
    /// what it names no more, and nothing else.
    #[test]
    fn a_subset_closes_what_it_no_longer_names_in_whatever_order(
        plugins in proptest::collection::btree_set(0..40_u32, 1..20)
            .prop_flat_map(|all| Just(all.into_iter().collect::<Vec<_>>()).prop_shuffle()),
        keep in proptest::collection::vec(any::<bool>(), 20),
        looked in any::<bool>(),
    ) {
        let one = |plugin: &u32| {
            let id = format!("CVE-{}", plugin / 2);
            let at = if plugin.is_multiple_of(2) { port() } else { locus::file("src/main.rs") };
            theirs("nessus", &plugin.to_string(), &id, at)
        };
        let all: Vec<Finding> = plugins.iter().map(one).collect();
        let mut sorted = all.clone();
        sorted.sort_by_key(|finding| finding.key);
        let ours = finding("CVE-1", "time", "Cargo.lock");
        let world = || {
            let mut world = World::new();
            if looked {
                world.step(look(from_ref(&ours)));
            }
            world
        };
        let (mut world, mut other) = (world(), world());
        prop_assert_eq!(
            world.hear("nessus", Coverage::Full, &all),
            other.hear("nessus", Coverage::Full, &sorted)
        );
        let less: Vec<Finding> =
            all.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(one, _)| one.clone()).collect();
        let before = world.known.clone();
        let out = world.hear("nessus", Coverage::Full, &less);
        let closed: BTreeSet<Key> = out
            .out
            .transitions
            .iter()
            .map(|step| (step.key, step.to))
            .inspect(|(_, to)| assert_eq!(*to, State::Fixed))
            .map(|(key, _)| key)
            .collect();
        let expected: BTreeSet<Key> = all
            .iter()
            .filter(|one| before.contains_key(&one.key) && !less.contains(one))
            .map(|one| one.key)
            .collect();
        prop_assert_eq!(closed, expected);
        if looked {
            // Ours stays open, whoever else says it.
            prop_assert_eq!(world.state(&ours), State::Open);
        }
    }
}
