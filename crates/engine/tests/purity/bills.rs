//! A bill of materials is another way to say the same: what a folder or a host shows, its CycloneDX
//! and its SPDX show too, at the same loci; and a bill beside its lockfile adds nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use holdfast_engine::assess::Assessment;
use holdfast_engine::bill::{Notation, write};
use holdfast_engine::controls::Controls;
use holdfast_engine::host;
use holdfast_engine::look::Look;
use holdfast_model::{Locus, Target, Timestamp};
use holdfast_rulefile::Config;
use holdfast_world::World;

use crate::support::{self, NOW, TILLER, cargo_lock, judged, package_lock, recorded, world};

static INDEX: LazyLock<Vec<u8>> = LazyLock::new(support::index);

pub(crate) const BOTH: [(Notation, &str); 2] =
    [(Notation::CycloneDx, "shop.cdx.json"), (Notation::Spdx, "shop.spdx.json")];

const DPKG: &str = "Package: bash\nStatus: install ok installed\nVersion: 5.2.15-2+b7\n\
                    Source: bash (5.2.15-2)\nArchitecture: amd64\n\n\
                    Package: libtill1\nStatus: install ok installed\nVersion: 1:9.9\n\
                    Source: bash (5.2.15-1)\nArchitecture: amd64\n\n\
                    Package: quiet\nStatus: install ok installed\nVersion: 1.0-1\n\
                    Architecture: amd64\n\n";
const OS: &str = "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n";

fn data() -> &'static Path {
    Path::new("/data")
}

/// Weakness, locus, subject and for each copy its version and what mends it.
pub(crate) type Row = (String, Locus, String, Vec<(Option<String>, Option<String>)>);

pub(crate) fn rows(assessment: &Assessment) -> BTreeSet<Row> {
    let text = |text: &Option<Arc<str>>| text.as_deref().map(ToOwned::to_owned);
    let row = |finding: &holdfast_model::Finding| {
        let copies = finding.instances.iter();
        let copies = copies.map(|copy| (text(&copy.version), text(&copy.fixed_in))).collect();
        let (id, subject) = (finding.weakness.id.0.to_string(), finding.subject.to_string());
        (id, finding.locus.clone(), subject, copies)
    };
    assessment.findings.iter().map(row).collect()
}

/// Subject and reason of what could not be judged, without gaps about files.
pub(crate) fn gaps(assessment: &Assessment) -> BTreeSet<(String, String)> {
    let rows = assessment.not_assessed.iter();
    let rows = rows.filter(|row| !matches!(row.locus, Locus::File { .. }));
    rows.map(|row| (row.subject.to_string(), row.reason.clone())).collect()
}

fn of_folder(files: &[(&str, &[u8])]) -> (Look, Assessment) {
    let world = world(data(), &INDEX, files);
    let (look, settings) = support::look(&world);
    let assessment = judged(&look, &settings, &INDEX);
    (look, assessment)
}

fn of_host(world: &World, target: &Target) -> (Look, Assessment) {
    let controls = Arc::new(Controls::default());
    let look = host::look_at(world, target, &controls, &Config::default()).unwrap();
    let (_, settings) = support::look(world);
    let assessment = judged(&look, &settings, &INDEX);
    (look, assessment)
}

/// What a bill alone shows, in a folder of its own.
fn of_bill(look: &Look, notation: Notation, name: &str) -> Assessment {
    let text = write(look, Timestamp(NOW), notation);
    of_folder(&[(name, text.as_bytes())]).1
}

#[test]
fn a_folder_and_its_bills_show_the_same() {
    let lock = cargo_lock(&[("tiller", "1.0.0"), ("quiet", "1.2.0"), ("fine", "3.0.0")]);
    let npm = package_lock(&[("tiller", "1.0.1")]);
    let (look, before) = of_folder(&[
        ("Cargo.lock", lock.as_bytes()),
        ("web/package-lock.json", npm.as_bytes()),
        ("job/requirements.txt", b"tiller==1.0.2\nodd==not.a.version\n"),
        ("go.mod", b"module shop.example/a\n\ngo 1.99\n\nrequire forge.example/tiller v1.0.0\n"),
    ]);
    assert_eq!(before.findings.len(), 5, "{:#?}", rows(&before));
    for (notation, name) in BOTH {
        let after = of_bill(&look, notation, name);
        assert_eq!(rows(&after), rows(&before), "{name}");
        assert_eq!(gaps(&after), gaps(&before), "{name}");
        assert_eq!(after.packages, before.packages, "{name}");
        assert!(after.problems.is_empty(), "{name}: {:?}", after.problems);
    }
}

#[test]
fn a_host_and_its_bills_show_the_same() {
    let folders = support::Folders::new();
    folders.write("etc/os-release", OS);
    folders.write("var/lib/dpkg/status", DPKG);
    let root: Arc<str> = folders.tree.path().to_str().unwrap().into();
    let recorded = recorded(data(), &INDEX, &[])
        .file("/shop/README", "")
        .file("/var/lib/dpkg/status", DPKG)
        .file("/etc/os-release", OS);
    let here = tempfile::tempdir().unwrap();
    let hosts = [
        of_host(&World::recorded(recorded), &Target::Local),
        of_host(&support::real_world(here.path()), &Target::Root(root)),
    ];
    for (look, before) in &hosts {
        assert_eq!(before.findings.len(), 1, "{:#?}", rows(before));
        assert_eq!(before.findings[0].instances.len(), 2);
        for (notation, name) in BOTH {
            assert_eq!(rows(&of_bill(look, notation, name)), rows(before), "{name}");
        }
    }
    assert_eq!(rows(&hosts[0].1), rows(&hosts[1].1));
}

#[test]
fn a_bill_beside_its_lockfile_adds_nothing() {
    let lock = cargo_lock(&[("tiller", "1.0.0"), ("quiet", "1.2.0")]);
    let (look, before) = of_folder(&[("Cargo.lock", lock.as_bytes())]);
    for (notation, name) in BOTH {
        let text = write(&look, Timestamp(NOW), notation);
        let both: [(&str, &[u8]); 2] = [("Cargo.lock", lock.as_bytes()), (name, text.as_bytes())];
        let (_, after) = of_folder(&both);
        assert_eq!(rows(&after), rows(&before), "{name}");
        assert_eq!(after.packages, before.packages);
    }
}

/// A bill without places, as many tools write it.
fn plain(version: &str) -> String {
    format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.5",
 "metadata": {{"component": {{"bom-ref": "r", "name": "shop:{version}"}}}},
 "components": [{{"bom-ref": "t", "name": "tiller", "version": "{version}", "purl": "pkg:cargo/tiller@{version}"}},
  {{"bom-ref": "q", "name": "quiet", "version": "1.0.0", "purl": "pkg:cargo/quiet@1.0.0"}}],
 "dependencies": [{{"ref": "r", "dependsOn": ["t"]}}, {{"ref": "t", "dependsOn": ["q"]}}]}}"#
    )
}

#[test]
fn a_lockfile_knows_better_than_an_old_bill() {
    let bill = plain("1.0.0");
    let lock = cargo_lock(&[("tiller", "1.0.4")]);
    let (look, after) =
        of_folder(&[("bom.json", bill.as_bytes()), ("api/Cargo.lock", lock.as_bytes())]);
    let names: Vec<String> = rows(&after).into_iter().map(|(_, _, subject, _)| subject).collect();
    assert_eq!(names, ["pkg:cargo/quiet"], "only what no lockfile names");
    let kept = look.documents.iter().find(|document| document.is_bill()).unwrap();
    assert_eq!((kept.components.len(), kept.edges.len()), (1, 0));
    // A lockfile of another folder says nothing of what this bill is about.
    let (_, after) =
        of_folder(&[("image/bom.json", bill.as_bytes()), ("api/Cargo.lock", lock.as_bytes())]);
    assert!(rows(&after).iter().any(|(id, ..)| id == TILLER));
}

#[test]
fn the_name_of_a_bill_and_the_tag_of_its_artifact_are_no_identity() {
    let one = of_folder(&[("bom.json", plain("1.0.0").as_bytes())]).1;
    let other = of_folder(&[("deep/down/sbom-7.json", plain("1.0.1").as_bytes())]).1;
    let keys = |of: &Assessment| -> BTreeSet<String> {
        of.findings.iter().map(|finding| finding.key.to_string()).collect()
    };
    assert_eq!(keys(&one), keys(&other));
    assert_eq!(one.findings.len(), 2);
    let place = one.findings[0].place().unwrap();
    assert_eq!(&*place.path, "bom.json", "people open the bill");
    assert_eq!(one.findings[0].locus.path(), Some("artifact:shop"));
}

#[test]
fn half_a_bill_closes_nothing() {
    let text = plain("1.0.4");
    let half = &text[..text.find("{\"bom-ref\": \"q\"").unwrap()];
    let (_, after) = of_folder(&[("bom.json", half.as_bytes())]);
    assert!(after.findings.is_empty());
    let quiet = of_folder(&[("bom.json", text.as_bytes())]).1.findings[0].clone();
    assert!(after.unreadable.iter().any(|unread| match &unread.scope {
        holdfast_findings::Scope::Kind(kind) => *kind == quiet.kind,
        _ => false,
    }));
}

#[test]
fn half_a_bill_leaves_the_lockfile_beside_it_alone() {
    let text = plain("1.0.4");
    let half = &text[..text.find("{\"bom-ref\": \"q\"").unwrap()];
    let lock = cargo_lock(&[("fine", "1.0.0")]);
    let (_, after) =
        of_folder(&[("bom.json", half.as_bytes()), ("api/Cargo.lock", lock.as_bytes())]);
    let of_bill = holdfast_findings::Scope::Path("artifact:shop".into());
    let scopes: Vec<_> = after.unreadable.iter().map(|unread| unread.scope.clone()).collect();
    assert_eq!(scopes, [of_bill], "{scopes:?}");
}

/// A bill of an image, and what it says that the image was built from.
fn of_image(name: &str, source: &str) -> String {
    format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {{"component": {{
 "type": "container", "name": "{name}",
 "externalReferences": [{{"type": "vcs", "url": "{source}"}}]}}}}, "components": []}}"#
    )
}

#[test]
fn a_folder_of_bills_is_linked_with_their_images_and_their_source() {
    let shop = "https://forge.example/acme/shop.git";
    let web = of_image("registry.example/shop/web:1.2", shop);
    let api = of_image(&format!("api@sha256:{}", "a".repeat(64)), "git@forge.example:acme/shop");
    let labels = |files: &[(&str, &[u8])]| of_folder(files).0.asset.labels;
    let images = [
        "bill-of:registry.example/shop/web:1.2".to_owned(),
        format!("bill-of:sha256:{}", "a".repeat(64)),
    ];
    let source = "source:forge.example/acme/shop".to_owned();
    let both: [(&str, &[u8]); 2] =
        [("web/bom.json", web.as_bytes()), ("api.cdx.json", api.as_bytes())];
    assert_eq!(labels(&both), [&images[..], &[source]].concat());
    // Beside code, or where another one is of something else, they do not speak for the folder.
    let lock = cargo_lock(&[("fine", "1.0.0")]);
    let beside: [(&str, &[u8]); 3] = [both[0], both[1], ("Cargo.lock", lock.as_bytes())];
    assert_eq!(labels(&beside), images);
    let other = of_image("registry.example/shop/till:1", "https://forge.example/acme/till");
    let mixed: [(&str, &[u8]); 2] = [both[0], ("till.cdx.json", other.as_bytes())];
    assert_eq!(labels(&mixed), ["bill-of:registry.example/shop/till:1", images[0].as_str()]);
    assert_eq!(labels(&[("bom.json", plain("1.0.0").as_bytes())]), [""; 0]);
}
