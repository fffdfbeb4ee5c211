//! The ways that packages come: names that other assets publish, names that look like one's own, and
//! what publishers say of their releases.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use holdfast_advisories::feeds::OwnNames;
use holdfast_engine::cycle::{Options, up_once};
use holdfast_engine::document::{FindingRow, Report};
use holdfast_engine::sync::{self, Request, Source, Sources};
use holdfast_engine::{index_file, renew};
use holdfast_model::{Ecosystem, Fact, FixKind, Informational, Origin, Severity, State};
use holdfast_sense::read_anything;
use holdfast_world::{Reach, Recorded, World};

use super::mirror::DATA;
use super::skip::{NO_DATA, skip};
use super::support::{self, HOUR, NOW};

/// Looks at a folder of this machine.
async fn up(data: &Path, folder: &str, hours: i64, files: &[(&str, &str)]) -> Report {
    let now = holdfast_model::Timestamp(NOW + hours * HOUR);
    let index = support::index();
    let mut recorded = Recorded::new().now(now).here(folder).file(index_file::path(data), index);
    for (path, text) in files {
        recorded = recorded.file(Path::new(folder).join(path), *text);
    }
    up_once(&World::recorded(recorded), data, &Options::default(), &|_| {}).await.unwrap()
}

fn feed<'r>(report: &'r Report, weakness: &str) -> Vec<&'r FindingRow> {
    report.findings.iter().filter(|one| &*one.weakness == weakness).collect()
}

const MIXED: &str = "--extra-index-url https://own.example/simple\nacme-billing==1.0\n";
const BILLING: &str = "[project]\nname = \"Acme_Billing\"\nversion = \"1.0\"\n";

#[tokio::test]
async fn a_name_that_another_asset_publishes_is_ones_own() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let till = [("requirements.txt", MIXED)];
    let before = up(&data, "/till", 0, &till).await;
    let [mixed] = feed(&before, "feed-mixed").try_into().unwrap();
    assert_eq!(mixed.severity, Severity::Soon, "nobody is known to publish it");

    up(&data, "/billing", 1, &[("pyproject.toml", BILLING)]).await;
    let after = up(&data, "/till", 2, &till).await;
    let [mixed] = feed(&after, "feed-mixed").try_into().unwrap();
    assert_eq!(mixed.severity, Severity::Now);
    let because = &mixed.severity_steps[0].because;
    let wanted = "`acme-billing` of your own is asked for; billing publishes `acme-billing`";
    assert_eq!(because, wanted);

    // It is renamed: what it was called before is nobody's.
    let renamed = BILLING.replace("Acme_Billing", "acme-invoices");
    up(&data, "/billing", 3, &[("pyproject.toml", &renamed)]).await;
    let again = up(&data, "/till", 4, &till).await;
    assert_eq!(feed(&again, "feed-mixed")[0].severity, Severity::Soon);
}

#[tokio::test]
async fn names_of_other_peoples_code_and_known_ones_are_not_ones_own() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let named = |name: &str| format!("[project]\nname = \"{name}\"\n");
    let (copy, known, short) = (named("acme-billing"), named("tiller"), named("web"));
    let files = [
        ("third_party/billing/pyproject.toml", copy.as_str()),
        // The index has advisories about this one.
        ("pyproject.toml", known.as_str()),
        ("web/pyproject.toml", short.as_str()),
    ];
    up(&data, "/billing", 0, &files).await;
    let text =
        "--extra-index-url https://own.example/simple\nacme-billing==1.0\ntiller==9.0\nweb==1\n";
    let report = up(&data, "/till", 1, &[("requirements.txt", text)]).await;
    assert_eq!(feed(&report, "feed-mixed")[0].severity, Severity::Soon);
}

#[tokio::test]
async fn a_misspelling_of_what_everybody_uses_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    for (hours, folder) in [(0, "/a"), (1, "/b"), (2, "/c")] {
        up(&data, folder, hours, &[("requirements.txt", "billing-core==1.0\nledger==1.0\n")]).await;
    }
    let of = async |hours: i64, text: &str| -> Vec<String> {
        let report = up(&data, "/till", hours, &[("requirements.txt", text)]).await;
        let told = feed(&report, "feed-lookalike");
        told.iter().map(|one| format!("{} {}", one.title, one.severity_steps[0].because)).collect()
    };
    let told = of(3, "biling-core==1.0\nledger==1.0\n").await;
    let wanted = "`biling-core` is one slip away from `billing-core` nobody else uses it, and at \
                  least 3 others use `billing-core`";
    assert_eq!(told, [wanted]);
    assert_eq!(of(4, "billing-cores==1.0\nledger==1.0\n").await, [""; 0]);
}

#[tokio::test]
async fn what_publishers_say_is_a_notice_until_another_release_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let lock = |version: &str, word: &str| {
        support::package_lock(&[("till", version)])
            .replace("\"integrity\"", &format!("{word}\n      \"integrity\""))
    };
    let old = lock("1.0.0", "\"deprecated\": \"use tills\",");
    let report = up(&data, "/shop", 0, &[("package-lock.json", &old)]).await;
    let [notice] = feed(&report, "deprecated:npm/till").try_into().unwrap();
    assert_eq!(notice.title, "till 1.0.0: its makers advise against it: use tills");
    assert_eq!((notice.severity, notice.state), (Severity::WhenYouCan, State::Open));
    assert_eq!(notice.direct, Some(true));
    let new = lock("2.0.0", "");
    let report = up(&data, "/shop", 1, &[("package-lock.json", &new)]).await;
    assert_eq!(feed(&report, "deprecated:npm/till").len(), 0);
    let store = holdfast_engine::record::reader(&data).await.unwrap().unwrap();
    let all = store.findings(&holdfast_store::Filter::default()).await.unwrap();
    let one = all.iter().find(|one| &*one.finding.weakness.id.0 == "deprecated:npm/till").unwrap();
    assert_eq!(one.finding.state, State::Fixed);
}

/// A second hole of `tiller`.
const MORE: &str = "CVE-2026-90009";

/// Nobody is sent to a release that its publisher advises against, wherever in the tree that stands.
#[test]
fn no_fix_is_a_release_that_its_makers_advise_against() {
    let index = support::index();
    let of = |word: &str| {
        let old = support::package_lock(&[("tiller", "1.0.0")]);
        let new = support::package_lock(&[("tiller", "1.0.3")])
            .replace("\"integrity\"", &format!("{word}\"integrity\""));
        let files =
            [("old/package-lock.json", old.as_bytes()), ("new/package-lock.json", new.as_bytes())];
        let world = support::world(Path::new(DATA), &index, &files);
        let (look, settings) = support::look(&world);
        let found = support::judged(&look, &settings, &index).findings;
        let hole = found.iter().find(|one| &*one.weakness.id.0 == support::TILLER).unwrap();
        (hole.instances[0].fixed_in.clone(), hole.fix)
    };
    assert_eq!(of(""), (Some("1.0.3".into()), FixKind::Safe));
    assert_eq!(of("\"deprecated\": \"use tills\", "), (None, FixKind::None));
}

/// Go passes over a requirement on a release that the same file excludes; nothing else is said of it.
#[test]
fn no_fix_is_a_release_that_go_mod_excludes() {
    let index = support::index();
    let of = |version: &str, line: &str| -> Vec<(String, Option<String>)> {
        let module = format!(
            "module m.example/m\n\ngo 1.22.5\n\nrequire forge.example/tiller {version}\n{line}"
        );
        let files = [("go.mod", module.as_bytes())];
        let world = support::world(Path::new(DATA), &index, &files);
        let (look, settings) = support::look(&world);
        let found = support::judged(&look, &settings, &index).findings.into_iter();
        let found = found.filter(|one| one.subject.contains("tiller"));
        found
            .map(|one| {
                let fixed = one.instances[0].fixed_in.as_deref().map(str::to_owned);
                (one.weakness.id.0.to_string(), fixed)
            })
            .collect()
    };
    let one = |fixed: Option<&str>| vec![(support::TILLER.to_owned(), fixed.map(str::to_owned))];
    assert_eq!(of("v1.0.0", ""), one(Some("v1.0.3")));
    assert_eq!(of("v1.0.0", "exclude forge.example/tiller v1.0.2\n"), one(Some("v1.0.3")));
    assert_eq!(of("v1.0.0", "exclude forge.example/tiller v1.0.3\n"), one(None));
    assert_eq!(of("v1.0.3", "exclude forge.example/tiller v1.0.3\n"), []);
}

/// A sync judges without another look: what lockfiles say of releases stands in what was found.
#[tokio::test]
async fn a_sync_proposes_no_release_that_its_makers_advise_against() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let old = support::package_lock(&[("tiller", "1.0.0")]);
    let new = support::package_lock(&[("tiller", "1.0.3")])
        .replace("\"integrity\"", "\"deprecated\": \"use tills\", \"integrity\"");
    let files = [("old/package-lock.json", &*old), ("new/package-lock.json", &*new)];
    up(&data, "/shop", 0, &files).await;

    let another = support::record("GHSA-more-more-more", MORE, "npm", "tiller", "1.0.3");
    let now = holdfast_model::Timestamp(NOW + HOUR);
    let mut recorded = Recorded::new().now(now).here("/shop");
    recorded = recorded.file(index_file::path(&data), support::index());
    for (number, text) in support::records().iter().chain([&another]).enumerate() {
        recorded = recorded.file(format!("/feed/{number}.json"), text.as_str());
    }
    let world = World::recorded(recorded);
    let sources = Sources { from: vec![Source::Path("/feed".into())], kev: None, epss: None };
    let reach = Reach { private: false, loopback: false };
    let request = Request { sources, reach, offline: true };
    sync::sync(&world, &data, &request, &|_| {}).unwrap();
    renew::alone(&world, &data, &Options::default()).await.unwrap().unwrap();
    let store = holdfast_engine::record::reader(&data).await.unwrap().unwrap();
    let all = store.findings(&holdfast_store::Filter::default()).await.unwrap();
    let one = all.iter().find(|one| &*one.finding.weakness.id.0 == MORE).unwrap();
    assert_eq!(one.finding.instances[0].version.as_deref(), Some("1.0.0"));
    assert_eq!(one.finding.instances[0].fixed_in, None);
}

/// What a module takes back is told to every other module of the tree that uses it.
#[test]
fn releases_that_were_taken_back_are_found() {
    let index = support::index();
    let core = "module forge.example/core\n\ngo 1.22.5\n\nretract [v1.1.0, v1.2.0] // lost data\n";
    let user = |version: &str| {
        format!("module forge.example/till\n\ngo 1.22.5\n\nrequire forge.example/core {version}\n")
    };
    let of = |version: &str| -> Vec<(String, Option<Informational>)> {
        let user = user(version);
        let files = [("core/go.mod", core.as_bytes()), ("till/go.mod", user.as_bytes())];
        let world = support::world(Path::new(DATA), &index, &files);
        let (look, settings) = support::look(&world);
        let found = support::judged(&look, &settings, &index).findings.into_iter();
        let notices = found.filter(|one| one.weakness.id.0.starts_with("yanked:"));
        notices.map(|one| (one.title, one.weakness.informational)).collect()
    };
    let title = "forge.example/core v1.1.4: its makers took it back: lost data".to_owned();
    assert_eq!(of("v1.1.4"), [(title, Some(Informational::Yanked))]);
    assert_eq!(of("v1.2.1"), []);
}

/// The folder of shared data, where it is beside the checkout.
fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("HOLDFAST_SHARED").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        skip(NO_DATA);
        return None;
    }
    Some(folder)
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

/// Folders of the collection and the name that a reader knows their files by.
const KINDS: [(&str, &str); 17] = [
    ("javascript/bunlock", "bun.lock"),
    ("javascript/packagejson", "package.json"),
    ("javascript/packagelockjson", "package-lock.json"),
    ("javascript/pnpmlock", "pnpm-lock.yaml"),
    ("javascript/yarnlock", "yarn.lock"),
    ("python/pdmlock", "pdm.lock"),
    ("python/pipfilelock", "Pipfile.lock"),
    ("python/poetrylock", "poetry.lock"),
    ("python/pyprojecttoml", "pyproject.toml"),
    ("python/requirements", "requirements.txt"),
    ("python/uvlock", "uv.lock"),
    ("php/composerlock", "composer.lock"),
    ("ruby/gemfilelock", "Gemfile.lock"),
    ("ruby/gemspec", "x.gemspec"),
    ("golang/gomod", "go.mod"),
    ("rust/cargolock", "Cargo.lock"),
    ("rust/cargotoml", "Cargo.toml"),
];

/// Every file of the collection is taken for a project of the organisation: its manifests say what is
/// published, its lockfiles what is used. None of these names is a slip, so none may be told.
#[test]
fn names_of_real_projects_look_like_nobodys() {
    let Some(folder) = shared() else { return };
    let mut all = Vec::new();
    for (kind, name) in KINDS {
        let mut of_kind = Vec::new();
        files(&folder.join("lockfiles").join(kind), &mut of_kind);
        all.extend(of_kind.into_iter().map(|path| (path, name)));
    }
    let mut locks = Vec::new();
    files(&folder.join("cargo-locks"), &mut locks);
    locks.retain(|path| path.extension().is_some_and(|end| end == "lock"));
    all.extend(locks.into_iter().map(|path| (path, "Cargo.lock")));
    let mut own = OwnNames::default();
    let mut published = 0;
    let mut used: BTreeSet<(Ecosystem, String)> = BTreeSet::new();
    for (path, name) in &all {
        for fact in read_anything(name, &std::fs::read(path).unwrap()) {
            match fact {
                Fact::Own(one) => {
                    published += 1;
                    own.add(&one.ecosystem, &one.name);
                }
                Fact::Component(one) if one.origin == Origin::Tree => {
                    published += 1;
                    own.add(&one.ecosystem, &one.name);
                }
                Fact::Component(one) => {
                    used.insert((one.ecosystem, one.name.to_string()));
                }
                _ => {}
            }
        }
    }
    assert!(published > 20 && used.len() > 500, "{published} published, {} used", used.len());
    let told: Vec<String> = used
        .iter()
        .filter(|(ecosystem, name)| !own.holds(ecosystem, name))
        .filter_map(|(ecosystem, name)| {
            Some(format!("{name} for {}", own.lookalike(ecosystem, name)?))
        })
        .collect();
    assert_eq!(told, [""; 0], "of {} names, {published} of them published", used.len());
}
