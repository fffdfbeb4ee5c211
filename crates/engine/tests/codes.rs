//! Every problem code that the engine and the command line write stands in the registry, and every
//! one of the registry is written somewhere.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads the sources")]

use std::collections::BTreeSet;
use std::path::Path;

/// The codes that sources name, whatever white space is between.
fn written(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            written(&path, codes);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            for call in ["Problem::new(", "Problem::at(", ".problem("] {
                for rest in text.split(call).skip(1) {
                    if let Some(code) = rest.trim_start().strip_prefix('"') {
                        codes.insert(code.split('"').next().unwrap().to_owned());
                    }
                }
            }
        }
    }
}

#[test]
fn the_registry_and_the_sources_agree() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut codes = BTreeSet::new();
    written(&crates.join("engine/src"), &mut codes);
    written(&crates.join("holdfast/src"), &mut codes);
    // Given by a constant, since callers ask for it.
    codes.insert("tool-failed".to_owned());
    let known: BTreeSet<String> =
        holdfast_engine::CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
    let missing: Vec<&String> = codes.difference(&known).collect();
    let unused: Vec<&String> = known.difference(&codes).collect();
    assert!(missing.is_empty(), "not in the registry: {missing:?}");
    assert!(unused.is_empty(), "written nowhere: {unused:?}");
}
