//! The controls that are always there.

use std::sync::Arc;

use holdfast_model::Problem;
use holdfast_rulefile::{Node, yaml};

/// A control that came along with the program.
#[derive(Debug)]
pub struct BuiltIn {
    /// Its file, below the root of the project.
    pub path: &'static str,
    /// The whole file.
    pub text: &'static str,
    /// The head as it was scanned when the program was built.
    kept: &'static [u8],
}

/// Every one, sorted by path.
pub fn built_in() -> &'static [BuiltIn] {
    BUILT_IN
}

const BUILT_IN: &[BuiltIn] = include!(concat!(env!("OUT_DIR"), "/controls.rs"));

impl BuiltIn {
    /// All but the examples: they were run when it was built, and take longer to read than the
    /// control itself. They are the last part of their file.
    pub(crate) fn head(&self) -> &'static str {
        self.text.find("\ntests:\n").and_then(|at| self.text.get(..=at)).unwrap_or(self.text)
    }

    /// The tree of the head.
    pub(crate) fn tree(&self, path: &Arc<str>) -> (Option<Node>, Vec<Problem>) {
        yaml::parse_recorded(path, self.head(), self.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_was_scanned_when_it_was_built() {
        for control in built_in() {
            let events = yaml::record::recorded(control.head(), control.kept);
            assert!(events.is_some_and(|events| events.len() > 15), "{}", control.path);
            // What only a person can answer has no examples.
            let whole = control.head().len() == control.text.len();
            assert_eq!(whole, crate::is_manual(control.text), "{}", control.path);
        }
    }
}
