//! The way out for the facts of a stream, which bounds its problems.

use std::sync::Arc;

use holdfast_model::{Fact, Place, Problem};

use super::cursor::At;
use crate::text::report::MAX_PROBLEMS;

/// What a stream has said so far.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) path: Arc<str>,
    problems: usize,
    /// How many of them lost something.
    pub(crate) losses: usize,
    /// Something may be missing.
    pub(crate) partial: bool,
}

impl Told {
    pub(crate) fn new(path: &Arc<str>) -> Self {
        Self { path: Arc::clone(path), problems: 0, losses: 0, partial: false }
    }
}

/// Something that is wrong in a report, before it has a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) code: &'static str,
    pub(crate) at: At,
    pub(crate) message: String,
    pub(crate) help: &'static str,
    /// Whether something may have been lost.
    pub(crate) loses: bool,
}

impl Wrong {
    pub(crate) fn loss(code: &'static str, at: At, message: impl Into<String>) -> Self {
        Self { code, at, message: message.into(), help: "", loses: true }
    }

    pub(crate) fn slip(code: &'static str, at: At, message: impl Into<String>) -> Self {
        Self { code, at, message: message.into(), help: "", loses: false }
    }

    pub(crate) fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }
}

/// Says facts during one push.
pub(crate) struct Say<'o> {
    pub(crate) out: &'o mut dyn FnMut(Fact),
    pub(crate) told: &'o mut Told,
}

impl Say<'_> {
    pub(crate) fn fact(&mut self, fact: Fact) {
        (self.out)(fact);
    }

    pub(crate) fn place(&self, at: At) -> Place {
        at.place(&self.told.path)
    }

    pub(crate) fn wrong(&mut self, wrong: Wrong) {
        let told = &mut *self.told;
        told.partial |= wrong.loses;
        told.losses += usize::from(wrong.loses);
        told.problems += 1;
        let place = wrong.at.place(&told.path);
        let problem = match told.problems {
            count if count <= MAX_PROBLEMS => {
                Problem::at(wrong.code, place, wrong.message).help(wrong.help)
            }
            count if count == MAX_PROBLEMS + 1 => {
                let message =
                    format!("there are more than {MAX_PROBLEMS} problems; the others are not told");
                Problem::at("too-many-problems", place, message)
                    .help("let the scanner write this report again")
            }
            _ => return,
        };
        (self.out)(Fact::Problem(problem));
    }
}
