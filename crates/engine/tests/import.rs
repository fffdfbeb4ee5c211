//! Other people's reports on the way to the record: one finding whoever saw it, and whose word
//! closes what.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::string_slice,
    reason = "a test ends where something is not as it should be"
)]

#[path = "reports/again.rs"]
mod again;
mod reports;
#[path = "reports/same.rs"]
mod same;
mod support;
#[path = "reports/tested.rs"]
mod tested;

use holdfast_engine::cycle;
use holdfast_engine::desk::Desk;
use holdfast_engine::document::{PlaceRow, ProblemRow};
use holdfast_engine::holder::{self, Asked, Holder, Request};
use holdfast_engine::import::{self, Options, import};
use holdfast_engine::{Failure, record};
use holdfast_model::{Coverage, FindingKind, Known, Outcome, Standing, State, Timestamp};
use std::sync::Arc;

use support::{BASH, HOUR, NOW, TILLER};

use reports::{
    Bench, FOREIGN, FULL, HEAD, MACHINE, MENDED, PARTIAL, Plugin, TAIL, WEAK, host, nessus, only,
    state, witnesses,
};

#[tokio::test]
async fn two_saw_it_the_patch_closes_it_and_the_next_report_confirms_it() {
    let bench = Bench::new();
    bench.up(0, WEAK).await;
    let report = nessus(1, FULL, &[("150000", 0, &[BASH]), ("150001", 443, &[FOREIGN])]);
    let imported = bench.import(2, &[("one.nessus", &report)]).await;
    let row = only(&imported);
    assert_eq!(row.asset, format!("host:{MACHINE}"));
    assert_eq!((row.joined_by.as_deref(), row.coverage), (Some("machine id"), Coverage::Full));
    assert_eq!((row.joined, row.own, row.new, row.findings), (1, 1, 1, 2));
    assert_eq!((imported.format.as_str(), imported.findings), ("nessus", 2));

    // One finding with two witnesses, and one that only the scanner knows.
    let bash = bench.one(BASH).await;
    assert_eq!(witnesses(&bash), ["holdfast", "nessus"]);
    assert_eq!((bash.finding.kind, state(&bash)), (FindingKind::Package, State::Open));
    let foreign = bench.one(FOREIGN).await;
    assert_eq!((foreign.finding.kind, state(&foreign)), (FindingKind::Foreign, State::Open));
    assert!(foreign.finding.decision.is_some(), "nobody said what is to be done");

    // A look of our own that sees it again leaves the scanner's word where it is.
    bench.up(3, WEAK).await;
    assert_eq!(witnesses(&bench.one(BASH).await), ["holdfast", "nessus"]);

    // The patch closes ours. What only the scanner knows is the scanner's to close.
    bench.up(4, MENDED).await;
    let bash = bench.one(BASH).await;
    assert_eq!((state(&bash), witnesses(&bash)), (State::Fixed, vec!["holdfast", "nessus"]));
    assert_eq!(state(&bench.one(FOREIGN).await), State::Open);

    let report = nessus(5, FULL, &[("10267", 22, &[])]);
    let imported = bench.import(6, &[("two.nessus", &report)]).await;
    let row = only(&imported);
    assert_eq!(row.confirmed, [bash.finding.key]);
    assert_eq!((row.closed, row.reopened), (1, 0));
    assert_eq!(state(&bench.one(BASH).await), State::Fixed);
    let foreign = bench.one(FOREIGN).await;
    assert_eq!((state(&foreign), foreign.since), (State::Fixed, Timestamp(NOW + 5 * HOUR)));

    // The same report again, and by itself or behind the first one: nothing.
    let (before, entries) = (bench.known().await, bench.entries().await);
    let imported = bench.import(7, &[("again.nessus", &report)]).await;
    assert!(only(&imported).unchanged, "{imported:#?}");
    assert_eq!((bench.known().await, bench.entries().await), (before, entries));
}

#[tokio::test]
async fn a_report_that_contradicts_us_reopens_and_only_a_report_closes_then() {
    let bench = Bench::new();
    bench.up(0, WEAK).await;
    let weak: &[Plugin<'_>] = &[("150000", 0, &[BASH])];
    bench.import(1, &[("one.nessus", &nessus(1, FULL, weak))]).await;
    bench.up(2, MENDED).await;
    // One that was made before the patch says nothing new, even if it comes later.
    let other: &[Plugin<'_>] = &[("150000", 0, &[BASH]), ("10267", 22, &[])];
    let imported = bench.import(4, &[("late.nessus", &nessus(1, FULL, other))]).await;
    assert_eq!((only(&imported).older, only(&imported).reopened), (1, 0));
    assert_eq!(state(&bench.one(BASH).await), State::Fixed);

    let imported = bench.import(5, &[("two.nessus", &nessus(5, PARTIAL, weak))]).await;
    assert_eq!(only(&imported).reopened, 1);
    let bash = bench.one(BASH).await;
    assert_eq!((state(&bash), witnesses(&bash)), (State::Open, vec!["nessus"]));
    let store = record::reader(&bench.data()).await.unwrap().unwrap();
    let steps = store.history(bash.finding.key).await.unwrap();
    let (_, last) = steps.last().unwrap();
    assert_eq!(last.outcome, Some(Outcome::Reopened));
    assert_eq!(last.because, "`nessus` still names it after it was fixed");
    drop(store);

    // Our engine said before that it is mended, and was contradicted.
    bench.up(6, MENDED).await;
    assert_eq!(state(&bench.one(BASH).await), State::Open);
    // A partial report closes nothing; a full one does.
    bench.import(7, &[("three.nessus", &nessus(7, PARTIAL, &[]))]).await;
    assert_eq!(state(&bench.one(BASH).await), State::Open);
    bench.import(8, &[("four.nessus", &nessus(8, FULL, &[]))]).await;
    assert_eq!(state(&bench.one(BASH).await), State::Fixed);
}

#[tokio::test]
async fn what_a_scanner_found_first_becomes_part_of_what_we_find() {
    let bench = Bench::new();
    let report = nessus(1, FULL, &[("150000", 0, &[BASH])]);
    bench.import(2, &[("one.nessus", &report)]).await;
    assert_eq!(bench.one(BASH).await.finding.kind, FindingKind::Foreign);
    bench.up(3, WEAK).await;
    let [ours, theirs] = <[Known; 2]>::try_from(bench.of(BASH).await).unwrap();
    assert_eq!((ours.finding.kind, state(&ours)), (FindingKind::Package, State::Open));
    assert_eq!(witnesses(&ours), ["holdfast", "nessus"]);
    assert_eq!(ours.first_seen, Timestamp(NOW + HOUR), "the first day was the scanner's");
    assert_eq!((theirs.finding.kind, state(&theirs)), (FindingKind::Foreign, State::Merged));
}

#[tokio::test]
async fn a_full_report_takes_its_own_word_back_and_no_other() {
    let bench = Bench::new();
    bench.up(0, WEAK).await;
    bench.import(1, &[("one.nessus", &nessus(1, FULL, &[("150000", 0, &[BASH])]))]).await;
    let imported = bench.import(2, &[("two.nessus", &nessus(2, FULL, &[]))]).await;
    let bash = bench.one(BASH).await;
    assert_eq!((state(&bash), witnesses(&bash)), (State::Open, vec!["holdfast"]));
    assert_eq!(only(&imported).closed, 0);
}

#[tokio::test]
async fn the_same_report_again_changes_nothing() {
    let bench = Bench::new();
    bench.up(0, WEAK).await;
    let report = nessus(1, FULL, &[("150000", 0, &[BASH]), ("150001", 443, &[FOREIGN])]);
    bench.import(2, &[("one.nessus", &report)]).await;
    let (before, entries) = (bench.known().await, bench.entries().await);
    // Days later, and under another name.
    let imported = bench.import(72, &[("again.nessus", &report)]).await;
    assert!(only(&imported).unchanged, "{imported:#?}");
    assert_eq!((bench.known().await, bench.entries().await), (before, entries));
    // An older one does not turn time back.
    bench.import(73, &[("newer.nessus", &nessus(70, FULL, &[("150000", 0, &[BASH])]))]).await;
    let before = bench.known().await;
    let imported = bench.import(74, &[("one.nessus", &report)]).await;
    assert!(only(&imported).outdated, "{imported:#?}");
    assert_eq!(bench.known().await, before);
}

#[tokio::test]
async fn hosts_that_are_not_ours_are_assets_of_their_own_and_ambiguity_is_shown() {
    let bench = Bench::new();
    let other = &[("Credentialed_Scan", "true"), ("bios-uuid", "AAAA-1")];
    let two_faced = &[
        ("Credentialed_Scan", "true"),
        ("machine-id", "ffff"),
        ("host-fqdn", "recorded.shop.example"),
    ];
    let report = format!(
        "{HEAD}{}{}{}{TAIL}",
        host("10.0.0.1", 1, other, &[("1", 22, &[FOREIGN])]),
        host("10.0.0.2", 1, two_faced, &[("1", 22, &[FOREIGN])]),
        host("10.0.0.3", 1, &[("Credentialed_Scan", "true")], &[("1", 22, &[FOREIGN])]),
    );
    let world = bench.world(2, WEAK, &[("some.nessus", &report)]);
    let mut world = world;
    let host =
        holdfast_world::Host { name: "recorded.shop.example".into(), ..(*world.host).clone() };
    world.host = std::sync::Arc::new(host);
    let options = Options { files: vec!["some.nessus".into()], ..Options::default() };
    let imported = import(&world, &bench.data(), &options).await.unwrap();
    let told: Vec<(&str, Option<&str>, bool)> = imported
        .assets
        .iter()
        .map(|row| (row.asset.as_str(), row.joined_by.as_deref(), row.ambiguous))
        .collect();
    assert_eq!(
        told,
        [
            ("host:report:firmware-uuid:aaaa-1", None, false),
            ("host:report:machine-id:ffff", None, true),
            ("host:report:name:10.0.0.3", None, false),
        ]
    );
    assert!(imported.assets[1].because.contains("full name"), "{imported:#?}");
    assert_eq!(bench.of(FOREIGN).await.len(), 3);
    // The next report finds them again.
    let imported = bench.import(3, &[("some.nessus", &report)]).await;
    assert_eq!(imported.assets[0].joined_by.as_deref(), Some("firmware UUID"));
    // `--asset` is for one host.
    let asked = bench
        .with(4, &[("some.nessus", &report)], |options| options.asset = Some("shop".into()))
        .await
        .unwrap();
    assert_eq!(asked.problems[0].code, "import-several-hosts");
    assert_eq!(asked.assets[0].asset, "host:report:firmware-uuid:aaaa-1");
}

fn trivy(artifact: &str, findings: &str) -> String {
    format!(
        r#"{{"SchemaVersion": 2, "ArtifactName": "{artifact}", "ArtifactType": "filesystem",
 "Results": [{{"Target": "Cargo.lock", "Class": "lang-pkgs", "Type": "cargo",
 "Vulnerabilities": [{findings}]}}]}}"#
    )
}

fn vulnerability(id: &str, package: &str, status: &str) -> String {
    format!(
        r#"{{"VulnerabilityID": "{id}", "PkgName": "{package}", "InstalledVersion": "1.0.0",
 "FixedVersion": "1.0.3", "Status": "{status}", "Severity": "HIGH", "Title": "A hole"}}"#
    )
}

/// Results in a file: rule, context and fingerprint.
fn sarif(results: &[(&str, &str, &str)]) -> String {
    let results: Vec<String> = results
        .iter()
        .map(|(rule, context, fingerprint)| {
            format!(
                r#"{{"ruleId": "{rule}", "message": {{"text": "seen"}},
 "locations": [{{"physicalLocation": {{"artifactLocation": {{"uri": "src/main.rs"}},
 "region": {{"startLine": 1, "snippet": {{"text": "{context}"}}}}}}}}],
 "partialFingerprints": {{"primary": "{fingerprint}"}}}}"#
            )
        })
        .collect();
    format!(
        r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "Checker"}}}},
 "results": [{}]}}]}}"#,
        results.join(", ")
    )
}

fn cyclonedx(id: &str) -> String {
    format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
 "components": [{{"type": "library", "bom-ref": "t", "name": "tiller", "version": "1.0.0",
   "purl": "pkg:cargo/tiller@1.0.0"}}],
 "vulnerabilities": [{{"id": "{id}", "affects": [{{"ref": "t"}}]}}]}}"#
    )
}

#[tokio::test]
async fn all_four_formats_come_to_the_same_findings() {
    let bench = Bench::new();
    bench.up(0, WEAK).await;
    let trivy = trivy(".", &vulnerability(TILLER, "tiller", "fixed"));
    let imported = bench.import(1, &[("trivy.json", &trivy)]).await;
    let row = only(&imported);
    assert_eq!(
        (row.joined_by.as_deref(), row.name.as_str(), row.joined),
        (Some("path"), "shop", 1)
    );
    let checker = sarif(&[("A1", "fn main() {}", "f1")]);
    let imported = bench.import(2, &[("checker.sarif", &checker)]).await;
    let row = only(&imported);
    assert_eq!((row.joined_by.as_deref(), row.name.as_str(), row.own), (Some("files"), "shop", 1));
    assert_eq!((&*row.scanner, imported.format.as_str()), ("checker", "sarif"));
    // A report in which nothing is left names no file: it is about what its scanner spoke of before.
    let imported = bench.import(2, &[("empty.sarif", &sarif(&[]))]).await;
    assert_eq!(
        (only(&imported).joined_by.as_deref(), only(&imported).closed),
        (Some("scanner"), 1)
    );
    assert_eq!(state(&bench.one("checker:A1").await), State::Fixed);
    bench.import(3, &[("checker.sarif", &sarif(&[("A1", "fn main() {}", "f2")]))]).await;
    let bom = cyclonedx(TILLER);
    let imported = bench
        .with(3, &[("bom.json", &bom)], |options| options.asset = Some("shop".into()))
        .await
        .unwrap();
    let row = only(&imported);
    assert_eq!((row.joined_by.as_deref(), row.joined, row.own), (Some("you"), 1, 0));
    let tiller = bench.one(TILLER).await;
    assert_eq!(witnesses(&tiller), ["cyclonedx", "holdfast", "trivy"]);
    assert_eq!(tiller.finding.standing, Standing::Trunk);
    let code = bench.of("checker:A1").await;
    let code = code.iter().find(|known| state(known) == State::Open).unwrap();
    assert_eq!(code.finding.kind, FindingKind::Foreign);
    assert_eq!(code.finding.locus.path(), Some("src/main.rs"));
    let report = nessus(3, FULL, &[("1", 22, &[FOREIGN])]);
    bench.import(4, &[("one.nessus", &report)]).await;
    // What one scanner found in the folder, a look of ours at the folder leaves alone.
    bench.up(5, WEAK).await;
    let open = |known: &&Known| known.finding.state == State::Open;
    assert_eq!(bench.of("checker:A1").await.iter().filter(open).count(), 1);
    assert_eq!(state(&bench.one(FOREIGN).await), State::Open);
}

#[tokio::test]
async fn an_artifact_that_is_not_here_joins_nothing() {
    let bench = Bench::new();
    bench.up(0, WEAK).await;
    let report = trivy("registry.example/shop:7", &vulnerability(TILLER, "tiller", "fixed"));
    let imported = bench.import(1, &[("image.json", &report)]).await;
    let row = only(&imported);
    assert_eq!(row.asset, "artifact:report:registry.example/shop:7");
    assert_eq!((row.joined_by.as_deref(), row.joined, row.own), (None, 0, 1));
    assert_eq!(bench.of(TILLER).await.len(), 2);
    let failed = bench
        .with(2, &[("image.json", &report)], |options| options.asset = Some("shpo".into()))
        .await
        .unwrap_err();
    assert_eq!(failed.problems()[0].code, "unknown-asset");
    assert_eq!(failed.problems()[0].help, "did you mean `shop`?");
}

#[tokio::test]
async fn what_a_report_calls_no_problem_is_shown_and_not_counted() {
    let bench = Bench::new();
    let both = [
        vulnerability(FOREIGN, "calm", "affected"),
        vulnerability("CVE-2026-77778", "calm", "not_affected"),
    ];
    let imported = bench.import(1, &[("one.json", &trivy(".", &both.join(",")))]).await;
    let row = only(&imported);
    assert_eq!((row.own, row.dismissed.len(), imported.dismissed), (1, 1, 1));
    assert_eq!(imported.findings, 2, "other importers count it");
    assert_eq!(bench.of("CVE-2026-77778").await, []);
    // What was counted before and is dismissed now never was a problem.
    let later = vulnerability(FOREIGN, "calm", "not_affected");
    bench.import(2, &[("two.json", &trivy(".", &later))]).await;
    assert_eq!(state(&bench.one(FOREIGN).await), State::Withdrawn);
}

#[tokio::test]
async fn a_fingerprint_counts_only_where_it_is_unique_in_its_report() {
    let bench = Bench::new();
    let report = sarif(&[
        ("A1", "one( )", "login required"),
        ("A1", "two( )", "login required"),
        ("A1", "two(  )", "login required"),
        ("A1", "three()", "unique"),
    ]);
    let imported = bench.import(1, &[("checker.sarif", &report)]).await;
    assert_eq!((imported.findings, only(&imported).own), (4, 4));
    // The same lines in another order and under another message are the same findings.
    let before: Vec<_> = bench.known().await.iter().map(|known| known.finding.key).collect();
    let report = sarif(&[
        ("A1", "moved()", "unique"),
        ("A1", "two( )", "login required"),
        ("A1", "two( )", "login required"),
        ("A1", "one( )", "login required"),
    ]);
    let imported = bench.import(2, &[("checker.sarif", &report)]).await;
    assert_eq!((only(&imported).new, only(&imported).closed), (0, 0), "{imported:#?}");
    let after: Vec<_> = bench.known().await.iter().map(|known| known.finding.key).collect();
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_broken_report_leaves_its_neighbours() {
    let bench = Bench::new();
    let whole = nessus(1, FULL, &[("1", 22, &[FOREIGN]), ("2", 23, &["CVE-2026-77778"])]);
    let cut = &whole[..whole.find("CVE-2026-77778").unwrap()];
    let good = trivy(".", &vulnerability("CVE-2026-77779", "calm", "affected"));
    let files = [("cut.nessus", cut), ("notes.txt", "no report"), ("good.json", good.as_str())];
    let imported = bench.import(2, &files).await;
    assert_eq!(imported.reports[1].format, None);
    assert!(imported.problems.iter().any(|problem| problem.code == "report-unknown"));
    let cut = &imported.assets[0];
    assert_eq!((cut.coverage, cut.own), (Coverage::Partial, 1), "{imported:#?}");
    assert_eq!(bench.of(FOREIGN).await.len(), 1);
    assert_eq!(bench.of("CVE-2026-77779").await.len(), 1);
    assert_eq!(imported.format, "nessus,trivy,unknown");
    for problem in &imported.problems {
        assert!(!problem.help.is_empty(), "{problem:?}");
    }
}

#[tokio::test]
async fn a_dry_run_and_a_held_folder_write_nothing() {
    let bench = Bench::new();
    let report = nessus(1, FULL, &[("1", 22, &[FOREIGN])]);
    let files = [("one.nessus", report.as_str())];
    let imported = bench.with(2, &files, |options| options.dry_run = true).await.unwrap();
    assert_eq!((only(&imported).own, imported.findings, imported.grouped), (1, 1, 1));
    assert!(!bench.data().join("holdfast.db").exists());
    assert!(record::reader(&bench.data()).await.unwrap().is_none());

    bench.up(2, WEAK).await;
    let world = bench.world(2, WEAK, &[]);
    let data = bench.data();
    let held = record::holder(&world, &data, holdfast_store::StoreOptions::default());
    let held = held.await.unwrap();
    let failed = bench.with(3, &files, |_| {}).await.unwrap_err();
    assert!(matches!(failed, Failure::Usage(_)), "{failed:?}");
    held.close().await.unwrap();
    assert_eq!(bench.of(FOREIGN).await, []);
    let imported = bench.with(3, &files, |options| options.dry_run = true).await.unwrap();
    assert_eq!(only(&imported).joined_by.as_deref(), Some("machine id"));
    assert_eq!(bench.of(FOREIGN).await, []);
}

#[tokio::test]
async fn a_file_that_is_not_there_stops_no_other() {
    let bench = Bench::new();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let missing = bench.with(3, &[], |options| options.files = names(&["none.json", "src"])).await;
    let missing = missing.unwrap_err();
    let told: Vec<(&str, String)> = missing
        .problems()
        .iter()
        .map(|problem| (problem.code.as_str(), problem.place.as_ref().unwrap().to_string()))
        .collect();
    let at = |place: &str| ("cannot-read", place.to_owned());
    assert_eq!(told, [at("none.json:1:1"), at("src:1:1")]);

    let report = nessus(1, FULL, &[("1", 22, &[FOREIGN])]);
    let files = [("one.nessus", report.as_str()), ("empty.nessus", ""), ("empty.json", "")];
    let all = ["none.json", "src", "empty.nessus", "empty.json", "one.nessus"];
    let imported = bench.with(3, &files, |options| options.files = names(&all)).await.unwrap();
    assert_eq!(imported.reports.len(), all.len());
    for path in ["none.json", "src", "empty.nessus", "empty.json"] {
        let here = |place: &PlaceRow| &*place.path == path;
        let told = |problem: &&ProblemRow| problem.place.as_ref().is_some_and(here);
        let count = imported.problems.iter().filter(told).count();
        assert_eq!(count, 1, "{path}: {imported:#?}");
    }
    assert_eq!(bench.of(FOREIGN).await.len(), 1);
}

#[tokio::test]
async fn a_report_from_the_future_was_made_now() {
    let bench = Bench::new();
    let report = nessus(500, FULL, &[("1", 22, &[FOREIGN])]);
    let imported = bench.import(2, &[("one.nessus", &report)]).await;
    assert_eq!(imported.problems[0].code, "report-from-future");
    assert_eq!(bench.one(FOREIGN).await.first_seen, Timestamp(NOW + 2 * HOUR));
}

#[tokio::test]
async fn whoever_holds_the_folder_imports_for_others() {
    let bench = Bench::new();
    bench.up(0, WEAK).await;
    let report = nessus(1, FULL, &[("1", 22, &[FOREIGN]), ("2", 0, &[BASH])]);
    let cut = &report[..report.len() - TAIL.len() - 3];
    let world = bench.world(2, WEAK, &[("one.nessus", &report), ("cut.nessus", cut)]);
    let data = bench.data();
    let holder = Holder::open(&world, &data, cycle::Options::default()).await.unwrap();
    let known = |weakness: &str| {
        let view = holder.view();
        let mut rows = view.findings.iter().map(|row| &row.row);
        rows.find(|row| &*row.weakness == weakness).map(|row| row.witnesses.len())
    };
    assert_eq!((known(FOREIGN), known(BASH)), (None, Some(1)));
    let served = tokio::spawn({
        let (holder, world, data) = (Arc::clone(&holder), world.clone(), data.clone());
        async move { holder::serve(holder, &world, &data).await }
    });
    let ask = |files: &[&str]| {
        let files = files.iter().map(|file| (*file).to_owned()).collect();
        let asked = import::Asked { here: world.here.clone(), files, asset: None };
        let request = Request { asked: Asked::Import(asked), token: None };
        let data = data.clone();
        tokio::task::spawn_blocking(move || {
            loop {
                // `None` until the socket is there.
                let told = holder::call_import(&data, &request, &mut |_| {});
                if let Some(told) = told.transpose() {
                    return told;
                }
            }
        })
    };
    let imported = ask(&["one.nessus", "none.nessus"]).await.unwrap().unwrap();
    let row = only(&imported);
    assert_eq!((row.joined, row.own, row.new), (1, 1, 1));
    assert_eq!(imported.details.len(), 1);
    assert_eq!(imported.details[0].code, "cannot-read");
    // Pages show it at once.
    assert_eq!((known(FOREIGN), known(BASH)), (Some(1), Some(2)));
    let failed = ask(&["none.nessus"]).await.unwrap().unwrap_err();
    assert_eq!(failed.problems()[0].code, "cannot-read");
    let again = ask(&["one.nessus"]).await.unwrap().unwrap();
    assert!(only(&again).unchanged, "{again:#?}");
    let imported = ask(&["cut.nessus"]).await.unwrap().unwrap();
    assert_eq!(imported.problems.len(), imported.details.len());
    assert_eq!(imported.details[0].place.as_ref().map(|place| &*place.path), Some("cut.nessus"));
    served.abort();
}
