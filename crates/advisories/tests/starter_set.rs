//! The starter set that ships with the project: every file is read, and its own tests pass.

use std::collections::BTreeSet;
use std::path::PathBuf;

use holdfast_advisories::{Compiler, Index, Origin, osv, starter};
use holdfast_model::Timestamp;

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads the project's own rules")]
fn every_file_of_the_starter_set_passes_its_tests() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../rules/advisory");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 30, "{}", paths.len());
    let mut compiler = Compiler::new();
    let (mut problems, mut ids) = (Vec::new(), BTreeSet::new());
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let (rule, found) = starter::parse(&name.as_str().into(), &text);
        problems.extend(found);
        let Some(rule) = rule else { continue };
        problems.extend(starter::run_tests(&rule));
        assert_eq!(format!("{}.yaml", rule.id.to_lowercase()), name);
        compiler.add("starter", &osv::parse(&name, &rule.record).unwrap(), Origin::Starter);
        ids.insert(rule.id);
    }
    let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{}", list.join("\n"));
    assert_eq!(ids.len(), paths.len());
    let compiled = compiler.finish(Timestamp(0));
    assert_eq!(compiled.problems, []);
    let index = Index::open(&compiled.bytes).unwrap();
    assert_eq!(index.feeds(), []);
    // No name joins two files: each is a weakness of its own.
    assert_eq!(index.weaknesses(), paths.len());
}
