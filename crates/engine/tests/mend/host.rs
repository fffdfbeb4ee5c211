//! Updates of a host's packages: advisories count source packages, plans name binary ones.

use holdfast_engine::fix::{Options, fix};
use holdfast_model::Target;

use super::all::{all, index, shop};
use super::data;

const RELEASE: &str = "ID=debian\nVERSION_ID=\"12\"\n";

fn status(rows: &[(&str, &str, &str)]) -> String {
    let row = |(name, version, source): &(&str, &str, &str)| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nSource: \
             {source}\nVersion: {version}\n\n"
        )
    };
    rows.iter().map(row).collect()
}

/// What the shell is told for each package.
fn told(installed: &[(&str, &str, &str)], fixed: &str) -> Vec<String> {
    let source = installed[0].2.split(' ').next().unwrap();
    let status = status(installed);
    let files = [("/etc/os-release", RELEASE), ("/var/lib/dpkg/status", status.as_str())];
    let world = shop(&index(&[("Debian:12", source, fixed)]), &files, &[]);
    let asked = Options { names: vec!["CVE-2026-91000".to_owned()], ..Options::default() };
    let fixed = fix(&world, data(), &asked).unwrap();
    let lines = fixed.forms.iter().flat_map(|form| form.code.lines());
    let calls = lines.filter(|line| line.starts_with("upgrade_package") && !line.contains('('));
    calls.map(|line| line.replace(['\'', '"'], "")).collect()
}

#[test]
fn a_binary_package_that_counts_as_its_source_has_to_reach_the_fix() {
    let rows = [("door", "1.0-2", "door"), ("door-tools", "1.0-2+b1", "door (1.0-2)")];
    let wanted = ["upgrade_package door 1.0-2+deb12u1", "upgrade_package door-tools 1.0-2+deb12u1"];
    assert_eq!(told(&rows, "1.0-2+deb12u1"), wanted);
}

/// With an epoch or numbers of its own, the fix of the source says nothing of the binary package:
/// it would be reached already, or never.
#[test]
fn a_binary_package_with_numbers_of_its_own_only_has_to_be_newer() {
    let rows = [
        ("door", "1.0-2", "door (1.0-2)"),
        ("door-hinge", "1:1.0-2+b1", "door (1.0-2)"),
        ("libdoor", "0.7.3-2", "door (1.0-2)"),
    ];
    let wanted = [
        "upgrade_package door 1.0-2+deb12u1",
        "upgrade_package door-hinge 1:1.0-2+b1A~",
        "upgrade_package libdoor 0.7.3-2A~",
    ];
    assert_eq!(told(&rows, "1.0-2+deb12u1"), wanted);
    let newer = |a: &str, b: &str| {
        let debian = holdfast_model::Ecosystem::new("Debian:12");
        holdfast_advisories::version::compare(&debian, a, b).unwrap().is_gt()
    };
    assert!(newer("0.7.3-2A~", "0.7.3-2"));
    for made in ["0.7.3-2+deb12u1", "0.7.3-2+b1", "0.7.3-2ubuntu0.1", "0.7.3-2.1", "0.7.3-3"] {
        assert!(newer(made, "0.7.3-2A~"), "{made}");
    }
}

/// Another command says why of controls alone: it counts those, and its words can be copied.
#[test]
fn what_could_not_be_checked_is_told_where_it_is_shown() {
    let status = status(&[("door", "1.0-2", "door")]);
    let files = [
        ("/srv/old image/etc/os-release", RELEASE),
        ("/srv/old image/var/lib/dpkg/status", status.as_str()),
    ];
    let notes = |feed: &str| {
        let world = shop(&index(&[(feed, "door", "1.0-2+deb12u1")]), &files, &[]);
        let target = Target::Root("/srv/old image".into());
        fix(&world, data(), &Options { target, ..all(false) }).unwrap().notes
    };
    let told = |notes: &[String], part: &str| -> Vec<String> {
        notes.iter().filter(|note| note.contains(part)).cloned().collect()
    };
    let (known, unknown) = (notes("Debian:12"), notes("npm"));
    let of_controls = told(&known, "; see why: holdfast audit 'root:/srv/old image'");
    assert_eq!(of_controls.len(), 1, "{known:?}");
    assert_eq!(told(&unknown, "; see why: holdfast audit "), of_controls, "no feed is no control");
    let beside = told(&unknown, "beside controls, ");
    assert_eq!(beside.len(), 1, "{unknown:?}");
    assert_ne!(beside, told(&known, "beside controls, "));
}
