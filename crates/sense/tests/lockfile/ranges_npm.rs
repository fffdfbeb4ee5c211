//! The ranges that packages of JavaScript need one another in: by alias, by address, from the tree.

use super::ranges::tells;

/// A package with needs of every kind, and one of the tree.
const NPM: &str = r#"{
      "name": "shop",
      "lockfileVersion": 3,
      "packages": {
        "": { "name": "shop", "workspaces": ["packages/web"], "dependencies": { "a": "^1.0.0" } },
        "node_modules/@shop/web": { "resolved": "packages/web", "link": true },
        "node_modules/a": {
          "version": "1.0.0",
          "dependencies": {
            "b": "^2.0.0 || 3",
            "old": "npm:b@~1.1",
            "any": "",
            "gitted": "github:o/gitted",
            "ball": "https://files.example/ball-1.0.0.tgz",
            "tagged": "next",
            "long": "LONG"
          },
          "optionalDependencies": { "maybe": ">=1 <3", "absent": "^1" },
          "peerDependencies": { "b": "*" }
        },
        "node_modules/any": { "version": "1.0.0" },
        "node_modules/b": { "version": "2.0.0" },
        "node_modules/ball": { "version": "1.0.0" },
        "node_modules/gitted": { "version": "1.0.0" },
        "node_modules/long": { "version": "1.0.0" },
        "node_modules/maybe": { "version": "1.0.0", "optional": true },
        "node_modules/old": { "name": "b", "version": "1.1.0" },
        "node_modules/tagged": { "version": "1.0.0" },
        "packages/web": {
          "name": "@shop/web",
          "version": "0.1.0",
          "dependencies": { "a": "1.x" },
          "devDependencies": { "b": "^2.0.0 || 3" }
        }
      }
    }"#;

#[test]
fn npm() {
    let text = NPM.replace("LONG", &"1.0.0 || ".repeat(60));
    tells(
        "package-lock.json",
        &text,
        &[
            ("a", "b", Some("^2.0.0 || 3")),
            ("a", "b", Some("~1.1")),
            ("a", "any", Some("")),
            ("a", "gitted", None),
            ("a", "ball", None),
            ("a", "tagged", None),
            ("a", "long", None),
            ("a", "maybe", Some(">=1 <3")),
            ("a", "b", Some("*")),
            ("@shop/web", "a", Some("1.x")),
            ("@shop/web", "b", Some("^2.0.0 || 3")),
            ("@shop/web", "@shop/web", None),
        ],
    );
}

#[test]
fn npm_of_format_1() {
    let text = r#"{
      "name": "shop",
      "lockfileVersion": 1,
      "requires": true,
      "dependencies": {
        "a": {
          "version": "1.0.0",
          "requires": {
            "b": "^2.0.0",
            "old": "npm:b@^1",
            "gitted": "git+https://git.example/gitted.git",
            "absent": "1"
          },
          "dependencies": { "old": { "version": "npm:b@1.0.0" } }
        },
        "b": { "version": "2.0.0" },
        "gitted": { "version": "git+https://git.example/gitted.git#bbbb" }
      }
    }"#;
    tells(
        "package-lock.json",
        text,
        &[("a", "b", Some("^2.0.0")), ("a", "b", Some("^1")), ("a", "gitted", None)],
    );
}

/// The same as yarn 1 writes it.
const YARN_1: &str = r#"# yarn lockfile v1


a@^1.0.0:
  version "1.0.0"
  resolved "https://feed.example/a/-/a-1.0.0.tgz#bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
  dependencies:
    b "^2.0.0 || 3"
    gitted "git+https://git.example/gitted.git"
    old "npm:b@^1"
    tagged next
  optionalDependencies:
    maybe "*"

"b@^2.0.0 || 3":
  version "3.0.0"
  resolved "https://feed.example/b/-/b-3.0.0.tgz#bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

"gitted@git+https://git.example/gitted.git":
  version "0.1.0"
  resolved "git+https://git.example/gitted.git#bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

maybe@*:
  version "1.0.0"
  resolved "https://feed.example/maybe/-/maybe-1.0.0.tgz#bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

"old@npm:b@^1":
  version "1.0.0"
  resolved "https://feed.example/b/-/b-1.0.0.tgz#bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

tagged@next:
  version "1.0.0"
  resolved "https://feed.example/tagged/-/tagged-1.0.0.tgz#bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
  dependencies:
    b "^2.0.0 || 3"
"#;

#[test]
fn yarn_1() {
    tells(
        "yarn.lock",
        YARN_1,
        &[
            ("a", "b", Some("^2.0.0 || 3")),
            ("a", "gitted", None),
            ("a", "b", Some("^1")),
            ("a", "tagged", None),
            ("a", "maybe", Some("*")),
            ("tagged", "b", Some("^2.0.0 || 3")),
        ],
    );
}

/// The same as yarn 4 writes it.
const YARN_4: &str = r#"__metadata:
  version: 8
  cacheKey: 10c0

"@shop/web@workspace:*, @shop/web@workspace:packages/web":
  version: 0.0.0-use.local
  resolution: "@shop/web@workspace:packages/web"
  dependencies:
    a: "npm:^1.0.0"
  languageName: unknown
  linkType: soft

"a@npm:^1.0.0":
  version: 1.0.0
  resolution: "a@npm:1.0.0"
  dependencies:
    "@shop/web": "workspace:*"
    b: "npm:^2.0.0 || 3"
    gitted: "https://git.example/gitted.git"
    old: "npm:b@^1"
    patched: "patch:patched@npm%3A^2#~/p.patch"
    plain: "~1.2"
    tagged: "npm:next"
  checksum: 10c0/0123456789abcdef
  languageName: node
  linkType: hard

"b@npm:^2.0.0 || 3":
  version: 3.0.0
  resolution: "b@npm:3.0.0"
  checksum: 10c0/0123456789abcdef
  languageName: node
  linkType: hard

"gitted@https://git.example/gitted.git":
  version: 0.1.0
  resolution: "gitted@https://git.example/gitted.git#commit=bbbb"
  checksum: 10c0/0123456789abcdef
  languageName: node
  linkType: hard

"old@npm:b@^1":
  version: 1.0.0
  resolution: "b@npm:1.0.0"
  checksum: 10c0/0123456789abcdef
  languageName: node
  linkType: hard

"patched@patch:patched@npm%3A^2#~/p.patch":
  version: 2.0.0
  resolution: "patched@patch:patched@npm%3A2.0.0#~/p.patch::version=2.0.0&hash=aa"
  checksum: 10c0/0123456789abcdef
  languageName: node
  linkType: hard

"plain@npm:~1.2":
  version: 1.2.0
  resolution: "plain@npm:1.2.0"
  checksum: 10c0/0123456789abcdef
  languageName: node
  linkType: hard

"tagged@npm:next":
  version: 1.0.0
  resolution: "tagged@npm:1.0.0"
  checksum: 10c0/0123456789abcdef
  languageName: node
  linkType: hard
"#;

#[test]
fn yarn_2_and_later() {
    tells(
        "yarn.lock",
        YARN_4,
        &[
            ("@shop/web", "a", Some("^1.0.0")),
            ("a", "@shop/web", None),
            ("a", "b", Some("^2.0.0 || 3")),
            ("a", "gitted", None),
            ("a", "b", Some("^1")),
            ("a", "patched", None),
            ("a", "plain", Some("~1.2")),
            ("a", "tagged", None),
        ],
    );
}

#[test]
fn bun() {
    let text = r#"{
      "lockfileVersion": 1,
      "workspaces": {
        "": { "name": "shop", "dependencies": { "a": "^1.0.0" } },
        "packages/web": {
          "name": "@shop/web",
          "version": "0.1.0",
          "dependencies": { "a": "1.x", "b": "catalog:" }
        }
      },
      "packages": {
        "@shop/web": ["@shop/web@workspace:packages/web"],
        "a": ["a@1.0.0", "", {
          "dependencies": {
            "b": "^2.0.0", "gitted": "github:o/gitted", "old": "npm:b@^1", "@shop/web": "workspace:*"
          },
          "peerDependencies": { "peer": "^2.0.0" }
        }, "sha512-AAAA"],
        "b": ["b@2.0.0", "", {}, "sha512-AAAA"],
        "gitted": ["gitted@github:o/gitted#bbbb", {}, "o-gitted-bbbb"],
        "old": ["b@1.0.0", "", {}, "sha512-AAAA"],
        "peer": ["peer@2.0.0", "", {}, "sha512-AAAA"]
      }
    }"#;
    tells(
        "bun.lock",
        text,
        &[
            ("a", "b", Some("^2.0.0")),
            ("a", "gitted", None),
            ("a", "b", Some("^1")),
            ("a", "@shop/web", None),
            ("a", "peer", Some("^2.0.0")),
            ("@shop/web", "a", Some("1.x")),
            ("@shop/web", "b", None),
        ],
    );
}
