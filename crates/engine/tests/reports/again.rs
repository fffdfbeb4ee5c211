//! Reports that come again, and reports of many findings.

use holdfast_engine::import::{Imported, Options};
use holdfast_engine::record;
use holdfast_store::EntryKind;

use super::reports::{Bench, FULL, Plugin, nessus, only};
use crate::support::BASH;

const OTHER: &[(&str, &str)] = &[("Credentialed_Scan", "true"), ("bios-uuid", "another")];

/// As it would be if it had been told at once.
fn timeless(imported: Imported) -> Imported {
    Imported { took_ms: 0, ..imported }
}

#[tokio::test]
async fn a_report_is_recognised_and_told_as_if_it_had_been_read() {
    let bench = Bench::new();
    let report = nessus(1, FULL, &[("150000", 0, &[BASH]), ("150001", 443, &["CVE-2026-70001"])]);
    bench.import(2, &[("one.nessus", &report)]).await;
    let recognised = bench.import(9, &[("one.nessus", &report)]).await;
    assert!(only(&recognised).unchanged);
    assert_eq!((recognised.findings, only(&recognised).findings), (2, 2));
    let dry = bench.with(9, &[("one.nessus", &report)], |options| options.dry_run = true).await;
    let recognised = timeless(recognised);
    assert_eq!(Imported { dry_run: false, ..timeless(dry.unwrap()) }, recognised);
    // Others push it out of memory: now it is read.
    for n in 0..8 {
        let plugin = format!("16000{n}");
        let other = nessus(1, OTHER, &[(&plugin, 22, &[])]);
        bench.import(9, &[("other.nessus", &other)]).await;
    }
    let read = bench.import(9, &[("one.nessus", &report)]).await;
    assert_eq!(timeless(read), recognised);
}

#[tokio::test]
async fn other_bytes_of_the_same_length_are_read() {
    let bench = Bench::new();
    let of = |cve| nessus(1, FULL, &[("150001", 443, &[cve])]);
    bench.import(2, &[("one.nessus", &of("CVE-2026-70001"))]).await;
    let imported = bench.import(3, &[("one.nessus", &of("CVE-2026-70002"))]).await;
    assert!(!only(&imported).unchanged);
    assert_eq!((only(&imported).new, only(&imported).closed), (1, 1));
}

#[tokio::test]
async fn a_report_is_news_again_where_the_record_has_another_asset_for_it() {
    let bench = Bench::new();
    bench.up(0, super::reports::WEAK).await;
    let report = nessus(1, OTHER, &[("150001", 443, &["CVE-2026-70001"])]);
    let files = [("one.nessus", report.as_str())];
    bench.import(2, &files).await;
    assert!(only(&bench.import(3, &files).await).unchanged);
    // Somebody says that it was about this machine: all of it is judged for that one.
    let named = |options: &mut Options| {
        options.asset = Some("host:00000000000000000000000000000001".into());
    };
    let imported = bench.with(4, &files, named).await.unwrap();
    assert_eq!((only(&imported).unchanged, only(&imported).new), (false, 1));
    let imported = bench.with(5, &files, named).await.unwrap();
    assert!(only(&imported).unchanged);
}

#[tokio::test]
async fn a_long_report_takes_few_entries_and_each_finding_knows_its_own() {
    let bench = Bench::new();
    let cves: Vec<String> = (0..1_200).map(|n| format!("CVE-2026-{}", 50_000 + n)).collect();
    let names: Vec<[&str; 1]> = cves.iter().map(|cve| [cve.as_str()]).collect();
    let plugins: Vec<Plugin<'_>> = names.iter().map(|name| ("1", 443, name.as_slice())).collect();
    let imported = bench.import(2, &[("one.nessus", &nessus(1, FULL, &plugins))]).await;
    assert_eq!(only(&imported).new, 1_200);
    let store = record::reader(&bench.data()).await.unwrap().unwrap();
    let entries = store.entries(None, 100).await.unwrap();
    let count = |kind| entries.iter().filter(|entry| entry.header.kind == kind).count();
    assert_eq!((count(EntryKind::Observation), count(EntryKind::Transition)), (1, 2));
    // One line decides alike for all of them.
    assert_eq!((count(EntryKind::Decision), entries.len()), (2, 6));
    for cve in ["CVE-2026-50000", "CVE-2026-51199"] {
        let known = bench.one(cve).await;
        let steps = store.history(known.finding.key).await.unwrap();
        let [(seq, step)] = steps.as_slice() else { panic!("{steps:?}") };
        assert_eq!(
            (step.key, step.because.as_str()),
            (known.finding.key, "seen for the first time")
        );
        let entry = entries.iter().find(|entry| entry.header.seq == *seq).unwrap();
        let text = entry.payload.as_ref().unwrap().to_string();
        assert!(text.contains(&known.finding.key.to_string()));
    }
    assert_eq!(store.verify(None).await.unwrap().broken, []);
}
