//! The practices: those that came along, and those of the folder we stand in.
//!
//! Knows where they stand. Must not know what they decide.

use std::sync::Arc;

use holdfast_decide::{PRACTICES, Practice};
use holdfast_model::Problem;

use crate::gather::Tree;
use crate::own_rules::Texts;

/// Practices that can be used, and what is wrong with the others.
#[derive(Debug, Default)]
pub(crate) struct Practices {
    /// Those that came along first, then by path.
    pub(crate) list: Vec<Practice>,
    /// Of files that cannot be used.
    pub(crate) problems: Vec<Problem>,
}

impl Practices {
    /// Reads those that came along and those of a tree.
    pub(crate) fn read(tree: Option<&dyn Tree>) -> Self {
        let mut practices = Self::default();
        for (path, text) in PRACTICES {
            practices.add(&Arc::from(*path), text);
        }
        let own = tree.map(own).unwrap_or_default();
        for (path, text) in &own.files {
            practices.add(path, text);
        }
        practices.problems.extend(own.problems);
        practices
    }

    fn add(&mut self, path: &Arc<str>, text: &str) {
        let (practice, problems) = Practice::read(path, text);
        self.problems.extend(problems);
        let Some(practice) = practice else { return };
        if let Some(known) = self.list.iter().find(|known| known.id == practice.id) {
            let message = format!("`{}` is also the id of `{}`", practice.id, known.place.path);
            let problem = Problem::at("practice-twice", practice.place.clone(), message);
            self.problems.push(problem.help("give it an id of its own"));
            return;
        }
        self.list.push(practice);
    }

    /// The practice of that name, or everything that is in its way.
    pub(crate) fn find(self, name: &str) -> Result<Practice, Vec<Problem>> {
        let mut list = self.list;
        if let Some(at) = list.iter().position(|one| &*one.id == name) {
            return Ok(list.swap_remove(at));
        }
        let help = match holdfast_rulefile::suggest(name, list.iter().map(|one| &*one.id)) {
            Some(guess) => format!("did you mean `{guess}`?"),
            None => "list them: holdfast rules list --kind practice".to_owned(),
        };
        let message = format!("there is no practice called `{name}` that can be used");
        // What is wrong with a file says more than that it cannot be used.
        let mut problems = self.problems;
        problems.push(Problem::new("practice-unknown", message).help(help));
        Err(problems)
    }
}

/// The files of practices that a folder keeps for itself.
pub(crate) fn own(tree: &dyn Tree) -> Texts {
    Texts::of(tree, "practice", &["yaml"])
}
