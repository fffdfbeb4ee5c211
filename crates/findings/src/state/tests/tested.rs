//! Tests of somebody else's beside controls of our own: who is a witness of what, and what closes.

use holdfast_model::{Locus, Witness};

use super::foreign::engines;
use super::*;
use crate::state::HeardOut;

fn control(id: &str, at: Locus, engine: &str, name: &str) -> Finding {
    let mut one = finding(id, "time", "Cargo.lock");
    one.kind = FindingKind::Control;
    one.locus = at;
    one.local = LocalKey::new(one.kind, &one.weakness.id, &one.locus);
    one.key = Key::new(&asset(), one.local);
    one.witnesses = vec![Witness { engine: engine.into(), name: name.into() }];
    one
}

/// What our own control found.
fn ours(id: &str) -> Finding {
    control(id, locus::setting("sshd PermitRootLogin", None), "holdfast", id)
}

/// A test of InSpec's that fails, and the control of ours that it refers to.
fn theirs(test: &str, means: &[&str]) -> Finding {
    let id = format!("inspec:{test}");
    let mut one = control(&id, locus::whole_asset("test"), "inspec", test);
    one.weakness.aliases = means.iter().map(|id| (*id).into()).collect();
    one
}

/// A look of our own; what does not fail is there and passes.
fn controls(found: &[Finding]) -> Look<'_> {
    Look { kinds: &[FindingKind::Control], ..look(found).there(&[]) }
}

impl World {
    /// A report of tests: what fails, and the names of all that came to a verdict.
    fn tested(&mut self, failed: &[Finding], judged: &[&str]) -> HeardOut {
        self.judged = judged.iter().map(|name| (*name).into()).collect();
        let out = self.hear("inspec", Coverage::Partial, failed);
        self.judged.clear();
        out
    }
}

#[test]
fn a_test_that_fails_is_a_witness_of_our_control() {
    let (own, test) = (ours("root-login"), theirs("sshd-06", &["root-login"]));
    let mut world = World::new();
    world.step(controls(from_ref(&own)));
    let out = world.tested(from_ref(&test), &["sshd-06"]);
    assert_eq!((out.joined, out.own), (vec![own.key], vec![]));
    assert_eq!(engines(world.of(&own)), ["holdfast", "inspec"]);
    assert!(!world.known.contains_key(&test.key));
    // Another control of ours is not meant.
    let other = theirs("sshd-07", &["ssh-port"]);
    assert_eq!(world.tested(from_ref(&other), &["sshd-07"]).own, [other.key]);
}

#[test]
fn a_test_that_passes_closes_its_own_word_and_nothing_of_ours() {
    let (own, test) = (ours("root-login"), theirs("sshd-06", &["root-login"]));
    let mut world = World::new();
    world.step(controls(from_ref(&own)));
    world.tested(from_ref(&test), &["sshd-06"]);
    world.tested(&[], &["sshd-06"]);
    assert_eq!((world.state(&own), engines(world.of(&own))), (State::Open, vec!["holdfast"]));
}

#[test]
fn only_a_verdict_of_the_same_test_closes_what_it_said() {
    let test = theirs("shop-1", &[]);
    let mut world = World::new();
    world.tested(from_ref(&test), &["shop-1"]);
    assert_eq!(world.state(&test), State::Open);
    // Skipped, or not in this report at all.
    world.tested(&[], &["shop-2"]);
    assert_eq!(world.state(&test), State::Open);
    let out = world.tested(&[], &["shop-1"]);
    assert_eq!(world.state(&test), State::Fixed);
    let because = &out.out.transitions[0].because;
    assert_eq!(because, "`inspec` made the same test again, and it does not fail");
}

#[test]
fn a_test_that_contradicts_us_stands_by_itself() {
    let (own, test) = (ours("root-login"), theirs("sshd-06", &["root-login"]));
    let mut world = World::new();
    world.step(controls(from_ref(&own)));
    world.step(controls(&[]));
    assert_eq!(world.state(&own), State::Fixed);
    // It may look at more than our control does, so that ours is not opened again.
    let out = world.tested(from_ref(&test), &["sshd-06"]);
    assert_eq!(out.own, [test.key]);
    assert_eq!((world.state(&own), world.state(&test)), (State::Fixed, State::Open));
    // A look of ours that passes does not close it; one that fails takes it in.
    world.step(controls(&[]));
    assert_eq!(world.state(&test), State::Open);
    world.step(controls(from_ref(&own)));
    assert_eq!((world.state(&own), world.state(&test)), (State::Open, State::Merged));
    assert_eq!(engines(world.of(&own)), ["holdfast", "inspec"]);
}

#[test]
fn a_hole_in_a_package_never_means_a_setting() {
    let own = ours("CVE-1");
    let mut hole = theirs("plugin", &["CVE-1"]);
    hole.kind = FindingKind::Foreign;
    hole.local = LocalKey::new(hole.kind, &hole.weakness.id, &hole.locus);
    hole.key = Key::new(&asset(), hole.local);
    let mut world = World::new();
    world.step(controls(from_ref(&own)));
    let out = world.hear("inspec", Coverage::Full, from_ref(&hole));
    assert_eq!((out.joined, out.own), (vec![], vec![hole.key]));
}
