//! Each rule of the state machine by name; the properties are in `properties`.

use std::collections::BTreeSet;
use std::slice::from_ref;

use holdfast_model::{Severity, Weakness};

use super::*;
use crate::locus;
use crate::testing::{asset, finding, versions, weakness, with_versions};

mod foreign;
mod properties;
mod tested;

const ALL: [State; 8] = [
    State::Open,
    State::Unproven,
    State::Accepted,
    State::Fixed,
    State::Removed,
    State::Withdrawn,
    State::Moved,
    State::Merged,
];

/// One asset in one standing that is looked at again and again.
struct World {
    known: BTreeMap<Key, Known>,
    now: i64,
    /// The tests that the next report brings to a verdict.
    judged: BTreeSet<Arc<str>>,
}

/// One look; what is not set is the usual: full, all readable, gone is gone.
struct Look<'a> {
    found: Vec<Finding>,
    coverage: Coverage,
    unreadable: Vec<Unread>,
    kinds: &'a [FindingKind],
    notes: BTreeMap<LocalKey, String>,
    present: Box<dyn Fn(&Locus) -> Presence + 'a>,
    judged: Box<dyn Fn(&WeaknessId) -> Judged + 'a>,
}

fn look<'a>(found: &[Finding]) -> Look<'a> {
    Look {
        found: found.to_vec(),
        coverage: Coverage::Full,
        unreadable: Vec::new(),
        kinds: &FindingKind::ALL,
        notes: BTreeMap::new(),
        present: Box::new(|_| Presence::Gone),
        judged: Box::new(|_| Judged::Known),
    }
}

impl<'a> Look<'a> {
    fn there(mut self, list: &'a [&'a str]) -> Self {
        self.present = Box::new(move |_| Presence::There(versions(list)));
        self
    }

    fn judged(mut self, judged: impl Fn(&WeaknessId) -> Judged + 'a) -> Self {
        self.judged = Box::new(judged);
        self
    }

    fn unread(mut self, scope: Scope) -> Self {
        self.unreadable.push(Unread { scope, because: "it could not be read".to_owned() });
        self
    }

    fn partial(mut self) -> Self {
        self.coverage = Coverage::Partial;
        self
    }
}

impl World {
    fn new() -> Self {
        Self { known: BTreeMap::new(), now: 0, judged: BTreeSet::new() }
    }

    /// Looks, checks what must hold for every step, and goes on.
    fn step(&mut self, look: Look<'_>) -> Vec<Transition> {
        self.now += 1000;
        let id = asset();
        let batch = Batch {
            asset: &id,
            standing: Standing::Trunk,
            coverage: look.coverage,
            now: Timestamp(self.now),
            kinds: look.kinds,
            found: look.found,
            notes: &look.notes,
            unreadable: &look.unreadable,
            present: &*look.present,
            judged: &*look.judged,
        };
        let out = step(&self.known, &batch);
        properties::hold(&self.known, &batch, &out);
        out.apply(&mut self.known);
        out.transitions
    }

    fn of(&self, finding: &Finding) -> &Known {
        &self.known[&finding.key]
    }

    fn state(&self, finding: &Finding) -> State {
        self.of(finding).finding.state
    }
}

fn accepted(finding: &Finding) -> Finding {
    Finding { state: State::Accepted, ..finding.clone() }
}

fn named(id: &str, aliases: &[&str]) -> Finding {
    let mut finding = finding(id, "time", "Cargo.lock");
    let aliases = aliases.iter().map(|alias| (*alias).into()).collect();
    finding.weakness = Weakness { aliases, ..weakness(id) };
    finding
}

#[test]
fn the_table_is_what_the_design_says() {
    for to in ALL {
        assert_eq!(allowed(None, to), matches!(to, State::Open | State::Accepted));
        for from in ALL {
            let closed = !from.is_open() && from != State::Accepted;
            let expected = if closed { to == State::Open } else { from != to };
            assert_eq!(allowed(Some(from), to), expected, "{from:?} to {to:?}");
        }
    }
}

#[test]
fn a_version_without_the_weakness_is_fixed() {
    let mut world = World::new();
    let old = with_versions("CVE-1", "time", "Cargo.lock", &["0.1.43"]);
    let log = world.step(look(from_ref(&old)));
    assert_eq!((log[0].from, log[0].to, log[0].outcome), (None, State::Open, None));
    let log = world.step(look(&[]).there(&["0.3.36"]));
    assert_eq!((log[0].to, log[0].outcome), (State::Fixed, Some(Outcome::Fixed)));
    assert_eq!(log[0].because, "now in version 0.3.36, which `CVE-1` does not mean");
    assert_eq!(world.of(&old).last_seen, Timestamp(1000));
    assert_eq!(world.of(&old).since, Timestamp(2000));
}

#[test]
fn the_same_version_without_the_weakness_is_withdrawn() {
    let old = with_versions("CVE-1", "time", "Cargo.lock", &["0.1.43", "0.2.0"]);
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    let log = world.step(look(&[]).there(&["0.1.43", "0.3.36"]));
    assert_eq!((log[0].to, log[0].outcome), (State::Withdrawn, Some(Outcome::Withdrawn)));
    assert_eq!(log[0].because, "`CVE-1` was corrected: it does not mean version 0.1.43");
}

#[test]
fn nothing_is_fixed_where_no_advisory_is_left_to_prove_it() {
    for judged in [Judged::Withdrawn, Judged::Gone] {
        let old = with_versions("CVE-1", "time", "Cargo.lock", &["0.1.43"]);
        let mut world = World::new();
        world.step(look(from_ref(&old)));
        world.step(look(&[]).there(&["0.3.36"]).judged(|_| judged.clone()));
        assert_eq!(world.state(&old), State::Withdrawn);
    }
}

#[test]
fn what_is_gone_is_removed() {
    let old = finding("CVE-1", "time", "Cargo.lock");
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    let log = world.step(look(&[]));
    assert_eq!((log[0].to, log[0].outcome), (State::Removed, Some(Outcome::Removed)));
    assert_eq!(log[0].because, "no longer in `Cargo.lock`");
}

#[test]
fn a_partial_look_opens_and_closes_none() {
    let (old, new) =
        (finding("CVE-1", "time", "Cargo.lock"), finding("CVE-2", "ring", "Cargo.lock"));
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    let log = world.step(look(from_ref(&new)).partial());
    assert_eq!(log.len(), 1);
    assert_eq!((world.state(&old), world.state(&new)), (State::Open, State::Open));
    assert_eq!(world.of(&old).last_seen, Timestamp(1000));
}

#[test]
fn what_cannot_be_read_is_unproven_and_open_and_no_reopening() {
    let scopes = [
        Scope::Path("Cargo.lock".into()),
        Scope::Path("".into()),
        Scope::Kind(FindingKind::Package),
        Scope::Ecosystem(Ecosystem::new("cargo")),
    ];
    for scope in scopes {
        for coverage in [Coverage::Full, Coverage::Partial] {
            let old = finding("CVE-1", "time", "Cargo.lock");
            let mut world = World::new();
            world.step(look(from_ref(&old)));
            let mut unread = look(&[]).unread(scope.clone());
            unread.coverage = coverage;
            let log = world.step(unread);
            assert_eq!((log[0].to, log[0].outcome), (State::Unproven, None));
            assert_eq!(log[0].because, "it could not be read");
            assert!(world.state(&old).is_open());
            assert_eq!(world.step(look(&[]).unread(scope.clone())), []);
            let log = world.step(look(from_ref(&old)));
            assert_eq!((log[0].to, log[0].outcome), (State::Open, None));
        }
    }
}

#[test]
fn another_path_kind_or_ecosystem_does_not_matter() {
    let scopes = [
        Scope::Path("Cargo.lock.orig".into()),
        Scope::Kind(FindingKind::Secret),
        Scope::Ecosystem(Ecosystem::new("npm")),
    ];
    for scope in scopes {
        let old = finding("CVE-1", "time", "Cargo.lock");
        let mut world = World::new();
        world.step(look(from_ref(&old)));
        world.step(look(&[]).unread(scope));
        assert_eq!(world.state(&old), State::Removed);
    }
}

#[test]
fn nobody_can_say_is_unproven_too() {
    let old = finding("CVE-1", "time", "Cargo.lock");
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    let mut unknown = look(&[]);
    unknown.present = Box::new(|_| Presence::Unknown);
    world.step(unknown);
    assert_eq!(world.state(&old), State::Unproven);
    world.step(look(&[]).there(&["9.0.0"]));
    assert_eq!(world.state(&old), State::Fixed);
}

#[test]
fn kinds_that_were_not_checked_stay() {
    let old = finding("CVE-1", "time", "Cargo.lock");
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    let mut secrets = look(&[]);
    secrets.kinds = &[FindingKind::Secret];
    assert_eq!(world.step(secrets), []);
    assert_eq!(world.state(&old), State::Open);
}

#[test]
fn what_comes_back_is_reopened_with_its_first_day() {
    let old = finding("CVE-1", "time", "Cargo.lock");
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    world.step(look(&[]).there(&["9.0.0"]));
    let log = world.step(look(from_ref(&old)));
    assert_eq!((log[0].from, log[0].to), (Some(State::Fixed), State::Open));
    assert_eq!(log[0].outcome, Some(Outcome::Reopened));
    assert_eq!(world.of(&old).first_seen, Timestamp(1000));
    assert_eq!(world.of(&old).since, Timestamp(3000));
    // Back and accepted at once: both stand in the log.
    world.step(look(&[]));
    let log = world.step(look(&[accepted(&old)]));
    let steps: Vec<_> = log.iter().map(|one| (one.to, one.outcome)).collect();
    assert_eq!(
        steps,
        [(State::Open, Some(Outcome::Reopened)), (State::Accepted, Some(Outcome::Accepted))]
    );
}

#[test]
fn acceptances_come_and_go_with_their_reasons() {
    let old = finding("CVE-1", "time", "Cargo.lock");
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    let mut with_note = look(&[accepted(&old)]);
    with_note.notes.insert(old.local, "accepted by payments".to_owned());
    let log = world.step(with_note);
    assert_eq!((log[0].to, log[0].outcome), (State::Accepted, Some(Outcome::Accepted)));
    assert_eq!(log[0].because, "accepted by payments");
    let mut ended = look(from_ref(&old));
    ended.notes.insert(old.local, "the acceptance ended on 2027-01-31".to_owned());
    let log = world.step(ended);
    assert_eq!((log[0].to, log[0].outcome), (State::Open, None));
    assert_eq!(log[0].because, "the acceptance ended on 2027-01-31");
    // An accepted one closes as an open one does, and is unproven as an open one is.
    world.step(look(&[accepted(&old)]));
    world.step(look(&[]).unread(Scope::Path("Cargo.lock".into())));
    assert_eq!(world.state(&old), State::Unproven);
    world.step(look(&[accepted(&old)]));
    world.step(look(&[]).there(&["9.0.0"]));
    assert_eq!(world.state(&old), State::Fixed);
}

#[test]
fn a_moved_lockfile_moves_its_findings() {
    let at = |path| [finding("CVE-1", "time", path), finding("CVE-2", "ring", path)];
    let (old, new) = (at("Cargo.lock"), at("app/Cargo.lock"));
    let mut world = World::new();
    world.step(look(&old));
    let log = world.step(look(&new));
    for (old, new) in old.iter().zip(&new) {
        let left = log.iter().find(|one| one.key == old.key).unwrap();
        assert_eq!((left.to, left.outcome), (State::Moved, Some(Outcome::Moved)));
        assert_eq!(left.other, Some(new.key));
        assert_eq!(left.because, "found in `app/Cargo.lock` now");
        let came = log.iter().find(|one| one.key == new.key).unwrap();
        assert_eq!((came.from, came.to, came.outcome), (None, State::Open, None));
        assert_eq!(
            (came.other, came.because.as_str()),
            (Some(old.key), "moved here from `Cargo.lock`")
        );
        assert_eq!(world.of(new).first_seen, Timestamp(1000));
    }
    // And back: never mended, so no reopening.
    let log = world.step(look(&old));
    assert!(log.iter().all(|one| one.outcome != Some(Outcome::Reopened)));
    assert_eq!(world.state(&new[0]), State::Moved);
    assert_eq!(world.state(&old[0]), State::Open);
    assert_eq!(world.of(&old[0]).first_seen, Timestamp(1000));
}

#[test]
fn an_ambiguous_move_is_never_guessed() {
    let old = finding("CVE-1", "time", "Cargo.lock");
    let copies =
        [finding("CVE-1", "time", "a/Cargo.lock"), finding("CVE-1", "time", "b/Cargo.lock")];
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    let log = world.step(look(&copies));
    assert_eq!(world.state(&old), State::Removed);
    assert!(log.iter().all(|one| one.other.is_none()));
    // Two that went and one that came.
    let log = world.step(look(&[finding("CVE-1", "time", "c/Cargo.lock")]));
    assert!(log.iter().all(|one| one.other.is_none()));
}

#[test]
fn a_path_that_was_known_before_is_no_move() {
    let old = finding("CVE-1", "time", "Cargo.lock");
    let other = finding("CVE-2", "ring", "app/Cargo.lock");
    let mut world = World::new();
    world.step(look(&[old.clone(), other.clone()]));
    world.step(look(&[finding("CVE-1", "time", "app/Cargo.lock"), other]));
    assert_eq!(world.state(&old), State::Removed);
}

#[test]
fn what_is_still_there_in_the_old_place_did_not_move() {
    let old = finding("CVE-1", "time", "Cargo.lock");
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    world.step(look(&[finding("CVE-1", "time", "b/Cargo.lock")]).there(&["9.0.0"]));
    assert_eq!(world.state(&old), State::Fixed);
}

#[test]
fn a_weakness_with_a_new_name_is_merged() {
    let old = named("GHSA-1", &["RUSTSEC-1"]);
    let new = named("CVE-1", &["GHSA-1", "RUSTSEC-1"]);
    for coverage in [Coverage::Full, Coverage::Partial] {
        let mut world = World::new();
        world.step(look(from_ref(&old)));
        let mut renamed = look(from_ref(&new)).there(&["1.0.0"]);
        renamed.coverage = coverage;
        let log = world.step(renamed);
        assert_eq!(world.state(&old), State::Merged);
        assert_eq!(world.of(&new).first_seen, Timestamp(1000));
        let left = log.iter().find(|one| one.key == old.key).unwrap();
        assert_eq!((left.outcome, left.other), (Some(Outcome::Merged), Some(new.key)));
        assert_eq!(left.because, "`GHSA-1` is known as `CVE-1` now");
        assert_eq!(world.step(look(from_ref(&new))), []);
    }
}

#[test]
fn a_pending_update_is_merged_into_the_advisory_that_the_index_names() {
    let old = named("update:openssl", &[]);
    let new = named("CVE-1", &[]);
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    world.step(look(from_ref(&new)).judged(|id| match &*id.0 {
        "update:openssl" => Judged::MergedInto(WeaknessId("DSA-1".into())),
        "DSA-1" => Judged::MergedInto(WeaknessId("CVE-1".into())),
        _ => Judged::Known,
    }));
    assert_eq!(world.state(&old), State::Merged);
    assert_eq!(world.of(&new).first_seen, Timestamp(1000));
}

#[test]
fn a_circle_of_names_ends() {
    let old = named("A-1", &[]);
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    world.step(look(&[]).there(&["9.0.0"]).judged(|id| {
        Judged::MergedInto(WeaknessId(if &*id.0 == "A-1" { "B-1" } else { "A-1" }.into()))
    }));
    assert_eq!(world.state(&old), State::Fixed);
}

#[test]
fn a_group_that_falls_apart_goes_on_only_where_one_part_is_left() {
    let whole = named("CVE-1", &["GHSA-1", "GHSA-2"]);
    let parts = [named("GHSA-1", &[]), named("GHSA-2", &[])];
    let mut world = World::new();
    world.step(look(from_ref(&whole)));
    world.step(look(&parts[..1]).there(&["1.0.0"]));
    assert_eq!(world.state(&whole), State::Merged);
    let mut world = World::new();
    world.step(look(from_ref(&whole)));
    world.step(look(&parts).there(&["1.0.0"]));
    assert_eq!(world.state(&whole), State::Withdrawn);
}

#[test]
fn a_weakness_may_get_its_name_on_the_day_its_file_moves() {
    let old = finding("GHSA-1", "time", "Cargo.lock");
    let new = finding("CVE-1", "time", "app/Cargo.lock");
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    world.step(look(from_ref(&new)).judged(|id| match &*id.0 {
        "GHSA-1" => Judged::MergedInto(WeaknessId("CVE-1".into())),
        _ => Judged::Known,
    }));
    assert_eq!(world.state(&old), State::Moved);
    assert_eq!(world.of(&new).first_seen, Timestamp(1000));
}

#[test]
fn a_thing_without_versions_is_fixed_in_place() {
    let mut old = finding("acceptance-expired", "x", "x");
    old.kind = FindingKind::Guardrail;
    old.locus = locus::file_item(".holdfast/accepted.yaml", "CVE-1");
    old.instances[0].version = None;
    old.local = LocalKey::new(old.kind, &old.weakness.id, &old.locus);
    old.key = Key::new(&asset(), old.local);
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    let log = world.step(look(&[]).there(&[]));
    assert_eq!(world.state(&old), State::Fixed);
    assert_eq!(log[0].because, "the same check passes now");
}

#[test]
fn other_standings_and_assets_are_left_alone() {
    let old = finding("CVE-1", "time", "Cargo.lock");
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    let mut foreign = world.known.clone();
    for known in foreign.values_mut() {
        known.finding.standing = Standing::Working;
    }
    world.known = foreign;
    assert_eq!(world.step(look(&[])), []);
    let other = AssetId("repository:git.example/acme/other".into());
    let (present, judged) = (|_: &Locus| Presence::Gone, |_: &WeaknessId| Judged::Known);
    let batch = Batch {
        asset: &other,
        standing: Standing::Trunk,
        coverage: Coverage::Full,
        now: Timestamp(9),
        kinds: &FindingKind::ALL,
        found: Vec::new(),
        notes: &BTreeMap::new(),
        unreadable: &[],
        present: &present,
        judged: &judged,
    };
    let mut world = World::new();
    world.step(look(&[old]));
    assert_eq!(step(&world.known, &batch), StepOut::default());
}

#[test]
fn attributes_are_no_transitions() {
    let old = finding("CVE-1", "time", "Cargo.lock");
    let mut world = World::new();
    world.step(look(from_ref(&old)));
    let mut reworded = old.clone();
    reworded.title = "other words".to_owned();
    reworded.severity = Severity::Now;
    reworded.instances[0].place.line += 90;
    assert_eq!(world.step(look(&[reworded])), []);
    assert_eq!(world.of(&old).finding.title, "other words");
    assert_eq!(world.of(&old).finding.severity, Severity::Now);
    assert_eq!(world.of(&old).last_seen, Timestamp(2000));
    assert_eq!(world.of(&old).since, Timestamp(1000));
}
