//! What holds for any input: no panic, an answer to each question, places inside the file.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_model::{Aspect, Fact, Lines, Place, Reading, Resource, TraitValue};
use holdfast_sense::Answer;
use holdfast_sense::host::{Asked, collect, collectors};
use proptest::prelude::*;

use crate::fixtures::trees;
use crate::tree::Tree;

const IDS: [&str; 19] = [
    "host-sysctl",
    "host-file",
    "host-package",
    "host-service",
    "host-suite",
    "host-traits",
    "host-ports",
    "host-mount",
    "host-module",
    "host-accounts",
    "host-walk",
    "host-process",
    "host-keys",
    "host-lines",
    "host-strength",
    "host-pam",
    "host-firewall",
    "host-cron",
    "host-restart",
];

fn aspects(resource: &Resource) -> &'static [Aspect] {
    match resource {
        Resource::Sysctl { .. } | Resource::Service { .. } | Resource::Module { .. } => {
            &[Aspect::Running, Aspect::Boot]
        }
        Resource::Mount { .. } => &[Aspect::Running, Aspect::Boot, Aspect::Type],
        Resource::File { .. } => &[Aspect::Owner, Aspect::Group, Aspect::Mode, Aspect::Type],
        Resource::Package { .. } => &[Aspect::Version],
        Resource::Suite { .. }
        | Resource::Cron { .. }
        | Resource::User { .. }
        | Resource::Users { .. }
        | Resource::Group { .. }
        | Resource::Groups { .. }
        | Resource::Files { .. }
        | Resource::Key { .. }
        | Resource::Entry { .. }
        | Resource::Line { .. }
        | Resource::Text { .. }
        | Resource::Keys { .. }
        | Resource::Pam { .. } => &[Aspect::Value],
        Resource::Process { .. }
        | Resource::Port { .. }
        | Resource::Firewall { .. }
        | Resource::Restart { .. } => &[Aspect::Running],
        Resource::Sshd { .. } | Resource::Ssh { .. } => &[],
    }
}

/// Every question has its answer, and every place is one of its file.
fn assert_sound(tree: &Tree) {
    let asked = Asked { resources: &tree.resources, running: tree.running };
    let facts = collect(&asked, &mut |need| tree.answer(need));
    let mut said = BTreeSet::new();
    let mut places: Vec<Place> = Vec::new();
    for fact in facts {
        match fact {
            Fact::Setting(setting) => {
                places.extend(setting.place);
                said.insert((setting.resource, setting.aspect));
            }
            Fact::Port(port) => places.push(port.place),
            Fact::Problem(problem) => places.extend(problem.place),
            Fact::Trait(one) => assert!(!one.because.is_empty()),
            other => panic!("{other:?} is no fact of a host"),
        }
    }
    for resource in &tree.resources {
        for aspect in aspects(resource) {
            let known = said.contains(&(resource.clone(), *aspect));
            assert!(known, "nothing is said of {resource} {}", aspect.word());
        }
    }
    for place in places {
        let bytes = tree.bytes(&place.path);
        let lines = bytes.split(|byte| *byte == b'\n').count();
        assert!(place.line >= 1 && place.column >= 1, "{place}");
        assert!(place.line as usize <= lines, "{place} of {lines} lines");
        let text = Lines::new(bytes).text(place.line);
        assert!(place.column as usize <= text.chars().count() + 1, "{place} in {text:?}");
    }
}

/// Changes one file or program of a tree.
fn mutated(mut tree: Tree, which: usize, at: usize, kind: usize, filler: &[u8]) -> Tree {
    let mut texts: Vec<&mut Vec<u8>> =
        tree.nodes.values_mut().map(|node| &mut node.bytes).collect();
    texts.extend(tree.programs.values_mut().map(|(_, stdout)| stdout));
    let count = texts.len();
    let bytes = texts.swap_remove(which % count);
    let at = at % (bytes.len() + 1);
    match kind {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..(at + filler.len()).min(bytes.len()))),
        2 => drop(bytes.splice(at..at, filler.iter().copied())),
        3 => bytes.extend(bytes.clone()),
        _ => {
            let end = (at + filler.len()).min(bytes.len());
            bytes[at..end].copy_from_slice(&filler[..end - at]);
        }
    }
    tree
}

/// Changes what a path is.
fn relinked(mut tree: Tree, which: usize, to: usize, kind: usize) -> Tree {
    let paths: Vec<String> = tree.nodes.keys().cloned().collect();
    let [path, target] = [which, to].map(|index| paths.get(index % paths.len().max(1)));
    let (Some(path), Some(target)) = (path, target) else { return tree };
    match kind {
        0 => drop(tree.nodes.remove(path)),
        1 => tree.nodes.get_mut(path).unwrap().denied = true,
        2 => tree = tree.link(path, target),
        _ => tree = tree.link(path, &format!("../{target}/./..")),
    }
    tree
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400, rng_seed: prop::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default()
    })]

    #[test]
    fn mutated_fixtures_are_read_without_a_panic(
        changes in prop::collection::vec((any::<usize>(), any::<usize>(), 0..5_usize,
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..9),
                "[\\r\\n =:#;\\[\\]\\\\*@-]{0,9}".prop_map(String::into_bytes),
            ]), 1..4),
        links in prop::collection::vec((any::<usize>(), any::<usize>(), 0..4_usize), 0..3),
        running in any::<bool>(),
        seed in any::<usize>(),
    ) {
        let all: Vec<Tree> = IDS.iter().flat_map(|id| trees(id)).map(|(_, tree)| tree).collect();
        let mut tree = all[seed % all.len()].clone();
        tree.running = running;
        for (which, at, kind, filler) in &changes {
            if !tree.nodes.is_empty() {
                tree = mutated(tree, *which, *at, *kind, filler);
            }
        }
        for (which, to, kind) in links {
            tree = relinked(tree, which, to, kind);
        }
        assert_sound(&tree);
    }
}

#[test]
fn fixtures_are_sound() {
    for id in IDS {
        assert!(collectors().iter().any(|one| one.about().id == id), "`{id}` is no collector");
        for (_, tree) in trees(id) {
            assert_sound(&tree);
        }
    }
}

#[test]
fn order_does_not_matter() {
    for id in IDS {
        for (case, tree) in trees(id) {
            let mut backwards = tree.clone();
            backwards.resources.reverse();
            let sorted = |tree: &Tree| {
                let mut said = tree.said(id);
                said.sort();
                said
            };
            assert_eq!(sorted(&tree), sorted(&backwards), "{id}/{case}");
        }
    }
}

/// One answer after the other fails, as on a disk that goes bad: what was known stays as it was or
/// becomes unknown. It never turns into another value, and least of all into "there is none".
#[test]
fn what_cannot_be_looked_at_is_never_taken_for_an_answer() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for (case, tree) in IDS.iter().flat_map(|id| trees(id)) {
        let asked = Asked { resources: &tree.resources, running: tree.running };
        let mut needs = BTreeSet::new();
        let facts = collect(&asked, &mut |need| {
            needs.insert(need.clone());
            tree.answer(need)
        });
        let before = readings(&facts);
        for lost in needs {
            tried += 1;
            let facts = collect(&asked, &mut |need| {
                if *need == lost { Answer::Unreadable("i/o".into()) } else { tree.answer(need) }
            });
            for (name, after) in readings(&facts) {
                let open = matches!(after, Seen::Open);
                let same = before.get(&name) == Some(&after);
                if !open && !same {
                    wrong.push(format!("{case}: {name} is {after:?}, without {lost:?}"));
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a fact of a host says.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Open,
    Reading(Reading),
    Trait(TraitValue),
}

/// What is said of each setting and trait.
fn readings(facts: &[Fact]) -> BTreeMap<String, Seen> {
    let one = |fact: &Fact| match fact {
        Fact::Setting(setting) => {
            let seen = match &setting.reading {
                Reading::Unknown { .. } => Seen::Open,
                known => Seen::Reading(known.clone()),
            };
            let scope = setting.scope.as_deref().unwrap_or_default();
            Some((format!("{} {} {scope}", setting.resource, setting.aspect.word()), seen))
        }
        Fact::Trait(one) => {
            let seen = one.value.clone().map_or(Seen::Open, Seen::Trait);
            Some((one.name.to_string(), seen))
        }
        _ => None,
    };
    facts.iter().filter_map(one).collect()
}
