//! Every fixture folder of a collector against its `expected.txt`.
//!
//! A fixture is one text, `tree.txt`, since git keeps neither owners nor links that lead outside.

#![expect(clippy::disallowed_methods, reason = "tests read their fixtures")]

use std::collections::BTreeSet;
use std::path::Path;

use holdfast_model::Fact;
use holdfast_sense::codes::CODES;
use holdfast_sense::host::{Asked, collect, collectors};

use crate::tree::{Tree, collector, shown};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

pub(crate) fn trees(id: &str) -> Vec<(String, Tree)> {
    let entries = std::fs::read_dir(folder().join(id)).unwrap_or_else(|e| panic!("{id}: {e}"));
    let mut trees: Vec<(String, Tree)> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let case = path.file_name().unwrap().to_str().unwrap().to_owned();
            (case, Tree::parse(&std::fs::read_to_string(path.join("tree.txt")).unwrap()))
        })
        .collect();
    trees.sort_by(|a, b| a.0.cmp(&b.0));
    trees
}

fn check(id: &str) {
    let mut differing = Vec::new();
    for (case, tree) in trees(id) {
        let facts = tree.facts(collector(id));
        for fact in &facts {
            let Fact::Problem(problem) = fact else { continue };
            let listed = CODES.iter().any(|(code, _)| *code == problem.code);
            assert!(listed, "`{}` is not in the list of codes", problem.code);
            assert!(!problem.help.is_empty(), "`{}` has no help", problem.code);
        }
        let actual: String = facts.iter().map(|fact| shown(fact) + "\n").collect();
        let path = folder().join(id).join(&case).join("expected.txt");
        let expected = std::fs::read_to_string(path).unwrap_or_default();
        if actual != expected {
            println!("=== {id}/{case}/expected.txt\n{actual}===");
            differing.push(case);
        }
    }
    assert_eq!(differing, [""; 0], "these differ; what was read stands above");
}

#[test]
fn sysctl() {
    check("host-sysctl");
}

#[test]
fn file() {
    check("host-file");
}

#[test]
fn package() {
    check("host-package");
}

#[test]
fn service() {
    check("host-service");
}

#[test]
fn cron() {
    check("host-cron");
}

#[test]
fn suite() {
    check("host-suite");
}

#[test]
fn traits() {
    check("host-traits");
}

#[test]
fn ports() {
    check("host-ports");
}

#[test]
fn mount() {
    check("host-mount");
}

#[test]
fn module() {
    check("host-module");
}

#[test]
fn accounts() {
    check("host-accounts");
}

#[test]
fn walk() {
    check("host-walk");
}

#[test]
fn restart() {
    check("host-restart");
}

#[test]
fn process() {
    check("host-process");
}

#[test]
fn lines() {
    check("host-lines");
}

#[test]
fn strength() {
    check("host-strength");
}

#[test]
fn pam() {
    check("host-pam");
}

#[test]
fn firewall() {
    check("host-firewall");
}

#[test]
fn every_collector_has_an_id_of_its_own_and_a_plain_fixture() {
    let mut ids = BTreeSet::new();
    for collector in collectors() {
        let about = collector.about();
        assert!(ids.insert(about.id), "`{}` stands twice", about.id);
        assert!(!about.title.is_empty() && !about.text.is_empty());
        let name = about.id.strip_prefix("host-").unwrap_or(about.id);
        assert!(about.file.contains(name), "`{name}` stands in `{}`", about.file);
        let plain = folder().join(about.id).join("plain");
        assert!(plain.exists(), "`{}` has no fixture", about.id);
    }
}

/// All collectors together ask for each thing once, and say what each says alone.
#[test]
fn together_they_say_what_each_says_alone() {
    let (_, tree) = trees("host-service").swap_remove(0);
    let tree = Tree { running: true, ..tree };
    let tree = tree.ask(&["file /etc/systemd/system/ssh.service", "sysctl kernel.sysrq"]);
    let mut asked = BTreeSet::new();
    let question = Asked { resources: &tree.resources, running: true };
    let facts = collect(&question, &mut |need| {
        assert!(asked.insert(need.clone()), "{need:?} is asked twice");
        tree.answer(need)
    });
    let alone: Vec<Fact> = collectors().iter().flat_map(|one| tree.facts(*one)).collect();
    assert_eq!(facts, alone);
    assert!(!facts.is_empty());
}

/// Whatever a line of passwd or shadow says, whole or broken: what stands in its field for a
/// password is in no fact and in no message.
#[test]
fn no_password_and_no_hash_becomes_a_fact() {
    let mut tried = 0;
    for (case, tree) in trees("host-accounts") {
        let facts = format!("{:?}", tree.facts(collector("host-accounts")));
        for path in ["/etc/passwd", "/etc/shadow"] {
            let Some(node) = tree.nodes.get(path) else { continue };
            for line in String::from_utf8_lossy(&node.bytes).lines() {
                let Some(secret) = line.split(':').nth(1).filter(|word| word.len() > 3) else {
                    continue;
                };
                tried += 1;
                assert!(!facts.contains(secret.trim_start_matches('!')), "{case}: {line}");
            }
        }
    }
    assert!(tried >= 6, "{tried}");
}
