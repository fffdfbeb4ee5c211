//! Broken input of every kind: nothing panics, places stay inside, one line costs one line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdfast_model::Fact;
use holdfast_sense::{read_anything, reader_for};
use proptest::prelude::*;

use super::support::{
    READERS, Tree, check, components, document, fixtures, problems, reader, tree,
};

/// Rounds for each fixture file.
const MUTATIONS: u64 = 2_000;

/// A small generator of our own, so that a seed means the same for ever (xorshift, Marsaglia 2003).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (below.max(1) as u64)).unwrap()
    }
}

pub(crate) fn mutate(dice: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=dice.roll(4) {
        if out.is_empty() {
            break;
        }
        let at = dice.roll(out.len());
        match dice.roll(6) {
            0 => out[at] ^= 1 << dice.roll(8),
            1 => out.truncate(at),
            2 => {
                let from = dice.roll(out.len());
                let piece = out[from..(from + dice.roll(80)).min(out.len())].to_vec();
                out.splice(at..at, piece);
            }
            3 => {
                let end = (at + dice.roll(40)).min(out.len());
                out.drain(at..end);
            }
            4 => out.insert(at, b"{}[]\",:\\\n\r #=<>@(;'\xC3\0"[dice.roll(21)]),
            _ => {
                let signs: [&[u8]; 5] = [
                    b"\n<<<<<<< a\n",
                    b"\n=======\n",
                    b"\n>>>>>>> b\n",
                    "\u{FEFF}".as_bytes(),
                    b"\\u00",
                ];
                out.splice(at..at, signs[dice.roll(5)].iter().copied());
            }
        }
    }
    out
}

pub(crate) fn facts_of(path: &str, bytes: &[u8]) -> Vec<Fact> {
    let facts = read_anything(path, bytes);
    check(&facts, &Tree::from([(path.to_owned(), bytes.to_vec())]));
    facts
}

fn mutations(id: &str) {
    for case in std::fs::read_dir(fixtures().join(id)).unwrap() {
        let tree = tree(&case.unwrap().path());
        let path = document(reader(id), &tree);
        let bytes = &tree[&path];
        // Large fixtures get fewer rounds of the same total size.
        let rounds = MUTATIONS.min(8_000_000 / (bytes.len() as u64 + 1)).max(20);
        for seed in 0..rounds {
            let broken = mutate(&mut Dice(seed * 2 + 1), bytes);
            let facts = facts_of(&path, &broken);
            if seed % 16 == 0 {
                assert_eq!(facts, read_anything(&path, &broken), "{id} seed {seed}");
            }
        }
    }
}

#[test]
fn cargo_lock_mutated() {
    mutations("cargo-lock");
}

#[test]
fn cargo_toml_mutated() {
    mutations("cargo-toml");
}

#[test]
fn package_lock_mutated() {
    mutations("package-lock");
}

#[test]
fn package_json_mutated() {
    mutations("package-json");
}

#[test]
fn requirements_mutated() {
    mutations("requirements");
}

#[test]
fn go_mod_mutated() {
    mutations("go-mod");
}

#[test]
fn go_sum_mutated() {
    mutations("go-sum");
}

#[test]
fn yarn_lock_mutated() {
    mutations("yarn-lock");
}

#[test]
fn pnpm_lock_mutated() {
    mutations("pnpm-lock");
}

#[test]
fn pnpm_workspace_mutated() {
    mutations("pnpm-workspace");
}

#[test]
fn bun_lock_mutated() {
    mutations("bun-lock");
}

#[test]
fn pyproject_mutated() {
    mutations("pyproject");
}

#[test]
fn poetry_lock_mutated() {
    mutations("poetry-lock");
}

#[test]
fn pdm_lock_mutated() {
    mutations("pdm-lock");
}

#[test]
fn uv_lock_mutated() {
    mutations("uv-lock");
}

#[test]
fn pylock_mutated() {
    mutations("pylock");
}

#[test]
fn pipfile_mutated() {
    mutations("pipfile");
}

#[test]
fn pipfile_lock_mutated() {
    mutations("pipfile-lock");
}

#[test]
fn composer_json_mutated() {
    mutations("composer-json");
}

#[test]
fn composer_lock_mutated() {
    mutations("composer-lock");
}

#[test]
fn gemfile_mutated() {
    mutations("gemfile");
}

#[test]
fn gemfile_lock_mutated() {
    mutations("gemfile-lock");
}

#[test]
fn go_work_mutated() {
    mutations("go-work");
}

#[test]
fn configuration_of_feeds_mutated() {
    for id in ["cargo-config", "maven-settings", "npmrc", "nuget-sources", "pip-conf", "yarnrc"] {
        mutations(id);
    }
    for id in ["bundle-config", "environment", "gradle"] {
        mutations(id);
    }
}

#[test]
fn gemspec_mutated() {
    mutations("gemspec");
}

const PATHS: [&str; 33] = [
    "a/Cargo.lock",
    "a/Cargo.toml",
    "a/package-lock.json",
    "a/package.json",
    "a/requirements.txt",
    "a/go.mod",
    "a/go.sum",
    "a/yarn.lock",
    "a/pnpm-lock.yaml",
    "a/pnpm-workspace.yaml",
    "a/bun.lock",
    "a/pyproject.toml",
    "a/poetry.lock",
    "a/pdm.lock",
    "a/uv.lock",
    "a/pylock.toml",
    "a/Pipfile",
    "a/Pipfile.lock",
    "a/composer.json",
    "a/composer.lock",
    "a/Gemfile",
    "a/Gemfile.lock",
    "a/a.gemspec",
    "a/go.work",
    "a/.cargo/config.toml",
    "a/.mvn/settings.xml",
    "a/.npmrc",
    "a/nuget.config",
    "a/pip.conf",
    "a/.yarnrc.yml",
    "a/.bundle/config",
    "a/go.env",
    "a/settings.gradle",
];

#[test]
fn every_reader_has_a_path_here() {
    let ids: Vec<&str> =
        PATHS.iter().map(|path| reader_for(path, &[]).unwrap().about().id).collect();
    assert_eq!(ids, READERS);
}

/// Up to a megabyte of one thing. Whatever is quadratic here would not end.
#[test]
fn a_megabyte_of_one_thing_is_read_once() {
    let pieces = [
        "[",
        "{\"a\":",
        "[[",
        "\"",
        "\\",
        "a",
        "a\n",
        "\n",
        " ",
        "é",
        "<<<<<<< \n",
        "=======\n",
        "a.",
        "a = {",
        "a = [",
        "[a.",
        "a==",
        "a,",
        "-r b\n",
        "(",
        "require (\n",
        "v1 ",
        "{\"packages\":{\"node_modules/",
        "//",
        "/*",
        "#",
        "'''",
        "x=1\n",
        "[[package]]\n",
        "\"node_modules/a\":{},",
        "replace a => b\n",
        "\u{1}",
        "- ",
        "a:\n ",
        "a: {b: [",
        "gem \"a\", ",
        "  a (1)\n    b (2)\n",
        "? ",
        "'",
        "repositories { maven { url '",
        "GOPROXY=\n",
    ];
    for path in PATHS {
        for piece in pieces {
            // Brackets are what recursion would drown in; of the rest a tenth shows the same.
            let size = if piece.contains(['[', '{', '(']) { 1_000_000 } else { 100_000 };
            let text = piece.repeat(size / piece.len());
            let facts = facts_of(path, text.as_bytes());
            assert!(problems(&facts).count() <= 101, "{path} {piece}");
        }
    }
}

#[test]
fn one_line_with_a_hundred_thousand_packages() {
    let mut text =
        String::from(r#"{"lockfileVersion":3,"packages":{"":{"dependencies":{"p1":"é"}}"#);
    for n in 0..100_000 {
        write!(
            text,
            r#","node_modules/p{n}":{{"version":"1.{n}.0","dependencies":{{"p{}":"*"}}}}"#,
            (n * 7) % 100_000
        )
        .unwrap();
    }
    text += "}}";
    let facts = read_anything("package-lock.json", text.as_bytes());
    assert_eq!(components(&facts).count(), 100_000);
    assert_eq!(problems(&facts).count(), 0);
    assert_eq!(facts.len(), 200_001);
}

#[test]
fn a_hundred_thousand_packages_of_one_name() {
    let mut text = String::from("version = 4\n");
    for n in 0..100_000 {
        write!(text, "\n[[package]]\nname = \"same\"\nversion = \"1.{n}.0\"\nsource = \"registry+https://index.example/c\"\ndependencies = [\n \"same 1.{}.0\",\n]\n",
            (n * 31) % 100_000).unwrap();
    }
    let facts = read_anything("Cargo.lock", text.as_bytes());
    assert_eq!(components(&facts).count(), 100_000);
    assert_eq!(problems(&facts).count(), 0);
}

#[test]
fn a_hundred_thousand_lines_for_each_line_reader() {
    let mut wishes = String::new();
    let mut modules = String::from("module m.example/m\ngo 1.22\nrequire (\n");
    for n in 0..100_000 {
        write!(wishes, "p{n}==1.{n} \\\n    --hash=sha256:00\n").unwrap();
        writeln!(modules, "\tm.example/p{n} v1.{n}.0").unwrap();
    }
    modules += ")\n";
    let facts = read_anything("requirements.txt", wishes.as_bytes());
    assert_eq!((components(&facts).count(), problems(&facts).count()), (100_000, 0));
    let facts = read_anything("go.mod", modules.as_bytes());
    // The standard library and the compiler are two more.
    assert_eq!((components(&facts).count(), problems(&facts).count()), (100_002, 0));
}

/// Whatever looks a name up by walking a list would not end here.
#[test]
fn fifty_thousand_packages_in_each_of_the_other_lockfiles() {
    const COUNT: usize = 50_000;
    let mut pnpm = String::from("lockfileVersion: '9.0'\npackages:\n");
    let mut snapshots = String::from("snapshots:\n");
    let mut yarn = String::from("# yarn lockfile v1\n\n");
    let mut bun = String::from("{\"lockfileVersion\": 1, \"packages\": {\n");
    let mut uv = String::from("version = 1\n");
    let mut gems = String::from("GEM\n  remote: https://feed.example/\n  specs:\n");
    for n in 0..COUNT {
        let next = (n * 7) % COUNT;
        write!(pnpm, "  p{n}@1.{n}.0:\n    resolution: {{integrity: sha512-x}}\n").unwrap();
        write!(snapshots, "  p{n}@1.{n}.0:\n    dependencies:\n      p{next}: 1.{next}.0\n")
            .unwrap();
        write!(yarn, "p{n}@^1:\n  version \"1.{n}.0\"\n  dependencies:\n    p{next} \"^1\"\n")
            .unwrap();
        writeln!(bun, "\"p{n}\": [\"p{n}@1.{n}.0\", \"\", {{\"dependencies\": {{\"p{next}\": \"*\"}}}}, \"sha512-x\"],").unwrap();
        write!(uv, "[[package]]\nname = \"p{n}\"\nversion = \"1.{n}\"\ndependencies = [{{ name = \"p{next}\" }}]\n").unwrap();
        write!(gems, "    p{n} (1.{n}.0)\n      p{next} (~> 1)\n").unwrap();
    }
    pnpm += &snapshots;
    bun += "}}";
    for (path, text) in [
        ("pnpm-lock.yaml", pnpm),
        ("yarn.lock", yarn),
        ("bun.lock", bun),
        ("uv.lock", uv),
        ("Gemfile.lock", gems),
    ] {
        let facts = read_anything(path, text.as_bytes());
        assert_eq!((components(&facts).count(), problems(&facts).count()), (COUNT, 0), "{path}");
        let edges = facts.iter().filter(|fact| matches!(fact, Fact::Edge(_))).count();
        assert_eq!(edges, COUNT, "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_under_any_name(text in "[a-z0-9\\[\\]{}\"':,=.@#\\\\ \\n<>;/()-]{0,300}", path in 0_usize..PATHS.len()) {
        facts_of(PATHS[path], text.as_bytes());
    }

    #[test]
    fn any_bytes_under_any_name(bytes in proptest::collection::vec(any::<u8>(), 0..300), path in 0_usize..PATHS.len()) {
        facts_of(PATHS[path], &bytes);
    }

    /// Shifting all lines by k shifts all places by k and changes nothing else.
    #[test]
    fn blank_lines_before_change_only_lines(k in 1_u32..5, path in 0_usize..PATHS.len()) {
        let id = READERS[path];
        let tree = tree(&fixtures().join(id).join("plain"));
        let name = document(reader(id), &tree);
        let before = read_anything(&name, &tree[&name]);
        let mut moved = b"\n".repeat(k as usize);
        moved.extend(&tree[&name]);
        let after = read_anything(&name, &moved);
        let text = |facts: &[Fact], by: u32| -> Vec<String> {
            facts.iter().map(|fact| serde_json::to_value(fact).unwrap()).map(|mut value| {
                shift(&mut value, by);
                value.to_string()
            }).collect()
        };
        prop_assert_eq!(text(&before, k), text(&after, 0));
    }
}

/// Adds `by` to every line of a place, and to the bytes of spans.
fn shift(value: &mut serde_json::Value, by: u32) {
    match value {
        serde_json::Value::Object(members) => {
            let moved: BTreeMap<&str, u32> =
                BTreeMap::from([("line", by), ("start", by), ("end", by)]);
            for (key, member) in members.iter_mut() {
                match (moved.get(key.as_str()), member.as_u64()) {
                    (Some(by), Some(old)) => *member = (old + u64::from(*by)).into(),
                    _ => shift(member, by),
                }
            }
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(|value| shift(value, by)),
        _ => {}
    }
}
