//! `assess` is pure and stable: the same look means the same, whatever the order in which its
//! documents and packages come, wherever their lines stand, and however often it is asked.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

#[path = "purity/bills.rs"]
mod bills;
#[path = "purity/distributions.rs"]
mod distributions;
#[path = "purity/routes.rs"]
mod routes;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use holdfast_engine::assess::Assessment;
use holdfast_engine::cycle::{self, up_once};
use holdfast_engine::document::{FindingRow, NotAssessedRow, ProblemRow};
use holdfast_engine::record;
use holdfast_model::{AssetId, LocalKey};
use holdfast_world::World;
use proptest::prelude::*;
use proptest::test_runner::Config;
use support::{cargo_lock, judged, look, package_lock, world};

static INDEX: LazyLock<Vec<u8>> = LazyLock::new(support::index);

fn data() -> &'static Path {
    Path::new("/data")
}

/// Everything that an assessment says, as text.
fn told(assessment: &Assessment) -> String {
    let shop = AssetId("shop".into());
    let findings: Vec<_> =
        assessment.findings.iter().map(|one| FindingRow::new(one, &shop, "shop")).collect();
    let gaps: Vec<NotAssessedRow> = assessment.not_assessed.iter().map(Into::into).collect();
    let problems: Vec<ProblemRow> = assessment.problems.iter().map(Into::into).collect();
    serde_json::to_string_pretty(&(findings, gaps, problems, assessment.packages)).unwrap()
}

/// A shop with a document of each kind, healthy and broken, in several folders.
fn shop() -> World {
    let cargo = cargo_lock(&[("tiller", "1.0.0"), ("quiet", "1.2.0"), ("calm", "3.0.0")]);
    let npm = package_lock(&[("tiller", "1.0.1"), ("labeller", "2.0.0")]);
    let files: [(&str, &[u8]); 7] = [
        ("Cargo.lock", cargo.as_bytes()),
        ("till/Cargo.lock", cargo.as_bytes()),
        ("web/package-lock.json", npm.as_bytes()),
        ("requirements.txt", b"tiller==1.0.0\nfloating>=1\n"),
        ("go.mod", b"module shop.example\n\ngo 1.22\n\nrequire forge.example/tiller v1.0.0\n"),
        ("broken/package-lock.json", b"{\"packages\": {\"node_modules/tiller\": {"),
        ("broken/Cargo.lock", b"version = 4\n\n[[package]\nname = \"tiller\"\n"),
    ];
    world(data(), &INDEX, &files)
}

#[test]
fn the_same_look_twice_means_the_same() {
    let world = shop();
    let (one, settings) = look(&world);
    let (two, _) = look(&world);
    assert_eq!(one.digest(), two.digest());
    let first = told(&judged(&one, &settings, &INDEX));
    assert_eq!(told(&judged(&one, &settings, &INDEX)), first);
    assert_eq!(told(&judged(&two, &settings, &INDEX)), first);
    assert_eq!(first.matches("\"weakness\": \"CVE-2026-90001\"").count(), 5, "{first}");
    assert_eq!(first.matches("\"weakness\": \"CVE-2026-90002\"").count(), 2, "{first}");
}

/// The second of two equal runs on one day writes nothing.
#[tokio::test]
async fn the_same_run_twice_writes_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let lock = cargo_lock(&[("tiller", "1.0.0")]);
    let world = world(&data, &INDEX, &[("Cargo.lock", lock.as_bytes())]);
    let mut entries = Vec::new();
    let mut reports = Vec::new();
    for _ in 0..2 {
        let options = cycle::Options::default();
        reports.push(up_once(&world, &data, &options, &|_| {}).await.unwrap());
        let store = record::reader(&data).await.unwrap().unwrap();
        entries.push(store.verify(None).await.unwrap().entries);
    }
    assert_eq!(entries[0], entries[1]);
    let rows = |at: usize| serde_json::to_value(&reports[at].findings).unwrap();
    assert_eq!(rows(0), rows(1));
}

/// Keys and places of findings.
fn keys(assessment: &Assessment) -> BTreeMap<LocalKey, BTreeSet<u32>> {
    let lines = |finding: &holdfast_model::Finding| {
        finding.instances.iter().map(|one| one.place.line).collect()
    };
    assessment.findings.iter().map(|finding| (finding.local, lines(finding))).collect()
}

fn names() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let one = prop_oneof![
        Just(("tiller", "1.0.0")),
        Just(("tiller", "1.0.2")),
        Just(("quiet", "1.2.0")),
        Just(("calm", "3.0.0")),
        Just(("settled", "0.1.0")),
    ];
    proptest::collection::btree_set(one, 1..5).prop_map(|set| set.into_iter().collect())
}

fn one_lock(text: &str) -> Assessment {
    let (look, settings) = look(&world(data(), &INDEX, &[("Cargo.lock", text.as_bytes())]));
    judged(&look, &settings, &INDEX)
}

fn config() -> Config {
    Config { cases: 24, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_order_of_documents_does_not_matter(order in Just((0..7_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let (mut seen, settings) = look(&shop());
        let expected = told(&judged(&seen, &settings, &INDEX));
        let digest = seen.digest();
        let mut documents: Vec<_> = seen.documents.drain(..).map(Some).collect();
        prop_assert_eq!(documents.len(), order.len());
        seen.documents = order.iter().map(|at| documents[*at].take().unwrap()).collect();
        prop_assert_eq!(seen.digest(), digest);
        let mut found = judged(&seen, &settings, &INDEX);
        // Problems are told in the order of reading.
        found.problems.sort_by_key(|problem| problem.place.clone().map(|place| (place.path, place.line, place.column)));
        let (again, _) = look(&shop());
        let mut sorted = judged(&again, &settings, &INDEX);
        sorted.problems.sort_by_key(|problem| problem.place.clone().map(|place| (place.path, place.line, place.column)));
        prop_assert_eq!(told(&found), told(&sorted));
        prop_assert!(!expected.is_empty());
    }

    #[test]
    fn lines_further_down_change_no_key(packages in names(), k in 1..40_u32) {
        let text = cargo_lock(&packages);
        let shifted = "# a line more\n".repeat(usize::try_from(k).unwrap()) + &text;
        let (before, after) = (keys(&one_lock(&text)), keys(&one_lock(&shifted)));
        let moved: BTreeMap<LocalKey, BTreeSet<u32>> = before
            .into_iter()
            .map(|(key, lines)| (key, lines.into_iter().map(|line| line + k).collect()))
            .collect();
        prop_assert_eq!(after, moved);
    }

    #[test]
    fn the_order_of_packages_changes_no_key(
        packages in names().prop_flat_map(|packages| (Just(packages.clone()), Just(packages).prop_shuffle()))
    ) {
        let (one, other) = (one_lock(&cargo_lock(&packages.0)), one_lock(&cargo_lock(&packages.1)));
        let only_keys = |found: &Assessment| keys(found).into_keys().collect::<Vec<_>>();
        prop_assert_eq!(only_keys(&one), only_keys(&other));
    }

    #[test]
    fn what_stands_in_one_folder_says_nothing_about_another(one in names(), other in names()) {
        let (first, second) = (cargo_lock(&one), cargo_lock(&other));
        let found = |files: &[(&str, &[u8])]| {
            let (seen, settings) = look(&world(data(), &INDEX, files));
            keys(&judged(&seen, &settings, &INDEX))
        };
        let both = found(&[("a/Cargo.lock", first.as_bytes()), ("b/Cargo.lock", second.as_bytes())]);
        let mut apart = found(&[("a/Cargo.lock", first.as_bytes())]);
        apart.extend(found(&[("b/Cargo.lock", second.as_bytes())]));
        prop_assert_eq!(both, apart);
    }

    #[test]
    fn versions_are_no_part_of_a_key(minor in 0..3_u32, other in 0..3_u32) {
        let lock = |minor: u32| one_lock(&cargo_lock(&[("tiller", &format!("1.0.{minor}"))]));
        prop_assert_eq!(keys(&lock(minor)), keys(&lock(other)));
    }

    #[test]
    fn no_bytes_make_it_panic(
        name in prop_oneof![
            Just("Cargo.lock"), Just("Cargo.toml"), Just("package-lock.json"), Just("package.json"),
            Just("requirements.txt"), Just("go.mod"), Just("go.sum"), Just("holdfast.toml"),
            Just(".holdfast/accepted.yaml"), Just("CODEOWNERS"), Just(".gitignore"),
        ],
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let healthy = cargo_lock(&[("tiller", "1.0.0")]);
        let files: [(&str, &[u8]); 2] = [("till/Cargo.lock", healthy.as_bytes()), (name, &bytes)];
        let world = world(data(), &INDEX, &files);
        let folder = holdfast_engine::sensors::open(&world, Path::new(".")).unwrap();
        let read = holdfast_engine::settings::read(&folder.tree, None, &jiff::tz::TimeZone::UTC);
        if let Ok(settings) = read {
            let seen = holdfast_engine::sensors::look_at_folder(&world, &folder, &settings).unwrap();
            let found = judged(&seen, &settings, &INDEX);
            // An `exclude` or an ignore line of random bytes may leave the healthy one out.
            if ![".gitignore", "holdfast.toml"].contains(&name) {
                prop_assert!(found.findings.iter().any(|one| *one.weakness.id.0 == *support::TILLER));
            }
        }
    }
}
