//! Every fixture folder against its `expected.txt`.

#![expect(clippy::disallowed_methods, reason = "tests read their fixtures")]

use std::path::Path;

use holdfast_model::Fact;
use holdfast_sense::codes::CODES;

use crate::support::{Tree, shown};

fn check(id: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(id);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{id}: {e}"));
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let mut differing = Vec::new();
    for case in cases {
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        let tree = Tree::parse(&std::fs::read_to_string(case.join("tree.txt")).unwrap());
        let facts = tree.facts(id);
        for fact in &facts {
            let Fact::Problem(problem) = fact else { continue };
            let listed = CODES.iter().any(|(code, _)| *code == problem.code);
            assert!(listed, "`{}` is not in the list of codes", problem.code);
            assert!(!problem.help.is_empty(), "`{}` has no help", problem.code);
        }
        let actual: String = facts.iter().map(|fact| shown(fact) + "\n").collect();
        let expected = std::fs::read_to_string(case.join("expected.txt")).unwrap_or_default();
        if actual != expected {
            println!("=== {id}/{name}/expected.txt\n{actual}===");
            differing.push(name);
        }
    }
    assert_eq!(differing, [""; 0], "these differ; what was read stands above");
}

#[test]
fn sshd() {
    check("host-sshd");
}

#[test]
fn ssh() {
    check("host-ssh");
}

#[test]
fn keys() {
    check("host-keys");
}
