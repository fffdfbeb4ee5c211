//! Facts of a host: what its controls ask about, read from files and, on a running host, from
//! programs.
//!
//! A collector never does I/O. It names what it wants to see for the resources that are asked about,
//! and is handed the answer at once: `engine` fetches it, or looks it up in what a host told before.
//! Each bounds how far it lets itself be led. Knows file formats and nothing of what is wanted.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use elsa::FrozenMap;
use foldhash::fast::RandomState;
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
mod sysctl_pattern;
mod traits;
mod unit_conditions;
mod unit_file;
mod walk;

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
        let mut known = HashSet::with_hasher(RandomState::default());
        let named = self.resources.iter().filter_map(move |r| name(r).map(|name| (r, name)));
        named.filter(move |(resource, _)| known.insert(*resource))
    }
}

/// About so many needs all controls have of a host.
const USUAL: usize = 800;

/// What a host answers: it is asked for each need once, when somebody first wants it.
pub struct Answers<'s> {
    given: FrozenMap<Need, Box<Answer>, RandomState>,
    source: &'s dyn Fn(&Need) -> Answer,
}

impl<'s> Answers<'s> {
    /// Of a host that is asked by `source`.
    pub fn new(source: &'s dyn Fn(&Need) -> Answer) -> Self {
        let given = HashMap::with_capacity_and_hasher(USUAL, RandomState::default());
        Self { given: given.into(), source }
    }

    /// The answer to a need.
    pub fn get(&self, need: Need) -> &Answer {
        if let Some(answer) = self.given.get(&need) {
            return answer;
        }
        let answer = Box::new((self.source)(&need));
        self.given.insert(need, answer)
    }
}

/// Collects one kind of fact of a host.
pub trait Collector: Sync {
    /// What it is.
    fn about(&self) -> &'static About;
    /// Says what is there. Every aspect of every resource that was asked about and is its own
    /// gets at least one setting; what could not be seen is one with `Reading::Unknown`.
    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact));
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
/// `answer` is asked for each need once, whichever collectors have it.
pub fn collect(asked: &Asked<'_>, answer: &mut dyn FnMut(&Need) -> Answer) -> Vec<Fact> {
    let answer = RefCell::new(answer);
    let source = |need: &Need| (answer.borrow_mut())(need);
    let answers = Answers::new(&source);
    // Most resources have two or three sides.
    let mut facts = Vec::with_capacity(3 * asked.resources.len());
    for collector in collectors() {
        collector.read(asked, &answers, &mut |fact| facts.push(fact));
    }
    facts
}
