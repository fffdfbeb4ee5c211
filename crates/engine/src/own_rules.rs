//! The rule files that a folder keeps for itself, below `.holdfast`.
//!
//! Knows where they stand. Must not know what is in them.

use std::sync::Arc;

use holdfast_model::Problem;

use crate::gather::Tree;

/// Path and text of rule files, and what is wrong with those that are no text.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// In the order in which they were added.
    pub(crate) files: Vec<(Arc<str>, String)>,
    /// Of files that cannot be read.
    pub(crate) problems: Vec<Problem>,
}

impl Texts {
    /// The rules of one kind that a tree keeps, by path; files with other endings are none.
    pub(crate) fn of(tree: &dyn Tree, kind: &str, endings: &[&str]) -> Self {
        Self::below(tree, &format!(".holdfast/rules/{kind}/**"), endings)
    }

    /// The same of files that stand elsewhere.
    pub(crate) fn below(tree: &dyn Tree, pattern: &str, endings: &[&str]) -> Self {
        let mut texts = Self::default();
        for path in tree.glob(pattern) {
            let ending = path.rsplit('.').next().unwrap_or_default();
            if !endings.contains(&ending) {
                continue;
            }
            match tree.read(&path) {
                Ok(bytes) => texts.add(&path, bytes.to_vec()),
                Err(_) => texts.unreadable(&path),
            }
        }
        texts
    }

    /// Adds a file.
    pub(crate) fn add(&mut self, path: &Arc<str>, bytes: Vec<u8>) {
        match String::from_utf8(bytes) {
            Ok(text) => self.files.push((Arc::clone(path), text)),
            Err(_) => self.problems.push(
                Problem::new("not-text", format!("`{path}` is no UTF-8 text"))
                    .help("save it as UTF-8"),
            ),
        }
    }

    /// Says that a file is left out.
    pub(crate) fn unreadable(&mut self, path: &str) {
        let problem = Problem::new("cannot-read", format!("the rule `{path}` cannot be read"));
        self.problems.push(problem.help("check its permissions"));
    }
}
