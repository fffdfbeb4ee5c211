//! Every fixture folder against its `expected.json`.

use std::path::{Path, PathBuf};

use holdfast_model::Fact;
use holdfast_sense::codes::CODES;
use holdfast_sense::report::report_readers;

use crate::support::{problems, read};

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn every_fixture_says_what_it_should() {
    for reader in report_readers() {
        let id = reader.about().id;
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/report").join(id);
        let cases = sorted(&root);
        assert!(cases.iter().any(|case| name(case).starts_with("plain")), "{id}");
        assert!(cases.iter().any(|case| name(case).starts_with("broken-")), "{id}");
        for case in cases {
            for file in sorted(&case).iter().filter(|file| name(file).starts_with("report.")) {
                let (found, facts) = read(name(file), &std::fs::read(file).unwrap());
                assert_eq!(found, id, "{}", file.display());
                check(id, name(&case), &facts);
                let mut settings = insta::Settings::clone_current();
                settings.set_snapshot_path(&case);
                settings.set_prepend_module_to_snapshot(false);
                settings.set_omit_expression(true);
                settings.bind(|| insta::assert_json_snapshot!("expected", facts));
            }
        }
    }
}

fn check(id: &str, case: &str, facts: &[Fact]) {
    let broken = case.starts_with("broken-");
    assert_eq!(!problems(facts).is_empty(), broken, "{id}/{case}: {facts:#?}");
    for problem in problems(facts) {
        assert!(CODES.iter().any(|(code, _)| *code == problem.code), "{}", problem.code);
        assert!(!problem.message.ends_with('.') && !problem.help.ends_with('.'), "{problem}");
        assert!(problem.place.is_some(), "{problem}");
    }
    let partial = facts.iter().filter(|fact| matches!(fact, Fact::Partial)).count();
    assert!(partial <= 1 && (partial == 0 || facts.last() == Some(&Fact::Partial)));
}
