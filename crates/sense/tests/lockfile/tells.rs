//! Whose packages the fixtures hold, against what their readers say of themselves.

use std::collections::BTreeSet;
use std::path::Path;

use holdfast_sense::{Tells, read_anything, readers, tells};
use serde_json::Value;

use super::support::{components, fixtures, problems, versions};

/// Families that stand for what is not known.
const UNKNOWN: [&str; 2] = ["rpm", "unknown"];
/// Readers whose fixtures are made by tests.
const MADE: [&str; 2] = ["executable", "java-archive"];

/// Adds the families of every ecosystem in a value.
fn gather(value: &Value, families: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                if let (true, Some(text)) = (key == "ecosystem", value.as_str()) {
                    families.insert(text.split(':').next().unwrap().to_owned());
                }
                gather(value, families);
            }
        }
        Value::Array(array) => {
            for value in array {
                gather(value, families);
            }
        }
        _ => {}
    }
}

/// What the expected facts of a reader's fixtures name.
fn told(folder: &Path) -> BTreeSet<String> {
    let mut families = BTreeSet::new();
    for case in std::fs::read_dir(folder).unwrap() {
        let Ok(text) = std::fs::read_to_string(case.unwrap().path().join("expected.json")) else {
            continue;
        };
        gather(&serde_json::from_str(&text).unwrap(), &mut families);
    }
    families.retain(|family| !UNKNOWN.contains(&family.as_str()));
    families
}

#[test]
fn readers_tell_of_the_families_that_they_name() {
    let mut compared = 0;
    for reader in readers() {
        let id = reader.about().id;
        let folder = fixtures().join(id);
        if !folder.is_dir() {
            let made = MADE.contains(&id) || tells(id) == Tells::Nothing;
            assert!(made, "fixtures/{id} is missing");
            continue;
        }
        let told = told(&folder);
        let Tells::Of(named) = tells(id) else {
            assert!(told.is_empty() || tells(id) == Tells::Whatever, "{id} tells {told:?}");
            continue;
        };
        let named: BTreeSet<String> = named.iter().map(|family| (*family).to_owned()).collect();
        // Of distributions there are more than fixtures.
        let distributions = ["apk-installed", "dpkg-status", "rpm-database"].contains(&id);
        if distributions {
            assert!(told.is_subset(&named) && !told.is_empty(), "{id} tells {told:?}");
        } else {
            assert_eq!(told, named, "{id}");
        }
        compared += 1;
    }
    assert!(compared > 50, "{compared}");
}

/// What tools write under another name, since somebody gave them another manifest.
#[test]
fn lockfiles_of_other_names_are_read() {
    let gems = "GEM\n  remote: https://gems.example/\n  specs:\n    tiller (1.0.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  tiller\n";
    for name in ["Gemfile.next.lock", "gemfiles/rails6.gemfile.lock"] {
        let facts = read_anything(name, gems.as_bytes());
        assert_eq!(versions(&facts), ["tiller 1.0.0"], "{name}");
    }
    let facts = read_anything("gemfiles/rails6.gemfile", b"gem \"tiller\", \"1.0.0\"\n");
    assert_eq!(super::support::requirements(&facts).count(), 1);
    let facts = read_anything("settings-gradle.lockfile", b"org.example:till:1.0.0=classpath\n");
    assert_eq!(versions(&facts), ["org.example:till 1.0.0"]);
    assert!(components(&facts).all(|one| one.dev));
}

/// What is pinned to nothing has no version, and the file says less than it should.
#[test]
fn a_star_in_a_pipfile_lock_is_no_version() {
    let text = r#"{"_meta": {"pipfile-spec": 6}, "default": {"till": {"version": "*"}}}"#;
    let facts = read_anything("Pipfile.lock", text.as_bytes());
    assert_eq!(versions(&facts), ["till -"]);
    let told: Vec<&str> = problems(&facts).map(|problem| problem.code.as_str()).collect();
    assert_eq!(told, ["lock-package-incomplete"]);
}
