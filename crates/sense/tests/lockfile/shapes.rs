//! The same file in other shapes, for every reader of text: with a byte order mark, with CRLF, with
//! an unfinished merge, with a line that never ends, and cut off. What stands there is said, or that
//! something is wrong; nothing is lost in silence.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_model::Fact;
use holdfast_sense::Reader;
use serde_json::Value;

use super::hostile::Dice;
use super::support::{READERS, Tree, components, document, fixtures, problems, read, reader, tree};
use super::{families, sbom};

/// Each reader, its plain fixture, and the document in it.
fn plain() -> impl Iterator<Item = (&'static dyn Reader, Tree, String)> {
    let families = families::READERS.map(|(id, _)| id);
    READERS.into_iter().chain(families).chain(sbom::READERS).map(|id| {
        let tree = tree(&fixtures().join(id).join("plain"));
        let path = document(reader(id), &tree);
        (reader(id), tree, path)
    })
}

/// Facts without the bytes that they cover, which move where lines become longer.
fn said(facts: &[Fact]) -> Vec<Value> {
    fn without_spans(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.remove("span");
                members.values_mut().for_each(without_spans);
            }
            Value::Array(values) => values.iter_mut().for_each(without_spans),
            _ => {}
        }
    }
    let value = |fact: &Fact| {
        let mut value = serde_json::to_value(fact).unwrap();
        without_spans(&mut value);
        value
    };
    facts.iter().map(value).collect()
}

/// Reads every plain fixture as it is and with all its files changed; both must say the same.
fn says_the_same(change: impl Fn(&[u8]) -> Vec<u8>) {
    let mut wrong = Vec::new();
    for (reader, tree, path) in plain() {
        let changed: Tree =
            tree.iter().map(|(path, bytes)| (path.clone(), change(bytes))).collect();
        let facts = read(reader, &changed, &path);
        let (before, after) = (said(&read(reader, &tree, &path)), said(&facts));
        if before != after {
            let differing = before.iter().zip(&after).find(|(before, after)| before != after);
            wrong.push(format!("{}: {differing:#?}", reader.about().id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_byte_order_mark_changes_nothing() {
    says_the_same(|bytes| [&b"\xEF\xBB\xBF"[..], bytes].concat());
}

#[test]
fn carriage_returns_change_nothing() {
    says_the_same(|bytes| {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let line = |line: &[u8]| match line.strip_suffix(b"\n") {
            Some(line) => [line, b"\r\n"].concat(),
            None => line.to_vec(),
        };
        lines.flat_map(line).collect()
    });
}

/// Where the line begins that stands in the middle.
fn middle(bytes: &[u8]) -> usize {
    let half = bytes.len() / 2;
    bytes.iter().skip(half).position(|byte| *byte == b'\n').map_or(half, |at| half + at + 1)
}

fn insert(tree: &Tree, path: &str, at: usize, text: &str) -> Tree {
    let mut changed = tree.clone();
    changed.get_mut(path).unwrap().splice(at..at, text.bytes());
    changed
}

/// What a document has, whatever the places: packages, requirements, feeds, and what is not known;
/// and how often.
fn held(facts: &[Fact]) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for fact in facts {
        let text = match fact {
            Fact::Component(one) => {
                format!("{} {}", one.name, one.version.as_deref().unwrap_or("-"))
            }
            Fact::Requirement(one) => format!("{} -> {}", one.name, one.range),
            Fact::Unknown { name, .. } => format!("{name} ?"),
            Fact::Feed(feed) => format!("{:?} {:?}", feed.role, feed.address),
            _ => continue,
        };
        *out.entry(text).or_default() += 1;
    }
    out
}

#[test]
fn an_unfinished_merge_is_told_and_loses_nothing() {
    for (reader, tree, path) in plain() {
        let id = reader.about().id;
        let marks = "<<<<<<< ours\n=======\n>>>>>>> theirs\n";
        let changed = insert(&tree, &path, middle(&tree[&path]), marks);
        let facts = read(reader, &changed, &path);
        let told = problems(&facts).any(|problem| problem.code == "merge-conflict");
        assert!(told && facts.contains(&Fact::Partial), "{id} says nothing of a merge");
        assert_eq!(held(&facts), held(&read(reader, &tree, &path)), "{id}");
    }
}

#[test]
fn a_line_that_never_ends_is_told_or_loses_nothing() {
    for (reader, tree, path) in plain() {
        let id = reader.about().id;
        let plain = held(&read(reader, &tree, &path));
        for (sign, count) in [("a", 500_000), ("a ", 100_000), ("[", 100_000), ("\"", 100_001)] {
            let line = sign.repeat(count) + "\n";
            let changed = insert(&tree, &path, middle(&tree[&path]), &line);
            let facts = read(reader, &changed, &path);
            let found = held(&facts);
            let lost = plain.keys().any(|one| !found.contains_key(one));
            assert!(
                !lost || facts.contains(&Fact::Partial),
                "{id} loses something behind `{sign}`"
            );
        }
    }
}

/// The formats without an end, of which a part is a whole: where a cut falls between two lines, or
/// within a version, nobody can see it.
const WITHOUT_END: [&str; 34] = [
    "bundle-config",
    "cabal-freeze",
    "cargo-config",
    "cargo-lock",
    "cargo-toml",
    "compose",
    "dockerfile",
    "environment",
    "gemfile",
    "gemfile-lock",
    "gemspec",
    "github-workflow",
    "go-mod",
    "go-sum",
    "go-work",
    "gradle",
    "gradle-catalog",
    "gradle-lock",
    "npmrc",
    "pdm-lock",
    "pip-conf",
    "pipfile",
    "pnpm-lock",
    "pnpm-workspace",
    "podfile-lock",
    "poetry-lock",
    "pubspec-lock",
    "pylock",
    "pyproject",
    "requirements",
    "stack-lock",
    "uv-lock",
    "yarn-lock",
    "yarnrc",
];

#[test]
fn what_is_cut_off_is_told_where_it_can_be_seen() {
    let mut silent = BTreeSet::new();
    for (reader, tree, path) in plain() {
        let id = reader.about().id;
        let plain = read(reader, &tree, &path);
        let (whole, count) = (held(&plain), components(&plain).count());
        let bytes = tree[&path].trim_ascii_end();
        let mut dice = Dice(0x5EED);
        let anywhere = (0..20).map(|_| dice.roll(bytes.len()));
        let lines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
        for length in anywhere.chain(lines) {
            let mut changed = tree.clone();
            changed.insert(path.clone(), bytes[..length].to_vec());
            let facts = read(reader, &changed, &path);
            // A word that is cut in two may be one more name; and where what is cut off said which of
            // them are no packages, it is told that it is cut off.
            let more = components(&facts).count() > count + 1 && !facts.contains(&Fact::Partial);
            assert!(!more, "{id} has more after {length} bytes");
            // Where it is said that something is missing, nobody concludes from absence.
            if held(&facts) != whole && !facts.contains(&Fact::Partial) {
                silent.insert(id);
            }
        }
    }
    let listed: BTreeSet<&str> = WITHOUT_END.into_iter().collect();
    let unlisted: Vec<&&str> = silent.difference(&listed).collect();
    assert!(unlisted.is_empty(), "these lose something in silence: {unlisted:?}");
}
