//! The ranges that packages need one another in, where their lockfile writes them; those of JavaScript
//! stand in `ranges_npm`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use holdfast_model::{Edge, Fact};

use super::hostile::facts_of;
use super::support::{components, problems};

/// Parent, child and range of each need of a package, in the order in which they are told.
pub(crate) type Needs<'t> = &'t [(&'t str, &'t str, Option<&'t str>)];

pub(crate) fn tells(path: &str, text: &str, wanted: Needs<'_>) {
    let facts = facts_of(path, text.as_bytes());
    let wrong: Vec<String> = problems(&facts).map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "{path}: {wrong:?}");
    let names: Vec<&str> = components(&facts).map(|one| &*one.name).collect();
    let mut needs = Vec::new();
    let mut once: HashMap<&str, &Arc<str>> = HashMap::new();
    for fact in &facts {
        let Fact::Edge(Edge { parent, child, range, .. }) = fact else { continue };
        let Some(parent) = parent else {
            assert_eq!(*range, None, "{path}: what the project asks for is its manifest's");
            continue;
        };
        needs.push((names[*parent as usize], names[*child as usize], range.as_deref()));
        if let Some(range) = range {
            let first = once.entry(&**range).or_insert(range);
            assert!(Arc::ptr_eq(first, range), "{path}: `{range}` is kept twice");
        }
    }
    assert_eq!(needs, wanted, "{path}");
}

#[test]
fn composer() {
    let text = r#"{
      "packages": [
        {
          "name": "shop/a",
          "version": "1.0.0",
          "require": {
            "php": ">=8.1",
            "ext-json": "*",
            "shop/B": "^2.0 || ^3.0",
            "shop/part": "^1.0",
            "shop/branch": "dev-main",
            "shop/either": "^1.0 || dev-main",
            "shop/same": "self.version"
          }
        },
        { "name": "shop/b", "version": "2.1.0", "provide": { "shop/part": "1.0.0" } },
        { "name": "shop/branch", "version": "dev-main" },
        { "name": "shop/either", "version": "1.2.0" },
        { "name": "shop/same", "version": "1.0.0" }
      ],
      "packages-dev": []
    }"#;
    tells(
        "composer.lock",
        text,
        &[
            ("shop/a", "shop/b", Some("^2.0 || ^3.0")),
            // What is asked for is another package, for which this one stands in.
            ("shop/a", "shop/b", None),
            ("shop/a", "shop/branch", None),
            ("shop/a", "shop/either", Some("^1.0 || dev-main")),
            ("shop/a", "shop/same", None),
        ],
    );
}

#[test]
fn bundler() {
    let text = "GEM
  remote: https://gems.example/
  specs:
    mustermann (3.0.0)
    rack (2.2.8)
    sinatra (3.0.0)
      bundler (>= 2)
      mustermann (~> 3.0)
      rack (>= 2.2.4, < 4)
      tilt
    tilt (2.0.0)

PLATFORMS
  ruby

DEPENDENCIES
  sinatra (~> 3.0)
";
    tells(
        "Gemfile.lock",
        text,
        &[
            ("sinatra", "mustermann", Some("~> 3.0")),
            ("sinatra", "rack", Some(">= 2.2.4, < 4")),
            ("sinatra", "tilt", Some("")),
        ],
    );
}

#[test]
fn poetry() {
    let mut text = r#"[metadata]
lock-version = "2.1"

[[package]]
name = "a"
version = "1.0"

[package.dependencies]
any = "*"
b = ">=1,<3"
c = {version = "^2", optional = true}
d = [
    {version = ">=1", markers = "python_version < '3.9'"},
    {version = ">=2", markers = "python_version >= '3.9'"},
]
e = [{version = ">=1", markers = "python_version < '3.9'"}, ">=1"]
f = {git = "https://git.example/f.git", rev = "main"}
g = []
"#
    .to_owned();
    for name in ["any", "b", "c", "d", "e", "f", "g"] {
        write!(text, "\n[[package]]\nname = \"{name}\"\nversion = \"2.0\"\n").unwrap();
    }
    tells(
        "poetry.lock",
        &text,
        &[
            ("a", "any", Some("*")),
            ("a", "b", Some(">=1,<3")),
            ("a", "c", Some("^2")),
            ("a", "d", None),
            ("a", "e", Some(">=1")),
            ("a", "f", None),
            ("a", "g", None),
        ],
    );
}

#[test]
fn pdm() {
    let mut text = r#"[metadata]
lock_version = "4.4.1"

[[package]]
name = "a"
version = "1.0"
dependencies = [
    "B>=1,<3",
    "any",
    "c[x] (~=2.0); python_version < \"3.9\"",
    "d>=1; python_version < \"3.9\"",
    "D>=2; python_version >= \"3.9\"",
    "f @ git+https://git.example/f.git",
]

[[package]]
name = "a"
version = "1.0"
extras = ["x"]
dependencies = ["a==1.0", "b>=2"]
"#
    .to_owned();
    for name in ["any", "b", "c", "d", "f"] {
        write!(text, "\n[[package]]\nname = \"{name}\"\nversion = \"2.0\"\n").unwrap();
    }
    tells(
        "pdm.lock",
        &text,
        &[
            ("a", "b", Some(">=1,<3")),
            ("a", "any", Some("")),
            ("a", "c", Some("~=2.0")),
            ("a", "d", None),
            ("a", "d", None),
            ("a", "f", None),
            // An extra and its own package.
            ("a", "a", None),
            ("a", "b", Some(">=2")),
        ],
    );
}

#[test]
fn nuget() {
    let package = |range: &str| {
        format!(
            r#"{{
              "Shop.A": {{
                "type": "Direct", "requested": "[1.0.0, )", "resolved": "1.0.0",
                "contentHash": "AAAA", "dependencies": {{ "Shop.B": "{range}" }}
              }},
              "Shop.B": {{ "type": "Transitive", "resolved": "2.1.0", "contentHash": "AAAA" }},
              "shop.api": {{ "type": "Project", "dependencies": {{ "Shop.B": "2.0.0" }} }}
            }}"#
        )
    };
    let text = format!(
        r#"{{ "version": 1, "dependencies": {{ "net6.0": {}, "net8.0": {}, "net9.0": {} }} }}"#,
        package("2.0.0"),
        package("[2.0.0, 3.0.0)"),
        package("2.0.0"),
    );
    tells(
        "packages.lock.json",
        &text,
        &[
            ("shop.a", "shop.b", Some("[2.0.0, 3.0.0)")),
            ("shop.a", "shop.b", Some("2.0.0")),
            ("shop.api", "shop.b", Some("2.0.0")),
        ],
    );
}

#[test]
fn mix() {
    let text = r#"%{
  "a": {:hex, :a, "1.0.0", "aa", [:mix], [{:b, "~> 2.0 or ~> 3.0", [hex: :b, repo: "hexpm", optional: false]}, {:c, nil, [hex: :c, optional: false]}], "hexpm", "bb"},
  "b": {:hex, :b, "2.0.0", "aa", [:mix], [], "hexpm", "bb"},
  "c": {:hex, :c, "2.0.0", "aa", [:mix], [{:b, "~> 2.0 or ~> 3.0", [hex: :b]}], "hexpm", "bb"},
}
"#;
    tells(
        "mix.lock",
        text,
        &[
            ("a", "b", Some("~> 2.0 or ~> 3.0")),
            ("a", "c", None),
            ("c", "b", Some("~> 2.0 or ~> 3.0")),
        ],
    );
}

#[test]
fn cocoapods() {
    let text = "PODS:
  - A (1.0.0):
    - B (~> 3.0)
    - B/Core (= 3.1.0)
    - C
  - B (3.1.0):
    - B/Core (= 3.1.0)
  - B/Core (3.1.0)
  - C (2.0.0):
    - B
    - B/Core (~> 3.0)

DEPENDENCIES:
  - A (~> 1.0)

COCOAPODS: 1.11.2
";
    tells(
        "Podfile.lock",
        text,
        &[
            ("A", "B", Some("~> 3.0")),
            ("A", "B", Some("= 3.1.0")),
            ("A", "C", Some("")),
            // One that any version fits says nothing beside another.
            ("C", "B", Some("~> 3.0")),
        ],
    );
}

#[test]
fn renv() {
    let text = r#"{
      "R": { "Version": "4.2.3" },
      "Packages": {
        "a": { "Package": "a", "Version": "1.0", "Requirements": ["R", "c"] },
        "b": {
          "Package": "b",
          "Version": "1.0",
          "Depends": ["R (>= 3.5)"],
          "Imports": ["a (>= 1.0)", "c"],
          "LinkingTo": ["a"]
        },
        "c": { "Package": "c", "Version": "1.0" }
      }
    }"#;
    tells(
        "renv.lock",
        text,
        // Before renv wrote whole descriptions, it left the ranges out.
        &[("a", "c", None), ("b", "a", Some(">= 1.0")), ("b", "c", Some(""))],
    );
}

#[test]
fn lockfiles_that_write_what_was_chosen_tell_no_range() {
    let pnpm = "lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.0.0

packages:

  a@1.0.0:
    resolution: {integrity: sha512-AAAA}

  b@2.0.0:
    resolution: {integrity: sha512-AAAA}

snapshots:

  a@1.0.0:
    dependencies:
      b: 2.0.0

  b@2.0.0: {}
";
    let uv = r#"version = 1

[[package]]
name = "a"
version = "1.0"
source = { registry = "https://feed.example/simple" }
dependencies = [{ name = "b" }]

[[package]]
name = "b"
version = "2.0"
source = { registry = "https://feed.example/simple" }
"#;
    for (path, text) in [("pnpm-lock.yaml", pnpm), ("uv.lock", uv)] {
        tells(path, text, &[("a", "b", None)]);
    }
}
