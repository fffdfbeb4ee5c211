//! `cargo xtask docs`: the reference pages, as the program itself tells them.
//!
//! `holdfast reference` prints one JSON object, from the path of each page to its text. With
//! `--check` nothing is written, and pages that differ, are missing or are left over are named.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::tools::{self, Done};

/// The folder whose pages are all generated.
const FOLDER: &str = "docs/reference";

type Pages = BTreeMap<String, String>;

/// Writes or checks.
pub(crate) fn run(args: &[String]) -> Done {
    let check = match args {
        [] => false,
        [only] if only == "--check" => true,
        other => return Err(format!("`docs` takes only `--check`, not `{}`", other.join(" "))),
    };
    // As the tests build it: by itself it would want other features of its crates, and all of them
    // would be compiled once more.
    tools::output(tools::cargo(&["test", "--no-run", "--quiet", "--workspace"]))?;
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let mut program = Command::new(Path::new(&target).join("debug/holdfast"));
    program.arg("reference");
    let told = tools::output(program)?;
    let wanted = pages(&told)?;
    let found = on_disk(Path::new(FOLDER))?;
    let stale = stale(&wanted, &found);
    if check {
        if stale.is_empty() {
            return Ok(());
        }
        let list: Vec<String> = stale.iter().map(|(path, why)| format!("{path}: {why}")).collect();
        return Err(format!("{}\nhelp: cargo xtask docs", list.join("\n")));
    }
    for path in stale.keys() {
        let written = match wanted.get(*path) {
            Some(text) => write(Path::new(path), text),
            None => std::fs::remove_file(path),
        };
        written.map_err(|error| format!("{path}: {error}"))?;
    }
    tools::say(&format!("{} pages, {} of them changed", wanted.len(), stale.len()));
    Ok(())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

/// What the program told, with paths that stay in the folder.
fn pages(told: &str) -> Result<Pages, String> {
    let unexpected = |what: &str| format!("`holdfast reference` told {what}");
    let value: Value =
        serde_json::from_str(told).map_err(|error| unexpected(&format!("no JSON: {error}")))?;
    let Value::Object(object) = value else { return Err(unexpected("no object")) };
    let mut pages = Pages::new();
    for (path, text) in object {
        let inside = path.strip_prefix(FOLDER).is_some_and(|rest| rest.starts_with('/'));
        if !inside || path.split('/').any(|part| part == "..") {
            return Err(unexpected(&format!("a page outside `{FOLDER}`: `{path}`")));
        }
        let Value::String(text) = text else {
            return Err(unexpected(&format!("no text for `{path}`")));
        };
        pages.insert(path, text);
    }
    if pages.is_empty() { Err(unexpected("no page")) } else { Ok(pages) }
}

fn on_disk(folder: &Path) -> Result<Pages, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut pages = Pages::new();
    if !folder.is_dir() {
        return Ok(pages);
    }
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            pages.extend(on_disk(&path)?);
        } else {
            let text = std::fs::read(&path).map_err(failed)?;
            let text = String::from_utf8_lossy(&text).into_owned();
            pages.insert(path.to_string_lossy().into_owned(), text);
        }
    }
    Ok(pages)
}

/// Every page that is not as it should be, and why.
fn stale<'a>(wanted: &'a Pages, found: &'a Pages) -> BTreeMap<&'a str, &'static str> {
    let mut stale = BTreeMap::new();
    for (path, text) in wanted {
        match found.get(path) {
            None => drop(stale.insert(path.as_str(), "is missing")),
            Some(other) if other != text => drop(stale.insert(path.as_str(), "is stale")),
            Some(_) => {}
        }
    }
    for path in found.keys().filter(|path| !wanted.contains_key(*path)) {
        stale.insert(path, "is no longer generated");
    }
    stale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pages: &[(&str, &str)]) -> Pages {
        pages.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn pages_are_compared_one_by_one() {
        let wanted = map(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let found = map(&[("b", "2"), ("c", "4"), ("d", "5"), ("e/f", "6")]);
        let stale = stale(&wanted, &found);
        let told: Vec<(&str, &str)> = stale.into_iter().collect();
        let left_over = |path| (path, "is no longer generated");
        let wanted = [("a", "is missing"), ("c", "is stale"), left_over("d"), left_over("e/f")];
        assert_eq!(told, wanted);
    }

    #[test]
    fn pages_stay_in_their_folder() {
        let ok = r##"{"docs/reference/readers.md": "# Readers\n"}"##;
        assert_eq!(pages(ok), Ok(map(&[("docs/reference/readers.md", "# Readers\n")])));
        let below = r#"{"docs/reference/control/door.md": ""}"#;
        assert_eq!(pages(below), Ok(map(&[("docs/reference/control/door.md", "")])));
        for bad in [
            r#"{"README.md": ""}"#,
            r#"{"docs/reference/../../README.md": ""}"#,
            r#"{"docs/referenced.md": ""}"#,
            r#"{"docs/reference/a.md": 1}"#,
            "{}",
            "[]",
            "",
        ] {
            assert!(pages(bad).is_err(), "{bad}");
        }
    }
}
