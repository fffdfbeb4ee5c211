//! `cargo xtask tidy`: the project's own rules about its files, which no other tool knows.
//!
//! Each rule is a function over files and is tested where it stands, with text that breaks it.
//! Rules about one file alone are in `text` and `rust`; rules that need several are in `house`.
//! Patterns are put together from pieces, so that a rule does not find itself.

mod house;
mod rust;
mod text;

use std::process::Command;

use crate::tools::{self, Done};

/// A file of the tree that is text.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Relative to the root.
    path: String,
    text: String,
}

impl File {
    /// Numbered lines, from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    fn is(&self, ending: &str) -> bool {
        self.path.ends_with(ending)
    }

    /// The crate's folder, for files of `crates/`.
    fn crate_folder(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }
}

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Complaint {
    path: String,
    line: usize,
    what: String,
    help: &'static str,
}

impl Complaint {
    fn new(file: &File, line: usize, what: impl Into<String>, help: &'static str) -> Self {
        Self { path: file.path.clone(), line, what: what.into(), help }
    }
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}; help: {}", self.path, self.line, self.what, self.help)
    }
}

/// A rule about one file.
type Rule = fn(&File) -> Vec<Complaint>;
/// A rule about the tree.
type HouseRule = fn(&[File]) -> Vec<Complaint>;

const RULES: &[Rule] = &[
    text::line_ends,
    text::leftovers,
    text::registry_hosts,
    text::machine_paths,
    rust::length,
    rust::top_comment,
    rust::sql,
    rust::unchecked_code,
    rust::purity,
];

const HOUSE_RULES: &[HouseRule] = &[
    house::manifests,
    house::dependency_arguments,
    house::default_member,
    house::rule_ids,
    house::fragments,
];

/// Applies every rule to every file that git keeps or would keep.
pub(crate) fn run() -> Done {
    let files = files()?;
    let mut complaints: Vec<Complaint> =
        RULES.iter().flat_map(|rule| files.iter().flat_map(rule)).collect();
    complaints.extend(HOUSE_RULES.iter().flat_map(|rule| rule(&files)));
    complaints.sort();
    if complaints.is_empty() {
        return Ok(());
    }
    Err(complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// Tracked files and new ones that are not ignored; what is not UTF-8 is no text.
fn files() -> Result<Vec<File>, String> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let names = tools::output(git)?;
    let mut files = Vec::new();
    for path in names.split('\0').filter(|path| !path.is_empty()) {
        // A link or a file that was removed and not yet recorded has no text of its own.
        let plain = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
        let bytes = if plain { std::fs::read(path).ok() } else { None };
        if let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            files.push(File { path: path.to_owned(), text });
        }
    }
    if files.is_empty() { Err("git names no file here".to_owned()) } else { Ok(files) }
}

/// A file for tests of rules.
#[cfg(test)]
fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

/// Path, line and message of complaints, for tests of rules.
#[cfg(test)]
fn told(complaints: &[Complaint]) -> Vec<String> {
    complaints.iter().map(|one| format!("{}:{}: {}", one.path, one.line, one.what)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_says_where_what_and_what_to_do() {
        let complaint = Complaint::new(&file("a.rs", ""), 7, "it is odd", "make it even");
        assert_eq!(complaint.to_string(), "a.rs:7: it is odd; help: make it even");
    }
}
