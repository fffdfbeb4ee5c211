//! Which lockfile says what a manifest gets: its own, or that of its workspace, and only as far as both
//! agree.

use super::{at, cargo_lock, checked, shop};

/// What is not assessed in a shop with these files: subject and reason.
#[track_caller]
fn gaps(files: &[(&str, &str)]) -> Vec<String> {
    let mut shop = shop();
    for (path, text) in files {
        shop = shop.file(at(path), *text);
    }
    let rows = checked(shop).not_assessed;
    rows.iter().map(|row| format!("{}: {}", row.subject, row.reason)).collect()
}

const NPM: &str = r#"{"lockfileVersion": 3, "packages": {
  "": {"dependencies": {"alpha": "^1.6.0"}},
  "node_modules/alpha": {"version": "1.6.0", "integrity": "sha512-AAAA"}}}"#;
const ASKS: &str = r#"{"dependencies": {"alpha": "^1.6.0"}}"#;
const OLD: &str = r#"{"dependencies": {"alpha": "1.0.0"}}"#;

const UV: &str = "version = 1\n\n[[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { virtual = \".\" \
                  }\n\n[[package]]\nname = \"alpha\"\nversion = \"1.6.0\"\nsource = { registry = \
                  \"https://feed.example/simple\" }\n";

#[test]
fn a_project_below_a_lockfile_is_no_member_of_it() {
    let pnpm = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      alpha:\n        \
                specifier: ^1.6.0\n        version: 1.6.0\npackages:\n  alpha@1.6.0:\n    resolution: \
                {integrity: x}\nsnapshots:\n  alpha@1.6.0: {}\n";
    let cargo = cargo_lock(&[("alpha", "1.6.0")]);
    let rust =
        "[package]\nname = \"shop-fuzz\"\n\n[workspace]\n\n[dependencies]\nalpha = \"1.6\"\n";
    let gems = "GEM\n  remote: https://gems.example/\n  specs:\n    alpha (1.6.0)\n\nDEPENDENCIES\n  alpha\n";
    let nuget = r#"{"version": 1, "dependencies": {"net8.0": {"Alpha": {"type": "Direct",
        "resolved": "1.6.0", "contentHash": "x"}}}}"#;
    let net = "<Project><ItemGroup><PackageReference Include=\"Alpha\" Version=\"1.6.0\" \
               /></ItemGroup></Project>";
    let python = "[project]\nname = \"x\"\ndependencies = [\"alpha==1.0.0\"]\n";
    for (lock, locked, manifest, asked) in [
        ("package-lock.json", NPM, "tools/package.json", ASKS),
        ("pnpm-lock.yaml", pnpm, "e2e/package.json", ASKS),
        ("Cargo.lock", cargo.as_str(), "fuzz/Cargo.toml", rust),
        ("Gemfile.lock", gems, "sub/Gemfile", "gem \"alpha\", \"1.6.0\"\n"),
        ("packages.lock.json", nuget, "tools/t.csproj", net),
        ("requirements.txt", "alpha==1.6.0\n", "tools/pyproject.toml", python),
        ("uv.lock", UV, "tools/pyproject.toml", python),
    ] {
        let found = gaps(&[(lock, locked), (manifest, asked)]);
        let told = |gap: &String| gap.starts_with(&format!("{manifest}: no lockfile says"));
        assert!(found.iter().any(told), "{manifest}: {found:?}");
    }
}

#[test]
fn members_are_answered_by_the_lockfile_above() {
    let npm = NPM.replace("\"\": {", "\"packages/a\": {\"version\": \"1.0.0\"}, \"\": {");
    let pnpm = "lockfileVersion: '9.0'\nimporters:\n  'packages/a':\n    dependencies:\n      alpha:\n        \
                specifier: ^1.6.0\n        version: 1.6.0\npackages:\n  alpha@1.6.0:\n    resolution: \
                {integrity: x}\nsnapshots:\n  alpha@1.6.0: {}\n";
    let yarn = "__metadata:\n  version: 8\n\n\"alpha@npm:^1.6.0\":\n  version: 1.6.0\n  resolution: \
                \"alpha@npm:1.6.0\"\n  checksum: 10/00\n\n\"a@workspace:packages/a\":\n  version: \
                0.0.0-use.local\n  resolution: \"a@workspace:packages/a\"\n  dependencies:\n    alpha: \
                \"npm:^1.6.0\"\n";
    let first = "# yarn lockfile v1\n\n\nalpha@^1.6.0:\n  version \"1.6.0\"\n  resolved \
                 \"https://feed.example/alpha-1.6.0.tgz\"\n  integrity sha512-AAAA\n";
    for (lock, locked) in [
        ("package-lock.json", npm.as_str()),
        ("pnpm-lock.yaml", pnpm),
        ("yarn.lock", yarn),
        ("yarn.lock", first),
    ] {
        let found = gaps(&[(lock, locked), ("packages/a/package.json", ASKS)]);
        assert!(found.is_empty(), "{lock}: {found:?}");
        let found = gaps(&[(lock, locked), ("packages/a/package.json", OLD)]);
        assert_eq!(found.len(), 1, "{lock}: {found:?}");
    }
    let uv = UV.replace("virtual = \".\"", "editable = \"packages/a\"");
    let project = "[project]\nname = \"shop\"\ndependencies = [\"alpha>=1.6\"]\n\n[build-system]\n\
                   requires = [\"hatchling>=1.0\"]\n";
    let found = gaps(&[("uv.lock", uv.as_str()), ("packages/a/pyproject.toml", project)]);
    assert!(found.is_empty(), "{found:?}");
    let cargo = cargo_lock(&[("alpha", "1.6.0")]);
    let rust = "[package]\nname = \"shop\"\n\n[dependencies]\nalpha = \"1.6\"\n";
    let found = gaps(&[("Cargo.lock", cargo.as_str()), ("crates/shop/Cargo.toml", rust)]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_lockfile_that_is_behind_its_manifest_is_told() {
    let refused = "package.json: package-lock.json has `alpha` 1.6.0, which `1.0.0` does not admit";
    assert_eq!(gaps(&[("package-lock.json", NPM), ("package.json", OLD)]), [refused]);
    let other = r#"{"dependencies": {"alpha": "^1.0.0", "beta": "1.0.0"}}"#;
    let absent = "package.json: package-lock.json does not name `beta`, which is asked for here";
    assert_eq!(gaps(&[("package-lock.json", NPM), ("package.json", other)]), [absent]);
    let project = "[project]\nname = \"shop\"\ndependencies = [\"beta==1.0.0\"]\n";
    let absent = "pyproject.toml: uv.lock does not name `beta`, which is asked for here";
    assert_eq!(gaps(&[("uv.lock", UV), ("pyproject.toml", project)]), [absent]);
}

#[test]
fn what_a_lockfile_may_do_without_is_no_gap() {
    for asked in [
        r#"{"dependencies": {"alpha": "1.0.0"}, "overrides": {"alpha": "1.6.0"}}"#,
        r#"{"dependencies": {"alpha": "^1.0.0"}, "optionalDependencies": {"beta": "1.0.0"}}"#,
        r#"{"dependencies": {"alpha": "^1.0.0"}, "peerDependencies": {"beta": "1.0.0"}}"#,
        r#"{"dependencies": {"other": "npm:alpha@^1.0.0", "gamma": "file:../gamma"}}"#,
    ] {
        let found = gaps(&[("package-lock.json", NPM), ("package.json", asked)]);
        assert!(found.is_empty(), "{asked}: {found:?}");
    }
    for asked in [
        "[project]\nname = \"shop\"\ndependencies = [\"beta==1 ; python_version < '3.8'\"]\n",
        "[project]\nname = \"shop\"\ndependencies = [\"alpha<1\", \"alpha>=1.6\"]\n",
        "[build-system]\nrequires = [\"setuptools>=61\", \"beta>=1\"]\n",
    ] {
        let found = gaps(&[("uv.lock", UV), ("pyproject.toml", asked)]);
        assert!(found.is_empty(), "{asked}: {found:?}");
    }
    let workspace = "[workspace]\nmembers = []\n\n[workspace.dependencies]\nbeta = \"1\"\n";
    let cargo = cargo_lock(&[("alpha", "1.6.0")]);
    let found = gaps(&[("Cargo.lock", cargo.as_str()), ("Cargo.toml", workspace)]);
    assert!(found.is_empty(), "{found:?}");
}
