//! Whose packages the fixtures hold, against what their readers say of themselves.

use std::collections::BTreeSet;
use std::path::Path;

use holdfast_sense::{Tells, readers, tells};
use serde_json::Value;

use super::support::fixtures;

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
