//! Controls of one host as what a team commits: a role, a module, a cookbook, or a folder of scripts.
//! One file for each control, one that has them all in their order, and a page that says what each
//! is for. The same controls and the same host give the same bytes.
//!
//! Knows which files there are and what they are called. Must not know where they are written.

mod ansible;
mod chef;
mod page;
mod puppet;
mod shell;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use holdfast_model::Tool;

use super::plan::Plan;
use super::puppet::name_of;
use super::quote::one_line;
use super::steps::Step;
use super::{precheck, restart, risk, stated};
use crate::{Control, Seen};

/// How wide comments are, in characters.
const WIDTH: usize = 98;
/// The first line of each file that is written anew, without the sign of a comment.
const MARK: &str = "Written by `holdfast fix`; a new run replaces this file.";

/// Words that are no names of modules in Puppet, since its language or its settings have them.
const PUPPET_HAS: &[&str] = &[
    "and",
    "application",
    "attr",
    "case",
    "class",
    "consumes",
    "default",
    "define",
    "else",
    "elsif",
    "environment",
    "facts",
    "false",
    "function",
    "if",
    "import",
    "in",
    "inherits",
    "main",
    "node",
    "or",
    "plan",
    "private",
    "produces",
    "settings",
    "site",
    "true",
    "trusted",
    "type",
    "undef",
    "unless",
];

/// A file of a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laid {
    /// Where it stands in the folder, with `/`.
    pub path: String,
    /// What it says.
    pub text: String,
    /// Whether it is the team's as soon as it is there: who made it, its version, its licence.
    pub once: bool,
}

impl Laid {
    fn again(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), once: false }
    }

    fn once(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), once: true }
    }
}

/// A control that is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The control.
    pub control: &'a Control,
    /// Its lines that are set, as indices into its `ensure`; all of them where everything is laid out.
    pub lines: &'a [usize],
}

/// Who asks what of whom, where everything that is asked is laid out, whether or not it held there.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    /// The host, by its name for people.
    pub host: &'a str,
    /// The baseline; `None` where every control is asked.
    pub baseline: Option<&'a str>,
}

/// What the page of a layout says beside its controls.
#[derive(Debug, Clone, Copy, Default)]
pub struct Remarks<'a> {
    /// `None` where only what a host lacked is laid out.
    pub whole: Option<Whole<'a>>,
    /// What no tool can do there, in words.
    pub by_hand: &'a [String],
    /// What is asked and stays out, each with the reason.
    pub left: &'a [String],
}

/// A control with everything that its files say.
struct Piece<'a> {
    control: &'a Control,
    /// As its steps name it.
    id: String,
    /// How its file is called, without the ending.
    stem: String,
    title: String,
    steps: Vec<Step>,
    precheck: String,
    restart: String,
    interruption: String,
    slowdown: String,
    risk: String,
    by_hand: Vec<String>,
}

impl<'a> Piece<'a> {
    /// `along` are the controls that are laid out with it.
    fn new(part: &Part<'a>, along: &[&Control], seen: &Seen, whole: bool) -> Self {
        let control = part.control;
        let plan = if whole {
            Plan::whole(control, seen)
        } else {
            Plan::new(control, part.lines, seen, &[])
        };
        Self {
            control,
            title: one_line(&control.title),
            precheck: precheck::script(control, &plan.steps, along, seen),
            restart: restart(control, &plan.steps),
            interruption: stated(&control.risk.interruption),
            slowdown: stated(&control.risk.slowdown),
            risk: risk(control, Vec::new()),
            by_hand: plan.manual,
            stem: String::new(),
            id: plan.id,
            steps: plan.steps,
        }
    }

    /// What stands above its code.
    fn comments(&self) -> String {
        let mut out = comment(MARK);
        let _ = write!(out, "#\n{}", comment(&format!("{}: {}", self.id, self.title)));
        if !self.control.why.is_empty() {
            out.push_str(&comment(&self.control.why));
        }
        out.push_str("#\n");
        for (word, words) in self.costs() {
            out.push_str(&comment(&format!("{word}: {words}")));
        }
        for line in &self.by_hand {
            out.push_str(&comment(&format!("to be done by hand: {line}")));
        }
        out
    }

    /// What mending costs, in words.
    fn costs(&self) -> Vec<(&'static str, &str)> {
        let mut costs = vec![
            ("restart", self.restart.as_str()),
            ("interruption", self.interruption.as_str()),
            ("slowdown", self.slowdown.as_str()),
            ("risk", self.risk.as_str()),
        ];
        if self.control.risk.lockout {
            costs.push(("lockout", self.lockout()));
        }
        costs
    }

    /// A role has no timer that takes it back.
    fn lockout(&self) -> &'static str {
        if self.precheck.is_empty() {
            "it may lock people out, and nothing takes it back by itself: keep a session open"
        } else {
            "it is done only where another administrator can log in afterwards; nothing takes it back \
             by itself: keep a session open"
        }
    }
}

/// Whether a folder may be called so: its name is that of the role, the module or the cookbook.
///
/// # Errors
///
/// In words, how it may be called.
pub fn check_name(name: &str, tool: Tool) -> Result<(), &'static str> {
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
    let of = |more: &str| {
        name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c))
    };
    match tool {
        Tool::Puppet if !(begins && of("_")) => {
            Err("call it by a small letter, then small letters, digits and `_`")
        }
        Tool::Puppet if PUPPET_HAS.contains(&name) => {
            Err("Puppet means something else by it: give it another name")
        }
        Tool::Ansible | Tool::Chef if !(begins && of("_-")) => {
            Err("call it by a small letter, then small letters, digits, `_` and `-`")
        }
        Tool::Shell if name.is_empty() || name.chars().any(char::is_control) => {
            Err("give it a name without control characters")
        }
        Tool::Shell | Tool::Ansible | Tool::Puppet | Tool::Chef => Ok(()),
    }
}

/// Lays controls out for a tool, in their order, under the name of a folder. Empty where no tool has
/// anything to do.
pub fn lay_out(
    name: &str,
    tool: Tool,
    parts: &[Part<'_>],
    seen: &Seen,
    remarks: &Remarks<'_>,
) -> Vec<Laid> {
    let along: Vec<&Control> = parts.iter().map(|part| part.control).collect();
    let mut pieces: Vec<Piece<'_>> = parts
        .iter()
        .map(|part| Piece::new(part, &along, seen, remarks.whole.is_some()))
        .filter(|piece| !piece.steps.is_empty())
        .collect();
    name_files(tool, &mut pieces);
    if pieces.is_empty() {
        return Vec::new();
    }
    let mut all = match tool {
        Tool::Shell => shell::files(&pieces),
        Tool::Ansible => ansible::files(name, &pieces),
        Tool::Puppet => puppet::files(name, &pieces),
        Tool::Chef => chef::files(name, &pieces),
    };
    all.push(Laid::again("README.md", page::page(name, tool, &pieces, seen, remarks)));
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// Calls the file of each control after it. No two are called alike, whatever their order: the first
/// by its id has the name, and the others get a number.
fn name_files(tool: Tool, pieces: &mut [Piece<'_>]) {
    let mut by_id: Vec<&mut Piece<'_>> = pieces.iter_mut().collect();
    by_id.sort_by(|a, b| a.id.cmp(&b.id));
    let mut taken = BTreeSet::new();
    for piece in by_id {
        let own = stem(tool, &piece.id);
        let numbered = (2_u32..).map(|number| format!("{own}_{number}"));
        let mut names = std::iter::once(own.clone()).chain(numbered);
        piece.stem = names.find(|name| !taken.contains(name)).unwrap_or_default();
        taken.insert(piece.stem.clone());
    }
}

/// How the file of a control is to be called, without its ending. That which has all of them is no
/// control's.
fn stem(tool: Tool, id: &str) -> String {
    match tool {
        Tool::Ansible if id == "main" => format!("control-{id}"),
        Tool::Shell | Tool::Ansible => id.to_owned(),
        Tool::Chef if id == "default" => format!("control_{id}"),
        Tool::Puppet | Tool::Chef => name_of(id),
    }
}

/// The file of a control.
fn file(tool: Tool, piece: &Piece<'_>) -> String {
    let stem = &piece.stem;
    match tool {
        Tool::Shell => format!("controls/{stem}.sh"),
        Tool::Ansible => format!("tasks/{stem}.yml"),
        Tool::Puppet => format!("manifests/{stem}.pp"),
        Tool::Chef => format!("recipes/{stem}.rb"),
    }
}

/// A text as lines of a comment, as Ruby, YAML, Puppet and the shell write one.
fn comment(text: &str) -> String {
    let mut out = String::new();
    let mut length = 0;
    for word in one_line(text).split(' ') {
        let more = word.chars().count() + 1;
        if length == 0 || length + more > WIDTH {
            out.push_str(if length == 0 { "#" } else { "\n#" });
            length = 1;
        }
        out.push(' ');
        out.push_str(word);
        length += more;
    }
    out.push('\n');
    out
}
