//! A control in words: what it asks, what is checked, and what each tool does where one of its own
//! examples fails.
//!
//! Knows controls and their examples. Must not know what a page looks like.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{Desired, Place, Tool};
use holdfast_rulefile::{Condition, Field, Kind};

use crate::examples::Example;
use crate::fields::LISTS;
use crate::{Control, ControlResult, Rendered, Seen, render, wanted};

/// A control in words. All of it follows from its file, so that the same file gives the same words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The fields of which its `when` asks, each with what it says.
    pub asks: Vec<Named>,
    /// What of `[host.settings]` changes what it asks, each with what it says.
    pub settings: Vec<Named>,
    /// What is checked, one for each line of `ensure`.
    pub checks: Vec<Check>,
    /// What mends it, shown where one of its examples fails; `None` where none does.
    pub mended: Option<Mended>,
    /// What only a person can do, in words, whichever example fails.
    pub by_hand: Vec<String>,
}

/// Something that has a name, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// What it says, in a phrase.
    pub says: String,
}

/// What is checked of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The thing, as findings name it.
    pub subject: String,
    /// What is wanted of it.
    pub wanted: String,
    /// What else counts, in a phrase; empty for nothing.
    pub also: &'static str,
}

/// What mends a control where an example fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The example.
    pub example: Place,
    /// What is wrong in it: the thing and the evidence.
    pub wrong: Vec<String>,
    /// What each tool is given, without the functions that every shell script carries; empty where no
    /// tool can do anything.
    pub with: Vec<(Tool, String)>,
    /// What is restarted, reloaded, started or stopped, in words.
    pub restart: String,
    /// Whether something has to be so before anything is done.
    pub is_prechecked: bool,
}

/// Puts a control into words. It needs its examples, which [`crate::read_built_in`] leaves out.
pub fn explain(control: &Control) -> Explained {
    let asks = control.when.as_ref().map(Condition::asked).unwrap_or_default();
    let named = |name: &str, field: &Field| {
        let says = match field.kind {
            Kind::Bool => format!("it is {}", field.help),
            _ => field.help.to_string(),
        };
        Named { name: name.to_owned(), says }
    };
    let mut settings: Vec<Named> = asks
        .iter()
        .filter_map(|field| Some(named(field.name.strip_prefix("setting.")?, field)))
        .collect();
    let lists: BTreeSet<Arc<str>> = control.ensure.iter().flat_map(lists).collect();
    settings.extend(LISTS.iter().filter(|(name, _)| lists.contains(*name)).map(|(name, says)| {
        Named { name: (*name).to_owned(), says: format!("a list of more {says}") }
    }));
    let (mended, by_hand) = mended(control);
    Explained {
        asks: asks.iter().map(|field| named(&field.name, field)).collect(),
        settings,
        checks: control.ensure.iter().map(check).collect(),
        mended,
        by_hand,
    }
}

fn check(desired: &Desired) -> Check {
    let also = match desired {
        Desired::Sysctl { .. }
        | Desired::ServiceOn { .. }
        | Desired::ServiceOff { .. }
        | Desired::Mounted { .. }
        | Desired::ModuleDisabled { .. }
        | Desired::Service { boot: Some(_), running: Some(_), .. } => {
            "now and after the next start"
        }
        Desired::Service { boot: Some(_), .. } => "after the next start",
        Desired::Service { .. } => "now",
        Desired::Sshd { .. } => "for everybody and in each `Match` block",
        Desired::File { kind: None, .. } | Desired::User { .. } | Desired::Group { .. } => {
            "where it is there"
        }
        Desired::PackageAtLeast { .. } => "where it is installed",
        Desired::Files { .. } => "in a walk through all local files",
        _ => "",
    };
    Check { subject: desired.subject(), wanted: wanted(desired), also }
}

/// The lists of the owner that a state takes in.
fn lists(desired: &Desired) -> Vec<Arc<str>> {
    match desired {
        Desired::Users { only: Some(only), .. }
        | Desired::Group { only, .. }
        | Desired::Files { only, .. } => only.setting.iter().cloned().collect(),
        Desired::AnyOf { ways, .. } => ways.iter().flatten().flat_map(lists).collect(),
        _ => Vec::new(),
    }
}

/// An example that fails, with what is to be done there.
struct Failing<'c> {
    example: &'c Example,
    seen: Seen,
    lines: Vec<usize>,
    wrong: Vec<String>,
    shell: Rendered,
}

impl<'c> Failing<'c> {
    fn of(control: &Control, example: &'c Example) -> Option<Self> {
        let (seen, judged) = example.failing(control);
        let lines: BTreeSet<usize> = judged.iter().map(|one| one.line).collect();
        if lines.is_empty() {
            return None;
        }
        let lines: Vec<usize> = lines.into_iter().collect();
        let wrong = judged.iter().map(|one| format!("`{}`: {}", one.resource, one.reason));
        let (wrong, shell) = (wrong.collect(), render(control, &lines, &seen, Tool::Shell));
        Some(Self { example, seen, lines, wrong, shell })
    }

    fn mended(self, control: &Control) -> Mended {
        let with = |tool: Tool| {
            let code = render(control, &self.lines, &self.seen, tool).code;
            (!code.is_empty()).then(|| (tool, own_part(tool, &code).to_owned()))
        };
        Mended {
            example: self.example.place.clone(),
            with: Tool::ALL.into_iter().filter_map(with).collect(),
            wrong: self.wrong,
            restart: self.shell.restart,
            is_prechecked: !self.shell.precheck.is_empty(),
        }
    }
}

/// What mends the first example that a tool can mend, else the first that fails; and what of any of
/// them only a person can do.
fn mended(control: &Control) -> (Option<Mended>, Vec<String>) {
    let fails = control.examples.iter().filter(|one| one.result == ControlResult::Fail);
    let mut failing: Vec<Failing<'_>> =
        fails.filter_map(|example| Failing::of(control, example)).collect();
    let mut by_hand: Vec<String> = Vec::new();
    for line in failing.iter().flat_map(|one| &one.shell.manual) {
        if !by_hand.contains(line) {
            by_hand.push(line.clone());
        }
    }
    let chosen = failing.iter().position(|one| !one.shell.code.is_empty()).unwrap_or_default();
    let chosen = (chosen < failing.len()).then(|| failing.swap_remove(chosen));
    (chosen.map(|one| one.mended(control)), by_hand)
}

/// What differs from control to control: the functions that every script carries are left out.
fn own_part(tool: Tool, code: &str) -> &str {
    match tool {
        Tool::Shell => code.find("\nid=").and_then(|at| code.get(at + 1..)).unwrap_or(code),
        Tool::Ansible | Tool::Puppet | Tool::Chef => code,
    }
}
