//! Faults follow from their seed, and from nothing else.

use std::path::Path;

use holdfast_model::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{Arm, ArmedState, Command, Output, ReadError, Recorded, WriteError};

fn machine() -> World {
    World::recorded(Recorded::new().file("/r/a", "0123456789").folder("/r/new"))
}

/// What a fixed list of calls gives, as text.
fn story(seed: u64, odds: Odds) -> (Vec<String>, u64) {
    let faults = Faults::new(seed, odds);
    let world = faults.around(&machine());
    let (root, mut told) = (Path::new("/r"), Vec::new());
    for step in 0..100 {
        let name = format!("new/{step}");
        told.push(format!("{:?}", world.files.read(root, Path::new("a"), 99)));
        told.push(format!("{:?}", world.files.write_atomic(root, Path::new(&name), b"x")));
        told.push(format!("{:?}", world.files.walk(root, &[]).map(|walk| walk.files.len())));
        told.push(world.clock.now().to_string());
    }
    (told, faults.calls())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_seed_tells_the_same_story(seed: u64) {
        let odds = Odds::usual(seed);
        prop_assert_eq!(story(seed, odds), story(seed, odds));
    }

    #[test]
    fn after_the_end_nothing_happens(seed: u64, at in 1_u64..60) {
        let faults = Faults::new(seed, Odds::crash_at(at));
        let inner = machine();
        let world = faults.around(&inner);
        let root = Path::new("/r");
        let mut written = Vec::new();
        for step in 0..100_u64 {
            let name = format!("new/{step}");
            let wrote = world.files.write_atomic(root, Path::new(&name), b"x");
            let there = inner.files.read(root, Path::new(&name), 9).is_ok();
            if step + 1 < at {
                prop_assert_eq!(&wrote, &Ok(()));
                prop_assert!(there, "what was acknowledged is there");
            } else {
                prop_assert_eq!(&wrote, &Err(WriteError::Other("crashed".to_owned())));
            }
            if step + 1 > at {
                prop_assert!(!there, "a call after the end did something");
            }
            written.push(there);
        }
        prop_assert!(faults.crashed());
        prop_assert_eq!(faults.calls(), at);
        let gone = Err(ReadError::Other("crashed".to_owned()));
        prop_assert_eq!(world.files.read(root, Path::new("a"), 99), gone);
    }

    #[test]
    fn a_short_read_is_a_beginning(seed: u64) {
        let faults = Faults::new(seed, Odds { short: 1000, ..Odds::default() });
        let world = faults.around(&machine());
        let read = world.files.read(Path::new("/r"), Path::new("a"), 99).unwrap();
        prop_assert!(read.len() < 10 && b"0123456789".starts_with(&read));
    }
}

#[test]
fn without_odds_it_is_the_same_world() {
    let (told, _) = story(7, Odds::default());
    assert!(told.iter().all(|line| !line.starts_with("Err")));
    assert_eq!(told.last().map(String::as_str), Some("2026-01-01T00:00:00Z"));
}

#[test]
fn a_crash_leaves_a_write_done_in_some_seeds_and_undone_in_others() {
    let done = (0..64).filter(|seed| {
        let inner = machine();
        let world = Faults::new(*seed, Odds::crash_at(1)).around(&inner);
        let path = Path::new("new/x");
        assert!(world.files.write_atomic(Path::new("/r"), path, b"x").is_err());
        inner.files.read(Path::new("/r"), path, 9).is_ok()
    });
    let done = done.count();
    assert!((16..=48).contains(&done), "{done} of 64");
}

#[test]
fn the_usual_odds_give_every_kind_of_fate() {
    let (mut failed, mut short, mut late, mut ended) = (0, 0, 0, 0);
    for seed in 0..200 {
        let faults = Faults::new(seed, Odds::usual(seed));
        for _ in 0..200 {
            match faults.next() {
                Fate::Pass | Fate::Gone => {}
                Fate::Fail => failed += 1,
                Fate::Short(_) => short += 1,
                Fate::Late(_) => late += 1,
                Fate::Crash(_) => ended += 1,
            }
        }
    }
    assert!(failed > 100 && short > 50 && late > 100, "{failed} {short} {late}");
    assert!((60..=140).contains(&ended), "{ended} of 200 worlds end");
}

#[test]
fn lateness_moves_the_clock_and_does_not_wait() {
    let faults = Faults::new(1, Odds { delays: 1000, ..Odds::default() });
    let world = faults.around(&machine());
    let before = world.clock.now();
    for _ in 0..1000 {
        world.files.read(Path::new("/r"), Path::new("a"), 99).unwrap();
    }
    let passed = world.clock.now().0 - before.0;
    assert_eq!(Timestamp(passed), Timestamp(i64::try_from(faults.late().as_millis()).unwrap()));
    // On average five seconds a call: nobody waits for an hour in a test.
    assert!(passed > 3_600_000, "{passed}");
}

fn arm() -> Arm {
    let (script, folder) = ("undo".to_owned(), "/var/lib/holdfast".into());
    Arm { root: None, script, seconds: 60, folder, id: "p1".to_owned() }
}

#[test]
fn a_crash_leaves_something_armed_in_some_seeds_and_not_in_others() {
    let armed = (0..64).filter(|seed| {
        let inner = machine();
        let world = Faults::new(*seed, Odds::crash_at(1)).around(&inner);
        assert!(world.run.arm(&arm()).is_err());
        assert!(world.run.armed_state(&arm().handle()).is_err());
        inner.run.armed_state(&arm().handle()) == Ok(ArmedState::Waiting)
    });
    let armed = armed.count();
    assert!((16..=48).contains(&armed), "{armed} of 64");
}

#[test]
fn after_the_end_nobody_hears_a_line() {
    for seed in 0..16 {
        let output = Output { stdout: b"line\n".to_vec(), ..Output::default() };
        let recorded = Recorded::new().command("sh", [""; 0], output).holder("/d/s", ["line"]);
        let inner = World::recorded(recorded);
        let heard = |world: &World| {
            let mut heard = 0;
            let ran = world.run.run_streamed(&Command::new("sh", "/"), &mut |_, _| heard += 1);
            let called = world.sockets.call(Path::new("/d/s"), b"x", &mut |_| heard += 1);
            (ran.is_ok(), called.is_ok(), heard)
        };
        assert_eq!(heard(&Faults::new(seed, Odds::default()).around(&inner)), (true, true, 2));
        assert_eq!(heard(&Faults::new(seed, Odds::crash_at(2)).around(&inner)), (true, false, 1));
        assert_eq!(heard(&Faults::new(seed, Odds::crash_at(1)).around(&inner)), (false, false, 0));
    }
}
