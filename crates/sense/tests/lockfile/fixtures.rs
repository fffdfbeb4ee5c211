//! Every fixture folder gives exactly the facts of its `expected.json`.

use std::path::Path;

use holdfast_model::Fact;

use super::support::{READERS, check, document, fixtures, lines, read, reader, tree};

/// The cases that every reader has to have.
const BROKEN: [&str; 5] =
    ["broken-binary", "broken-conflict", "broken-deep", "broken-truncated", "broken-wrong-type"];

fn cases(id: &str) -> Vec<String> {
    let mut out: Vec<String> = std::fs::read_dir(fixtures().join(id))
        .unwrap_or_else(|_| panic!("fixtures/{id} is missing"))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    out.sort();
    out
}

fn one(id: &str, case: &str, wrong: &mut Vec<String>) {
    let folder = fixtures().join(id).join(case);
    let tree = tree(&folder);
    let reader = reader(id);
    let path = document(reader, &tree);
    let facts = read(reader, &tree, &path);
    check(&facts, &tree);
    assert_eq!(facts, read(reader, &tree, &path), "{id}/{case} reads differently the second time");
    if case.starts_with("broken-") {
        let told = facts.iter().any(|fact| matches!(fact, Fact::Problem(_)));
        assert!(told, "{id}/{case} is broken and nothing is said");
    }
    let found = lines(&facts);
    let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap_or_default();
    if found != expected {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{id}.{case}.json"));
        std::fs::write(&kept, &found).unwrap();
        let difference =
            found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
        let difference = difference.unwrap_or(("(the rest)", "(the rest)"));
        wrong.push(format!(
            "{id}/{case}: found in {}\n  {}\n  {}",
            kept.display(),
            difference.0,
            difference.1
        ));
    }
}

pub(crate) fn all(id: &str) {
    let mut wrong = Vec::new();
    let cases = cases(id);
    for case in &cases {
        one(id, case, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for case in BROKEN.iter().chain(&["plain"]) {
        assert!(cases.iter().any(|known| known == case), "fixtures/{id}/{case} is missing");
    }
}

#[test]
fn cargo_lock() {
    all("cargo-lock");
}

#[test]
fn cargo_toml() {
    all("cargo-toml");
}

#[test]
fn package_lock() {
    all("package-lock");
}

#[test]
fn package_json() {
    all("package-json");
}

#[test]
fn requirements() {
    all("requirements");
}

#[test]
fn go_mod() {
    all("go-mod");
}

#[test]
fn go_sum() {
    all("go-sum");
}

#[test]
fn yarn_lock() {
    all("yarn-lock");
}

#[test]
fn pnpm_lock() {
    all("pnpm-lock");
}

#[test]
fn pnpm_workspace() {
    all("pnpm-workspace");
}

#[test]
fn bun_lock() {
    all("bun-lock");
}

#[test]
fn pyproject() {
    all("pyproject");
}

#[test]
fn poetry_lock() {
    all("poetry-lock");
}

#[test]
fn pdm_lock() {
    all("pdm-lock");
}

#[test]
fn uv_lock() {
    all("uv-lock");
}

#[test]
fn pylock() {
    all("pylock");
}

#[test]
fn pipfile() {
    all("pipfile");
}

#[test]
fn pipfile_lock() {
    all("pipfile-lock");
}

#[test]
fn composer_json() {
    all("composer-json");
}

#[test]
fn composer_lock() {
    all("composer-lock");
}

#[test]
fn gemfile() {
    all("gemfile");
}

#[test]
fn gemfile_lock() {
    all("gemfile-lock");
}

#[test]
fn go_work() {
    all("go-work");
}

#[test]
fn gemspec() {
    all("gemspec");
}

#[test]
fn cargo_config() {
    all("cargo-config");
}

#[test]
fn maven_settings() {
    all("maven-settings");
}

#[test]
fn npmrc() {
    all("npmrc");
}

#[test]
fn nuget_sources() {
    all("nuget-sources");
}

#[test]
fn pip_conf() {
    all("pip-conf");
}

#[test]
fn yarnrc() {
    all("yarnrc");
}

#[test]
fn bundle_config() {
    all("bundle-config");
}

#[test]
fn environment() {
    all("environment");
}

#[test]
fn gradle() {
    all("gradle");
}

#[test]
fn codes_are_unique_and_in_kebab_case() {
    let mut codes: Vec<&str> = holdfast_sense::codes::CODES.iter().map(|(code, _)| *code).collect();
    let count = codes.len();
    assert!(codes.iter().all(|code| {
        code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    }));
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
    assert_eq!(READERS.len(), 33);
}
