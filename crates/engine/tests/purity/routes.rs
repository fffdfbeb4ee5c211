//! Whose a finding is and how soon it is wanted, by what the asset says of itself, what its service
//! says of it, and who owns the path.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdfast_engine::check::{Options, check};
use holdfast_engine::cycle::{self, up_once};
use holdfast_engine::document::{FindingRow, Report};
use holdfast_model::Severity;
use holdfast_world::{Recorded, World};

use super::support::{self, BASH, TILLER, cargo_lock, package_lock};
use super::{INDEX, data};

const SHOP: &str = "[asset]\nid = \"forge.example/acme/shop\"\n";

/// The shop's service, with more lines about it.
fn services(lines: &str) -> String {
    format!(
        "[[service]]\nname = \"shop\"\nteam = \"payments\"\nhosts = [\"recorded\"]\n\
         repositories = [\"forge.example/acme/shop\"]\n{lines}\n"
    )
}

/// A shop with two lockfiles, of which somebody owns one.
fn shop(data: &Path, config: &str, owners: &str, services: &str) -> Recorded {
    let cargo = cargo_lock(&[("tiller", "1.0.0")]);
    let npm = package_lock(&[("tiller", "1.0.1")]);
    let files = [
        ("holdfast.toml", config.as_bytes()),
        ("CODEOWNERS", owners.as_bytes()),
        ("Cargo.lock", cargo.as_bytes()),
        ("web/package-lock.json", npm.as_bytes()),
    ];
    support::recorded(data, &INDEX, &files).file(data.join("services.toml"), services)
}

fn checked(config: &str, owners: &str, services: &str) -> Report {
    let world = World::recorded(shop(data(), config, owners, services));
    let options = Options { path: PathBuf::from("."), ..Options::default() };
    check(&world, data(), &options).unwrap()
}

/// The findings of a weakness, by the file that they are in.
fn of<'r>(report: &'r Report, weakness: &str) -> BTreeMap<&'r str, &'r FindingRow> {
    let rows = report.findings.iter().filter(|row| &*row.weakness == weakness);
    rows.map(|row| (&*row.place.as_ref().unwrap().path, row)).collect()
}

/// The team of each lockfile.
fn teams(report: &Report) -> [&str; 2] {
    let found = of(report, TILLER);
    ["Cargo.lock", "web/package-lock.json"].map(|path| {
        let decision = found[path].decision.as_ref().unwrap();
        decision.team.as_str()
    })
}

#[test]
fn the_nearest_word_says_whose_a_finding_is() {
    let (owners, none) = ("web/ @acme/web\n", "");
    let payments = services("");
    let labelled = format!("{SHOP}labels = [\"team:till\"]\n");
    let named = format!("{SHOP}team = \"till\"\n");
    let other = SHOP.replace("acme/shop", "acme/other");
    for (config, owners, services, wanted) in [
        (SHOP, none, &payments, ["payments", "payments"]),
        (SHOP, owners, &payments, ["payments", "acme/web"]),
        (labelled.as_str(), owners, &payments, ["till", "acme/web"]),
        (named.as_str(), owners, &payments, ["till", "till"]),
        // Of no service, it is whoever looks.
        (other.as_str(), owners, &payments, ["somebody", "acme/web"]),
    ] {
        let report = checked(config, owners, services);
        let wanted = wanted.map(|team| if team == "somebody" { user() } else { team.to_owned() });
        assert_eq!(teams(&report), wanted.each_ref().map(String::as_str), "{config}");
    }
}

/// Who looks, in recorded worlds.
fn user() -> String {
    World::recorded(Recorded::new()).host.user.clone()
}

#[test]
fn exposure_and_tier_of_the_service_count_where_the_asset_says_none() {
    let own = |lines: &str| format!("{SHOP}{lines}\n");
    let inside = services("exposure = \"internal\"\ntier = 3");
    let first = services("exposure = \"internal\"\ntier = 1");
    let lowered = (Severity::Soon, "reached from inside only: lowered to soon");
    let kept = (Severity::Now, "reached from inside only, but of tier 1: stays now");
    let scored = (Severity::Now, "scored 9.8 of 10 by its publisher");
    for (config, services, wanted) in [
        (own(""), services(""), scored),
        (own(""), inside.clone(), lowered),
        (own(""), first.clone(), kept),
        (own("exposure = \"internet\""), inside.clone(), scored),
        (own("tier = 1"), inside, kept),
        (own("tier = 2"), first, lowered),
        (own("exposure = \"internal\""), services(""), lowered),
    ] {
        let report = checked(&config, "", &services);
        for row in of(&report, TILLER).values() {
            let last = row.severity_steps.last().unwrap();
            assert_eq!((row.severity, last.because.as_str()), wanted, "{config} {services}");
        }
    }
}

#[test]
fn an_inventory_with_a_mistake_is_told_and_loses_its_service_only() {
    let report = checked(SHOP, "", &services("tier = \"first\""));
    assert!(report.problems.iter().any(|one| one.code == "rule-type"), "{:#?}", report.problems);
    assert_eq!(teams(&report), [user().as_str(), user().as_str()]);
}

/// A host goes to the team of its service, and who owns which path of the tree says nothing of it.
#[tokio::test]
async fn a_host_is_of_the_team_of_its_service() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let services = services("exposure = \"internal\"");
    let wheel = "/usr/local/lib/python3.11/dist-packages/tiller-1.0.0.dist-info/METADATA";
    let machine = shop(&data, SHOP, "* @acme/everybody\n", &services)
        .file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
        .file(
            "/var/lib/dpkg/status",
            "Package: bash\nStatus: install ok installed\nArchitecture: amd64\n\
             Version: 5.2.15-2\n\n",
        )
        .file(wheel, "Metadata-Version: 2.1\nName: tiller\nVersion: 1.0.0\n");
    let world = World::recorded(machine);
    let report = up_once(&world, &data, &cycle::Options::default(), &|_| {}).await.unwrap();
    let team = |row: &FindingRow| row.decision.as_ref().unwrap().team.clone();
    let bash = of(&report, BASH);
    let bash = bash.values().next().unwrap();
    assert_eq!((team(bash).as_str(), bash.severity), ("payments", Severity::Soon));
    let tiller = of(&report, TILLER);
    assert_eq!(team(tiller[wheel]), "payments");
    assert_eq!(team(tiller["Cargo.lock"]), "acme/everybody");
}
