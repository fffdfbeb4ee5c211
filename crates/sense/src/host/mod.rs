//! Facts of a host: what its controls ask about, read from files and, on a running host, from
//! programs.
//!
//! A collector never does I/O. It names what it needs for the resources that are asked about;
//! `engine` fetches it, at most sixteen rounds, and then lets it read. Knows file formats and
//! nothing of what is wanted.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_model::{About, Fact, Resource};

use crate::reader::{Answer, Need};

mod accounts;
mod cron;
mod drop_ins;
mod family;
mod file;
mod firewall;
mod fstab;
mod keys;
mod lines;
mod look;
mod module;
mod module_files;
mod mount;
mod mount_options;
mod mount_table;
mod mount_units;
mod package;
mod pam;
mod ports;
mod process;
mod restart;
pub mod running;
mod service;
mod sshd;
mod strength;
mod suite;
mod sysctl;
mod sysctl_files;
mod traits;
mod unit_file;
mod walk;

/// So many rounds of needs are answered, like those of readers.
const MAX_ROUNDS: usize = 16;

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The resources that controls name.
    pub resources: &'a [Resource],
    /// Whether the system runs. What only a running system has (values in the kernel, the state
    /// of services, programs) is otherwise *not assessed*, with that as its reason.
    pub running: bool,
}

impl<'a> Asked<'a> {
    /// Each resource of which `name` knows a name, with that name: in order, and each once.
    fn each(
        &self,
        name: fn(&Resource) -> Option<&str>,
    ) -> impl Iterator<Item = (&'a Resource, &'a str)> + use<'a> {
        let mut known = BTreeSet::new();
        let named = self.resources.iter().filter_map(move |r| name(r).map(|name| (r, name)));
        named.filter(move |(resource, _)| known.insert(*resource))
    }
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

static COLLECTORS: &[&dyn Collector] = &[
    &traits::Traits,
    &sysctl::Sysctl,
    &file::File,
    &package::Package,
    &service::Service,
    &suite::Suite,
    &ports::Ports,
    &sshd::Sshd,
    &sshd::Ssh,
    &keys::Keys,
    &mount::Mount,
    &module::Module,
    &accounts::Accounts,
    &walk::Walk,
    &process::Process,
    &lines::Lines,
    &cron::Cron,
    &strength::Strength,
    &pam::Pam,
    &firewall::Firewall,
    &restart::Restart,
];

/// Lets every collector say what it sees, in the order of [`collectors`].
///
/// `answer` is asked for each need once, whichever collectors have it; one that still wants more
/// after sixteen rounds says *not assessed* of what it misses.
pub fn collect(asked: &Asked<'_>, answer: &mut dyn FnMut(&Need) -> Answer) -> Vec<Fact> {
    let mut answers = Answers::default();
    for _ in 0..MAX_ROUNDS {
        let wanted: BTreeSet<Need> = collectors()
            .iter()
            .flat_map(|collector| collector.needs(asked, &answers))
            .filter(|need| answers.get(need).is_none())
            .collect();
        if wanted.is_empty() {
            break;
        }
        for need in wanted {
            let given = answer(&need);
            answers.give(need, given);
        }
    }
    let mut facts = Vec::new();
    for collector in collectors() {
        collector.read(asked, &answers, &mut |fact| facts.push(fact));
    }
    facts
}
