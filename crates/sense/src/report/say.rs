//! The way out for the facts of a stream, which bounds its problems.

use std::sync::Arc;

use holdfast_model::{Fact, Place, Problem};

use super::cursor::At;
use crate::text::report::MAX_PROBLEMS;

/// What a stream has said so far.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) path: Arc<str>,
    problems: usize,
    /// How many of them lost something.
    pub(super) losses: usize,
    /// Something may be missing.
    pub(super) partial: bool,
}

impl Told {
    pub(super) fn new(path: &Arc<str>) -> Self {
        Self { path: Arc::clone(path), problems: 0, losses: 0, partial: false }
    }
}

/// Something that is wrong in a report, before it has a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) code: &'static str,
    pub(super) at: At,
    pub(super) message: String,
    pub(super) help: &'static str,
    /// Whether something may have been lost.
    pub(super) loses: bool,
}

impl Wrong {
    pub(super) fn loss(code: &'static str, at: At, message: impl Into<String>) -> Self {
        Self { code, at, message: message.into(), help: "", loses: true }
    }

    pub(super) fn slip(code: &'static str, at: At, message: impl Into<String>) -> Self {
        Self { code, at, message: message.into(), help: "", loses: false }
    }

    pub(super) fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }
}

/// Says facts during one push.
pub(super) struct Say<'o> {
    pub(super) out: &'o mut dyn FnMut(Fact),
    pub(super) told: &'o mut Told,
}

impl Say<'_> {
    pub(super) fn fact(&mut self, fact: Fact) {
        (self.out)(fact);
    }

    pub(super) fn place(&self, at: At) -> Place {
        at.place(&self.told.path)
    }

    pub(super) fn wrong(&mut self, wrong: Wrong) {
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
