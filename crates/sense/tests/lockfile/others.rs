//! Files that others have collected, where the data folder is present: `HOLDFAST_SHARED`, or
//! `../shared/data` beside the project.

use std::path::{Path, PathBuf};

use holdfast_model::{Fact, Origin};
use holdfast_sense::read_anything;

use super::skip::{NO_DATA, skip};
use super::support::{Tree, check, components, problems, read, reader, requirements, versions};

pub(crate) fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("HOLDFAST_SHARED").map_or(beside, PathBuf::from);
    let there = folder.is_dir();
    if !there {
        skip(NO_DATA);
    }
    there.then_some(folder)
}

/// Reads one file of the collection under the name its reader knows.
fn facts(file: &str, name: &str) -> Option<Vec<Fact>> {
    let bytes = std::fs::read(shared()?.join(file)).unwrap();
    let facts = read_anything(name, &bytes);
    check(&facts, &Tree::from([(name.to_owned(), bytes)]));
    Some(facts)
}

#[test]
fn two_real_cargo_lockfiles() {
    for (file, count) in [("omicron", 1425), ("regorus", 241)] {
        let Some(facts) = facts(&format!("cargo-locks/{file}.lock"), "Cargo.lock") else { return };
        assert_eq!(components(&facts).count(), count);
        assert_eq!(problems(&facts).count(), 0);
        assert!(components(&facts).all(|one| one.version.is_some()));
        let edges = facts.iter().filter(|fact| matches!(fact, Fact::Edge(_))).count();
        assert!(edges > count);
    }
}

#[test]
fn cargo() {
    let read =
        |file: &str| facts(&format!("lockfiles/rust/cargolock/testdata/{file}"), "Cargo.lock");
    let Some(duplicate) = read("duplicate.lock") else { return };
    assert_eq!(versions(&duplicate), ["syn 1.0.73", "syn 2.0.0"]);
    assert_eq!(
        versions(&read("package-with-build-string.lock").unwrap()),
        ["wasi 0.10.2+wasi-snapshot-preview1"]
    );
    let comments = read("package-with-comments.lock").unwrap();
    assert_eq!(versions(&comments), ["addr2line 0.15.2", "syn 1.0.73"]);
    assert!(matches!(components(&comments).last().unwrap().origin, Origin::Git(_)));
    assert_ne!(problems(&read("not-toml.txt").unwrap()).count(), 0);
    let manifest = |file: &str| {
        facts(&format!("lockfiles/rust/cargotoml/testdata/{file}"), "Cargo.toml").unwrap()
    };
    let two = manifest("two-dependencies.toml");
    let found: Vec<_> =
        requirements(&two).map(|one| (&*one.name, &*one.range, one.liftable)).collect();
    assert_eq!(found, [("regex", "", false), ("futures", "0.3", true)]);
    assert_ne!(problems(&manifest("not-toml.txt")).count(), 0);
    let none = manifest("no-dependency.toml");
    assert!(none.iter().all(|fact| matches!(fact, Fact::Own(_))), "{none:?}");
}

#[test]
fn npm() {
    let read = |file: &str| {
        facts(&format!("lockfiles/javascript/packagelockjson/testdata/{file}"), "package-lock.json")
    };
    let Some(alias) = read("alias.v2.json") else { return };
    assert_eq!(
        versions(&alias),
        ["@babel/code-frame 7.0.0", "string-width 5.1.2", "string-width 4.2.0"]
    );
    assert!(components(&alias).all(|one| one.direct == Some(true) && !one.dev));
    let nested = read("nested-dependencies.v1.json").unwrap();
    assert_eq!(
        versions(&nested),
        [
            "postcss 6.0.23",
            "postcss-calc 7.0.1",
            "postcss 7.0.16",
            "supports-color 6.1.0",
            "supports-color 5.5.0"
        ]
    );
    assert_eq!(
        versions(&read("scoped-packages.v1.json").unwrap()),
        ["@babel/code-frame 7.0.0", "wrappy 1.0.2"]
    );
    assert_eq!(
        versions(&read("scoped-packages.v2.json").unwrap()),
        ["@babel/code-frame 7.0.0", "wrappy 1.0.2"]
    );
    assert_eq!(
        versions(&read("two-packages.v1.json").unwrap()),
        ["wrappy 1.0.2", "supports-color 5.5.0"]
    );
    let dev = read("one-package-dev.v1.json").unwrap();
    assert!(components(&dev).all(|one| one.dev));
    assert_ne!(problems(&read("not-json.txt").unwrap()).count(), 0);
    let duplicates = read("nested-dependencies-dup.v2.json").unwrap();
    let six = versions(&duplicates).into_iter().filter(|one| one == "supports-color 6.1.0").count();
    assert!(six > 2);
}

#[test]
fn package_json() {
    let read = |file: &str| {
        facts(&format!("lockfiles/javascript/packagejson/testdata/{file}"), "package.json")
    };
    let Some(deps) = read("package-with-deps.json") else { return };
    let liftable: Vec<_> = requirements(&deps).map(|one| (&*one.range, one.liftable)).collect();
    assert_eq!(
        liftable,
        [
            ("1.0.0", true),
            (">2.0.0", true),
            ("~3.1.0", true),
            ("^0.4.2", true),
            ("5.x", true),
            ("invalid", false),
            (">=1.0.0 <2.0.0", true)
        ]
    );
    assert_eq!(read("unity-package.json").unwrap(), []);
}

#[test]
fn pip() {
    let read = |file: &str| {
        facts(&format!("lockfiles/python/requirements/testdata/{file}"), "requirements.txt")
    };
    let Some(comments) = read("comments.txt") else { return };
    assert_eq!(
        versions(&comments),
        ["pycrypto 1.2-alpha", "gmpy2 1", "sympy 1.2", "requests 1.0", "six 1.2"]
    );
    assert_eq!(versions(&read("env_var.txt").unwrap()), ["asdf 1.2", "another 1.0"]);
    assert_eq!(versions(&read("extras.txt").unwrap()), ["pyjwt 2.1.0", "celery 4.4.7"]);
    assert_eq!(versions(&read("multiline_and_comments.txt").unwrap()), ["pkga 1.0", "pkgb 2.0"]);
    let none = read("no_version.txt").unwrap();
    assert_eq!(components(&none).count(), 0);
    assert_eq!(none.iter().filter(|fact| matches!(fact, Fact::Unknown { .. })).count(), 3);
    assert_eq!(versions(&read("trailing_backslash.txt").unwrap()), ["pkg1 1.0"]);
    assert_eq!(
        versions(&read("with_versions.txt").unwrap()),
        [
            "nltk 3.2.2",
            "tabulate 0.7.7",
            "qwerty 0.1",
            "hy-phen 1.2",
            "under-score 1.3",
            "pkg-dot-name 5.0.0",
            "yolo 1.0"
        ]
    );
    let options = versions(&read("per_req_options.txt").unwrap());
    for n in [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14] {
        assert!(options.contains(&format!("foo{n} 1.0")), "foo{n}");
    }
    assert!(options.contains(&"foo17-hash 1.0".to_owned()));
    assert!(!options.iter().any(|one| one.starts_with("foo10 ") || one.starts_with("foo15 ")));
}

#[test]
fn go() {
    let read = |file: &str| facts(&format!("lockfiles/golang/gomod/testdata/{file}"), "go.mod");
    let Some(one) = read("one-package.mod") else { return };
    assert_eq!(versions(&one), ["github.com/BurntSushi/toml v1.0.0"]);
    assert_eq!(
        versions(&read("two-packages.mod").unwrap()),
        [
            "stdlib 1.17",
            "toolchain 1.17",
            "github.com/BurntSushi/toml v1.0.0",
            "gopkg.in/yaml.v2 v2.4.0"
        ]
    );
    assert_eq!(
        versions(&read("toolchain.mod").unwrap()),
        ["stdlib 1.23.6", "toolchain 1.23.6", "github.com/BurntSushi/toml v1.0.0"]
    );
    let indirect = read("indirect-packages.mod").unwrap();
    assert_eq!(components(&indirect).filter(|one| one.direct == Some(false)).count(), 3);
    assert_eq!(
        versions(&read("replace-not-required.mod").unwrap()),
        ["golang.org/x/net v0.5.6", "github.com/BurntSushi/toml v1.0.0"]
    );
    assert_ne!(problems(&read("not-go-mod.mod").unwrap()).count(), 0);
    let sums = facts("lockfiles/golang/gomod/testdata/indirect-1.16.sum", "go.sum").unwrap();
    assert_eq!(components(&sums).count(), 6);
    assert_eq!(problems(&sums).count(), 0);
}

/// The lockfile of this very project, with the manifests of its workspace.
#[test]
fn our_own_lockfile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut tree = Tree::new();
    let mut take = |name: String| {
        if let Ok(bytes) = std::fs::read(root.join(&name)) {
            tree.insert(name, bytes);
        }
    };
    take("Cargo.lock".to_owned());
    take("Cargo.toml".to_owned());
    take("xtask/Cargo.toml".to_owned());
    for entry in std::fs::read_dir(root.join("crates")).unwrap() {
        take(format!("crates/{}/Cargo.toml", entry.unwrap().file_name().to_str().unwrap()));
    }
    let facts = read(reader("cargo-lock"), &tree, "Cargo.lock");
    check(&facts, &tree);
    assert_eq!(problems(&facts).count(), 0);
    let text = String::from_utf8(tree["Cargo.lock"].clone()).unwrap();
    assert_eq!(components(&facts).count(), text.matches("[[package]]").count());
    let one = |name: &str| components(&facts).find(|one| &*one.name == name).unwrap();
    // Properties are for tests; serde is not; what only proptest needs is neither direct nor at
    // run time.
    assert!(one("proptest").dev && one("proptest").direct == Some(true));
    assert!(!one("serde").dev && one("serde").direct == Some(true));
    assert!(one("rand_xorshift").dev && one("rand_xorshift").direct == Some(false));
    assert_eq!(one("holdfast-sense").origin, Origin::Tree);
}
