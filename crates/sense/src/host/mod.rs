//! Facts of a host: what its controls ask about, read from files and, on a running host, from
//! programs.
//!
//! A collector never does I/O. It names what it needs for the resources that are asked about;
//! `engine` fetches it, at most sixteen rounds, and then lets it read. Knows file formats and
//! nothing of what is wanted.

use std::collections::BTreeMap;

use holdfast_model::{About, Fact, Resource};

use crate::reader::{Answer, Need};

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The resources that controls name.
    pub resources: &'a [Resource],
    /// Whether the system runs. What only a running system has (values in the kernel, the state
    /// of services, programs) is otherwise *not assessed*, with that as its reason.
    pub running: bool,
}

/// The answers to needs so far.
#[derive(Debug, Default)]
pub struct Answers {
    answers: BTreeMap<Need, Answer>,
}

impl Answers {
    /// Adds the answer to a need.
    pub fn give(&mut self, need: Need, answer: Answer) {
        self.answers.insert(need, answer);
    }

    /// The answer to a need; `None` where it was not asked yet.
    pub fn get(&self, need: &Need) -> Option<&Answer> {
        self.answers.get(need)
    }

    /// The bytes of a file, where it was asked for and could be read.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        match self.answers.get(&Need::File(path.into())) {
            Some(Answer::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }
}

/// Collects one kind of fact of a host.
pub trait Collector: Sync {
    /// What it is.
    fn about(&self) -> &'static About;
    /// What it still wants to see, given the answers so far; empty when it has all it needs.
    fn needs(&self, asked: &Asked<'_>, so_far: &Answers) -> Vec<Need>;
    /// Says what is there. Every aspect of every resource that was asked about and is its own
    /// gets at least one setting; what could not be seen is one with `Reading::Unknown`.
    fn read(&self, asked: &Asked<'_>, answers: &Answers, out: &mut dyn FnMut(Fact));
}

/// Every collector. Adding one is a file, one line here and one fixture folder.
pub fn collectors() -> &'static [&'static dyn Collector] {
    COLLECTORS
}

static COLLECTORS: &[&dyn Collector] = &[];
