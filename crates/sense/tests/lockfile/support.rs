//! Runs a reader over a folder, as the engine does: rounds of needs and answers, then facts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_model::{Component, Edge, Fact, Place, Problem, Requirement};
use holdfast_sense::{Answer, Claim, Need, Reader, Sources, readers};

/// The readers that this test is about; each has a fixture folder of its name.
pub(crate) const READERS: [&str; 33] = [
    "cargo-lock",
    "cargo-toml",
    "package-lock",
    "package-json",
    "requirements",
    "go-mod",
    "go-sum",
    "yarn-lock",
    "pnpm-lock",
    "pnpm-workspace",
    "bun-lock",
    "pyproject",
    "poetry-lock",
    "pdm-lock",
    "uv-lock",
    "pylock",
    "pipfile",
    "pipfile-lock",
    "composer-json",
    "composer-lock",
    "gemfile",
    "gemfile-lock",
    "gemspec",
    "go-work",
    "cargo-config",
    "maven-settings",
    "npmrc",
    "nuget-sources",
    "pip-conf",
    "yarnrc",
    "bundle-config",
    "environment",
    "gradle",
];

pub(crate) fn reader(id: &str) -> &'static dyn Reader {
    *readers().iter().find(|reader| reader.about().id == id).unwrap()
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Files by their path with `/`.
pub(crate) type Tree = BTreeMap<String, Vec<u8>>;

pub(crate) fn tree(folder: &Path) -> Tree {
    let mut out = Tree::new();
    let mut queue = vec![folder.to_owned()];
    while let Some(at) = queue.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                queue.push(path);
            } else if path.file_name().is_some_and(|name| name != "expected.json") {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                out.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    out
}

/// The file nearest to the top that the reader takes by name.
pub(crate) fn document(reader: &dyn Reader, tree: &Tree) -> String {
    let mut mine: Vec<&String> =
        tree.keys().filter(|path| reader.claims(path, &[]) == Claim::ByName).collect();
    mine.sort_by_key(|path| (path.matches('/').count(), path.len(), (*path).clone()));
    mine.first().map(|path| (*path).clone()).unwrap()
}

/// Reads a document of a tree.
pub(crate) fn read(reader: &dyn Reader, tree: &Tree, path: &str) -> Vec<Fact> {
    let mut sources = Sources::new(path, &tree[path]);
    for round in 0.. {
        let needs = reader.needs(&sources);
        if needs.is_empty() {
            break;
        }
        assert!(round < 16, "{path}: still wants {needs:?} after 16 rounds");
        for need in needs {
            assert!(sources.answer(&need).is_none(), "{path}: asks twice for {need:?}");
            let answer = match &need {
                Need::File(path) => match tree.get(&**path) {
                    Some(bytes) => Answer::Bytes(bytes.clone().into()),
                    None => Answer::Missing,
                },
                Need::Glob(pattern) => Answer::Paths(
                    tree.keys()
                        .filter(|path| fits(pattern, path))
                        .map(|path| path.as_str().into())
                        .collect(),
                ),
                Need::Part { .. }
                | Need::Sieved(..)
                | Need::Stat(_)
                | Need::Command(_)
                | Need::Walk { .. } => {
                    panic!("only collectors ask so")
                }
            };
            sources.give(need, answer);
        }
    }
    let mut facts = Vec::new();
    reader.read(&sources, &mut |fact| facts.push(fact));
    facts
}

fn fits(pattern: &str, path: &str) -> bool {
    match (pattern.split_once('/'), path.split_once('/')) {
        (Some((p, pattern)), Some((s, path))) => {
            segment(p.as_bytes(), s.as_bytes()) && fits(pattern, path)
        }
        (None, None) => segment(pattern.as_bytes(), path.as_bytes()),
        _ => false,
    }
}

fn segment(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=text.len()).any(|skip| segment(rest, &text[skip..])),
        (Some((b'?', rest)), Some((_, text))) => segment(rest, text),
        (Some((p, rest)), Some((t, text))) => p == t && segment(rest, text),
        _ => false,
    }
}

/// One fact a line, so that differences are readable.
pub(crate) fn lines(facts: &[Fact]) -> String {
    let facts: Vec<String> =
        facts.iter().map(|fact| format!("  {}", serde_json::to_string(fact).unwrap())).collect();
    format!("[\n{}\n]\n", facts.join(",\n"))
}

/// What holds for every reader and every input: places lie inside the files, spans cover the
/// text they speak of, edges join components that were said, codes are listed, parts are bounded.
pub(crate) fn check(facts: &[Fact], tree: &Tree) {
    let components = u32::try_from(components(facts).count()).unwrap();
    let sizes: BTreeMap<&str, Vec<usize>> =
        tree.iter().map(|(path, bytes)| (path.as_str(), line_lengths(bytes))).collect();
    let inside = |place: &Place| inside(place, &sizes[&*place.path]);
    for fact in facts {
        match fact {
            Fact::Component(Component { place, .. }) | Fact::Unknown { place, .. } => inside(place),
            Fact::Requirement(requirement) => {
                inside(&requirement.place);
                span(requirement, tree);
            }
            Fact::Edge(Edge { parent, child, place, range }) => {
                inside(place);
                assert!(range.as_ref().is_none_or(|range| range.len() <= 512), "{range:?}");
                assert!(*child < components && parent.is_none_or(|parent| parent < components));
            }
            Fact::Problem(problem) => {
                inside(problem.place.as_ref().unwrap());
                told(problem);
            }
            Fact::Feed(feed) => inside(&feed.place),
            Fact::Own(own) => inside(&own.place),
            Fact::Notice(notice) => {
                inside(&notice.place);
                assert!(notice.said.chars().count() <= 200, "{notice:?}");
            }
            Fact::Partial => {}
            Fact::Os(_)
            | Fact::Offer(_)
            | Fact::Setting(_)
            | Fact::Trait(_)
            | Fact::Port(_)
            | Fact::Report(_)
            | Fact::Named(_)
            | Fact::Covered(_)
            | Fact::Foreign(_)
            | Fact::Tested(_) => {
                panic!("not from a lockfile")
            }
        }
    }
    assert!(problems(facts).count() <= 101);
    let partial = facts.iter().filter(|fact| **fact == Fact::Partial).count();
    // The reader of a name and the one of a system may both have read it.
    assert!(partial <= 2);
}

/// Characters of each line; bytes that are no UTF-8 are read as one character each.
fn line_lengths(bytes: &[u8]) -> Vec<usize> {
    // What is marked as UTF-16 has the lines of its text.
    let text = |unit: fn([u8; 2]) -> u16| {
        let pairs = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        String::from_utf16_lossy(&pairs.collect::<Vec<u16>>())
    };
    let text = match bytes {
        [0xFF, 0xFE, ..] => text(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => text(u16::from_be_bytes),
        _ => String::new(),
    };
    let bytes = if text.is_empty() { bytes } else { text.as_bytes() };
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let length = |line: &[u8]| {
        line.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
    };
    bytes.split(|byte| *byte == b'\n').map(length).collect()
}

fn inside(place: &Place, lengths: &[usize]) {
    let length = lengths.get(place.line as usize - 1);
    let length = *length.unwrap_or_else(|| panic!("{place} lies behind the last line"));
    assert!(
        place.column >= 1 && place.column as usize <= length + 1,
        "{place} lies behind its line"
    );
}

fn span(requirement: &Requirement, tree: &Tree) {
    let bytes = &tree[&*requirement.place.path];
    let covered = bytes.get(requirement.span.start..requirement.span.end);
    let covered = covered.unwrap_or_else(|| panic!("{requirement:?} lies outside its file"));
    if requirement.liftable {
        assert_eq!(covered, requirement.range.as_bytes(), "{requirement:?}");
    }
}

fn told(problem: &Problem) {
    assert!(
        holdfast_sense::codes::CODES.iter().any(|(code, _)| *code == problem.code),
        "`{}` is not listed in codes.rs",
        problem.code
    );
    assert!(!problem.help.is_empty(), "{problem} has no help");
    assert!(!problem.message.ends_with('.'), "{problem}");
    // Programs and archives have no lines, and those that configure feeds hold secrets.
    let Some(excerpt) = &problem.excerpt else { return };
    assert!(excerpt.length >= 1 && excerpt.line.chars().count() <= 400, "{problem}");
}

pub(crate) fn components(facts: &[Fact]) -> impl Iterator<Item = &Component> {
    facts.iter().filter_map(|fact| match fact {
        Fact::Component(component) => Some(component),
        _ => None,
    })
}

pub(crate) fn requirements(facts: &[Fact]) -> impl Iterator<Item = &Requirement> {
    facts.iter().filter_map(|fact| match fact {
        Fact::Requirement(requirement) => Some(requirement),
        _ => None,
    })
}

pub(crate) fn problems(facts: &[Fact]) -> impl Iterator<Item = &Problem> {
    facts.iter().filter_map(|fact| match fact {
        Fact::Problem(problem) => Some(problem),
        _ => None,
    })
}

/// `name version` of every component, in reading order.
pub(crate) fn versions(facts: &[Fact]) -> Vec<String> {
    let text = |version: &Option<Arc<str>>| version.as_deref().unwrap_or("-").to_owned();
    components(facts).map(|one| format!("{} {}", one.name, text(&one.version))).collect()
}
