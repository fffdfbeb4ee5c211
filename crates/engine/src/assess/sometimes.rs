//! Lines of manifests that do not count always, so that a lockfile may leave them out.
//!
//! Knows where manifests write conditions. In doubt a line counts only sometimes.

use holdfast_model::Requirement;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::look::Document;

/// What tools bring along and keep out of lockfiles.
const BROUGHT_ALONG: [&str; 5] = ["bundler", "distribute", "pip", "setuptools", "wheel"];

/// Whether a lockfile of this reader may do without what a line asks for, or have another version.
pub(super) fn counts_sometimes(
    manifest: &Document,
    lock: &str,
    requirement: &Requirement,
    here: bool,
) -> bool {
    let Ok(text) = std::str::from_utf8(&manifest.bytes) else { return true };
    if requirement.place.path != manifest.path {
        // The versions of .NET may stand in another file than the line that asks.
        return manifest.reader != "nuget-project" || text.contains("Condition");
    }
    let at = requirement.span.start;
    let (Some(before), Some(after)) = (text.get(..at), text.get(at..)) else { return true };
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = after.find('\n').unwrap_or(after.len());
    let line = text.get(start..at + end).unwrap_or_default();
    match manifest.reader {
        // What no member inherits is not locked.
        "cargo-toml" => header(before).contains("workspace"),
        "pyproject" | "pipfile" => {
            is_marked(line, text.get(requirement.span.end..).unwrap_or_default())
                || !is_locked(lock, header(before))
        }
        // What makes a gem is not needed where it is used.
        "gemspec" => (requirement.dev && !here) || is_conditional(text),
        "gemfile" => {
            let inside = line.starts_with([' ', '\t']) && is_conditional(text);
            inside
                || [" if ", " unless ", "platform", "install_if"].iter().any(|w| line.contains(w))
        }
        "nuget-project" => {
            let group = before.rfind("<ItemGroup").and_then(|at| before.get(at..));
            let group = group.and_then(|group| group.split('>').next()).unwrap_or_default();
            let within = |words: &str| line.contains(words) || group.contains(words);
            within("Condition") || line.contains("Update=") || text.contains("<When")
        }
        _ => false,
    }
}

/// What is asked for and need not be there: optional packages of npm, and what tools bring along.
pub(super) fn may_lack(manifest: &Document, name: &str) -> bool {
    #[derive(Deserialize)]
    struct Optional {
        #[serde(rename = "optionalDependencies")]
        optional: Option<Map<String, Value>>,
    }
    if BROUGHT_ALONG.contains(&name) {
        return manifest.reader != "package-json" && manifest.reader != "cargo-toml";
    }
    if manifest.reader != "package-json" {
        return false;
    }
    let Ok(read) = serde_json::from_slice::<Optional>(&manifest.bytes) else { return true };
    let is_it = |(key, spec): (&String, &Value)| {
        key == name || spec.as_str().is_some_and(|spec| spec.contains(name))
    };
    read.optional.is_some_and(|all| all.iter().any(is_it))
}

/// The heading of the table that the end of a text stands in.
fn header(before: &str) -> &str {
    let mut lines = before.lines().rev().map(str::trim);
    let heading = lines.find(|line| line.starts_with('[') && line.contains(']'));
    let inner = heading.map(|line| line.trim_start_matches('['));
    inner.and_then(|line| line.split(']').next()).unwrap_or_default().trim()
}

/// Whether a line of a Python manifest is for some versions of Python or some machines only.
fn is_marked(line: &str, rest: &str) -> bool {
    let own = rest.split(['"', '\'', '\n']).next().unwrap_or_default();
    let words = ["python =", "python=", "markers", "platform"];
    own.contains(';') || words.iter().any(|word| line.contains(word))
}

/// Whether a lockfile of Python holds what stands in a table: builds are made outside of it, and some
/// tools lock only some groups.
fn is_locked(lock: &str, header: &str) -> bool {
    let begins = |words: &[&str]| words.iter().any(|word| header.starts_with(word));
    match lock {
        "uv-lock" => begins(&["project", "dependency-groups", "tool.uv"]),
        "poetry-lock" => header == "project" || header.starts_with("tool.poetry"),
        "pdm-lock" | "pylock" => header == "project",
        _ => header != "build-system",
    }
}

/// Whether a program in Ruby asks for some gems on conditions.
fn is_conditional(text: &str) -> bool {
    let words = ["if ", "unless ", "case ", "platform", "install_if"];
    text.lines().any(|line| {
        let line = line.trim_start();
        words.iter().any(|word| line.starts_with(word))
            || line.contains(" if ")
            || line.contains(" unless ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_in_the_last_table_before_it() {
        assert_eq!(header("[project]\nname = \"x\"\ndependencies = [\n    \"a[b]>="), "project");
        assert_eq!(
            header("[a]\n[[b.c]]\n  [workspace.dependencies] # why\nx = \""),
            "workspace.dependencies"
        );
        assert_eq!(header("name = \""), "");
    }

    #[test]
    fn markers_stand_behind_a_range_or_beside_it() {
        assert!(is_marked("", " ; python_version < \"3.9\"\",\n"));
        assert!(is_marked("a = { version = \"^1\", python = \"<3.9\" }", "\" }\n"));
        assert!(!is_marked("\"python-dateutil>=2\",", "\", # why; or not\n"));
    }

    #[test]
    fn each_tool_locks_its_own_tables() {
        assert!(is_locked("uv-lock", "dependency-groups") && is_locked("pdm-lock", "project"));
        assert!(
            !is_locked("uv-lock", "build-system") && !is_locked("requirements", "build-system")
        );
        assert!(!is_locked("poetry-lock", "dependency-groups"));
        assert!(!is_locked("pdm-lock", "project.optional-dependencies"));
    }
}
