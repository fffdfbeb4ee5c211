//! Reports of another day that say the same: nothing but the time is news, unless somebody else
//! changed what is known meanwhile.

use holdfast_engine::import::Imported;
use holdfast_engine::record;
use holdfast_model::{Key, State, Timestamp, Witness};
use proptest::prelude::*;

use super::reports::{
    Bench, FOREIGN, FULL, HEAD, MENDED, PARTIAL, Plugin, TAIL, WEAK, host, nessus, only, state,
    witnesses,
};
use crate::support::{BASH, HOUR, NOW};

const BOTH: &[Plugin<'_>] = &[("150000", 0, &[BASH]), ("150001", 443, &[FOREIGN])];

#[tokio::test]
async fn only_the_time_moves() {
    let bench = Bench::new();
    bench.up(0, WEAK).await;
    bench.import(2, &[("one.nessus", &nessus(1, FULL, BOTH))]).await;
    let (before, entries) = (bench.known().await, bench.entries().await);
    // Another day, another file, and its lines stand elsewhere.
    let later = nessus(30, FULL, BOTH).replace("<ReportItem ", "\n\n<ReportItem ");
    let imported = bench.import(31, &[("two.nessus", &later)]).await;
    let row = only(&imported);
    assert!(row.unchanged, "{imported:#?}");
    assert_eq!((row.findings, row.new, row.closed), (2, 0, 0));
    assert!(row.looked.starts_with("20"), "{}", row.looked);
    // The look itself is written down, once a day, and nothing of its findings.
    assert_eq!(bench.entries().await, entries + 1);
    let after = bench.known().await;
    assert_eq!(after.len(), before.len());
    for (before, after) in before.iter().zip(&after) {
        let named = witnesses(after).contains(&"nessus");
        let seen = if named { Timestamp(NOW + 30 * HOUR) } else { before.last_seen };
        assert_eq!(after.last_seen, seen);
        assert_eq!((after.first_seen, after.since), (before.first_seen, before.since));
        assert_eq!(after.finding, before.finding);
    }
    let store = record::reader(&bench.data()).await.unwrap().unwrap();
    assert_eq!(store.verify(None).await.unwrap().broken, []);
    drop(store);
    // One that was made in between comes too late.
    let imported = bench.import(32, &[("late.nessus", &nessus(20, FULL, BOTH))]).await;
    assert!(only(&imported).outdated);
    // What is gone later is closed, and was last seen when it was.
    let imported = bench.import(60, &[("three.nessus", &nessus(59, FULL, &BOTH[..1]))]).await;
    assert_eq!((only(&imported).unchanged, only(&imported).closed), (false, 1));
    let foreign = bench.one(FOREIGN).await;
    assert_eq!((state(&foreign), foreign.last_seen.0), (State::Fixed, NOW + 30 * HOUR));
}

#[tokio::test]
async fn what_we_closed_meanwhile_is_opened_again() {
    let bench = Bench::new();
    bench.up(0, WEAK).await;
    bench.import(2, &[("one.nessus", &nessus(1, FULL, BOTH))]).await;
    bench.up(3, MENDED).await;
    let imported = bench.import(5, &[("two.nessus", &nessus(4, FULL, BOTH))]).await;
    assert_eq!((only(&imported).unchanged, only(&imported).reopened), (false, 1));
}

#[tokio::test]
async fn what_the_last_report_was_too_old_for_is_opened_again() {
    let bench = Bench::new();
    bench.up(0, WEAK).await;
    bench.up(3, MENDED).await;
    // Made before the patch, and imported after it.
    let imported = bench.import(4, &[("one.nessus", &nessus(1, FULL, BOTH))]).await;
    assert_eq!((only(&imported).older, only(&imported).reopened), (1, 0));
    // The same words a day later contradict it.
    let imported = bench.import(30, &[("two.nessus", &nessus(29, FULL, BOTH))]).await;
    assert_eq!((only(&imported).unchanged, only(&imported).reopened), (false, 1));
}

#[tokio::test]
async fn another_copy_of_the_same_words_does_not_count_for_less() {
    let bench = Bench::new();
    bench.up(0, WEAK).await;
    bench.import(2, &[("one.nessus", &nessus(1, FULL, BOTH))]).await;
    // The same words of somebody who saw less.
    let imported = bench.import(5, &[("two.nessus", &nessus(4, PARTIAL, BOTH))]).await;
    assert!(!only(&imported).unchanged, "{imported:#?}");
}

#[tokio::test]
async fn a_dry_run_says_it_and_writes_nothing() {
    let bench = Bench::new();
    bench.import(2, &[("one.nessus", &nessus(1, FULL, BOTH))]).await;
    let (before, entries) = (bench.known().await, bench.entries().await);
    let later = nessus(30, FULL, BOTH);
    let dry = bench.with(31, &[("two.nessus", &later)], |options| options.dry_run = true).await;
    assert!(only(&dry.unwrap()).unchanged);
    assert_eq!((bench.known().await, bench.entries().await), (before, entries));
}

/// What happens to the machine.
#[derive(Debug, Clone)]
enum Step {
    Look {
        mended: bool,
    },
    /// Which plugins, how many hours before it is imported the report was made, and whether it
    /// claims to be whole.
    Report {
        says: usize,
        before: i64,
        full: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let report = (0..4_usize, 0..30_i64, prop::bool::weighted(0.8))
        .prop_map(|(says, before, full)| Step::Report { says, before, full });
    prop_oneof![1 => any::<bool>().prop_map(|mended| Step::Look { mended }), 3 => report]
}

/// The report before was made before our own look, which had seen all of it later: when it comes
/// again, what it names was seen once more.
#[tokio::test]
async fn what_we_saw_later_than_the_last_report_is_seen_again() {
    let report = |before| Step::Report { says: 1, before, full: true };
    let steps = [Step::Look { mended: false }, report(11), report(0)];
    let (quick, whole) = (after(&steps, false).await, after(&steps, true).await);
    assert_eq!(quick, whole);
    let last_seen = |(_, _, [_, seen, _], _): &Kept| *seen;
    assert_eq!(quick.0.iter().map(last_seen).max(), Some(NOW + 30 * HOUR));
}

/// Two partial exports of one scan share its time, and the second names nothing: when that comes
/// again, nothing was seen.
#[tokio::test]
async fn what_another_export_of_the_scan_named_is_not_seen_again() {
    let partial = |says, before| Step::Report { says, before, full: false };
    let steps = [partial(0, 9), partial(3, 19), partial(3, 0)];
    let (quick, whole) = (after(&steps, false).await, after(&steps, true).await);
    assert_eq!(quick, whole);
    assert!(quick.0.iter().all(|(_, _, [_, seen, _], _)| *seen <= NOW + HOUR));
    // The second export itself, read twice, is still one report.
    let bench = Bench::new();
    let second = nessus(1, PARTIAL, &[]);
    bench.import(2, &[("one.nessus", &nessus(1, PARTIAL, BOTH))]).await;
    assert!(!only(&bench.import(3, &[("two.nessus", &second)]).await).unchanged);
    assert!(only(&bench.import(4, &[("two.nessus", &second)]).await).unchanged);
}

/// All of a finding that does not name a place in a report.
type Kept = (Key, State, [i64; 3], Vec<Witness>);

/// What is known after some steps. A report that calls the host by another name each time is never
/// the same as the one before: it is always judged whole.
async fn after(steps: &[Step], always_judged: bool) -> (Vec<Kept>, Vec<[u64; 2]>) {
    let bench = Bench::new();
    bench.up(0, WEAK).await;
    let mut told = Vec::new();
    for (step, n) in steps.iter().zip(1..) {
        let hours = n * 10;
        match step {
            Step::Look { mended } => bench.up(hours, if *mended { MENDED } else { WEAK }).await,
            Step::Report { says, before, full } => {
                let (name, tags) = (
                    if always_judged { format!("10.1.2.{n}") } else { "10.1.2.3".to_owned() },
                    if *full { FULL } else { PARTIAL },
                );
                let plugins = [BOTH, &BOTH[..1], &BOTH[1..], &[]][*says];
                let said = host(&name, (hours - before).max(1), tags, plugins);
                let report = format!("{HEAD}{said}{TAIL}");
                let path = format!("{n}.nessus");
                let imported = bench.import(hours, &[(&path, &report)]).await;
                told.push(counts(&imported));
            }
        }
    }
    let kept = |known: &holdfast_model::Known| {
        let times = [known.first_seen.0, known.last_seen.0, known.since.0];
        let finding = &known.finding;
        (finding.key, finding.state, times, finding.witnesses.clone())
    };
    (bench.known().await.iter().map(kept).collect(), told)
}

fn counts(imported: &Imported) -> [u64; 2] {
    let row = only(imported);
    [row.closed, row.reopened]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn it_comes_to_what_judging_all_of_it_comes_to(steps in prop::collection::vec(step(), 2..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (quick, whole) =
            runtime.block_on(async { (after(&steps, false).await, after(&steps, true).await) });
        prop_assert_eq!(quick, whole);
    }
}
