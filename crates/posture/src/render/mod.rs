//! From a control to what a tool runs: the change, its undo, and what has to be so before.
//!
//! A control and what was seen become steps (`plan`), steps become their undo (`undo`), and both
//! become text in one file for each tool. Everything is a pure function: the same control and the
//! same host give the same bytes. Must not know how a change is carried out.

mod accounts;
mod acts;
mod ansible;
mod change;
mod chef;
mod cron;
mod deeds;
mod entries;
mod files;
mod holds;
mod layout;
mod manager;
mod modules;
mod mounts;
mod plan;
mod precheck;
mod presence;
mod puppet;
mod quote;
mod resources;
mod shell;
mod ssh_unit;
mod sshd;
mod steps;
mod texts;
mod undo;
mod yaml;

#[cfg(test)]
mod tests;

use holdfast_model::{About, Tool};

pub use layout::{Laid, Part, Remarks, Whole, check_name, lay_out};
pub use manager::Manager;

use crate::{Control, Seen};
use plan::Plan;

/// What each tool is given, in the order of [`Tool::ALL`].
pub const TOOLS: [&About; 4] = [&shell::ABOUT, &ansible::ABOUT, &puppet::ABOUT, &chef::ABOUT];

/// What is said of a package that cannot be brought to just one version, since nobody offers that one.
pub const NOT_ON_OFFER: &str = "is not on offer in version";

/// A change as text, with everything that people and plans have to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// What the tool runs: a script, a playbook, a manifest or a recipe; empty where there is nothing
    /// that a tool can do.
    pub code: String,
    /// What takes it back, for the same tool, to what was seen; empty with `code`.
    pub undo: String,
    /// A shell script that has to end with 0 before anything is done; empty for none.
    pub precheck: String,
    /// What is restarted, reloaded, started or stopped, in words; `none` for nothing.
    pub restart: String,
    /// What is interrupted meanwhile, in words; `unknown` where the control does not say.
    pub interruption: String,
    /// What runs slower afterwards, in words; `unknown` where the control does not say.
    pub slowdown: String,
    /// What may break, and what the undo cannot promise, in words; `none known` for nothing.
    pub risk: String,
    /// Whether people may lock themselves out.
    pub lockout: bool,
    /// What only a person can do, in words.
    pub manual: Vec<String>,
}

impl Rendered {
    /// The same where these controls are carried out along with it: its precheck reckons with all that
    /// they set, since together they may lock out whom each of them alone lets in.
    #[must_use]
    pub fn along(mut self, control: &Control, along: &[&Control], seen: &Seen) -> Self {
        if !self.precheck.is_empty() {
            self.precheck = precheck::text(control, along, seen);
        }
        self
    }
}

/// What stands above what a tool runs.
struct Heading<'a> {
    /// The control's id.
    id: &'a str,
    /// The control's title.
    title: &'a str,
    /// Whether it takes back what was done.
    undo: bool,
    /// What only a person can do.
    manual: &'a [String],
}

impl Heading<'_> {
    fn purpose(&self) -> &'static str {
        if self.undo { "Takes back what was done for this control" } else { "Makes it so" }
    }
}

/// Renders what makes some lines of a control so; `lines` are indices into its `ensure`. Lines that
/// were seen to hold are left out, unless all of them do.
///
/// Run as root. A second run changes nothing.
pub fn render(control: &Control, lines: &[usize], seen: &Seen, tool: Tool) -> Rendered {
    render_to(control, lines, seen, tool, &[])
}

/// The same, where some packages are brought to just the version that the control wants at least:
/// that held elsewhere, and a later one did not.
pub fn render_to(
    control: &Control,
    lines: &[usize],
    seen: &Seen,
    tool: Tool,
    exactly: &[String],
) -> Rendered {
    rendered(control, Plan::new(control, lines, seen, exactly), seen, tool)
}

/// Renders what makes every line of a control so and keeps it so, whether or not it was seen to hold.
pub fn render_whole(control: &Control, seen: &Seen, tool: Tool) -> Rendered {
    rendered(control, Plan::whole(control, seen), seen, tool)
}

/// Why no tool has anything to do for a line of a control, whether or not it was seen to hold: what
/// people have to do for it, in words, if there is anything; `None` where a tool has.
pub fn only_by_hand(control: &Control, line: usize, seen: &Seen) -> Option<Vec<String>> {
    let ensure = control.ensure.get(line).cloned().into_iter().collect();
    let plan = Plan::whole(&Control { ensure, ..control.clone() }, seen);
    plan.steps.is_empty().then_some(plan.manual)
}

fn rendered(control: &Control, plan: Plan, seen: &Seen, tool: Tool) -> Rendered {
    let (back, notes) = undo::undo(&plan.steps, &plan.id, seen);
    let write = |heading: &Heading<'_>, steps: &[steps::Step]| match tool {
        Tool::Shell => shell::script(heading, steps),
        Tool::Ansible => ansible::playbook(heading, steps),
        Tool::Puppet => puppet::manifest(heading, steps),
        Tool::Chef => chef::recipe(heading, steps),
    };
    let (id, title) = (plan.id.as_str(), control.title.as_str());
    let forward = Heading { id, title, undo: false, manual: &plan.manual };
    let backward = Heading { id, title, undo: true, manual: &[] };
    Rendered {
        code: write(&forward, &plan.steps),
        undo: write(&backward, &back),
        precheck: precheck::script(control, &plan.steps, &[], seen),
        restart: restart(control, &plan.steps),
        interruption: stated(&control.risk.interruption),
        slowdown: stated(&control.risk.slowdown),
        risk: risk(control, notes),
        lockout: control.risk.lockout,
        manual: plan.manual,
    }
}

/// What nobody stated is unknown.
fn stated(words: &str) -> String {
    match words.trim() {
        "" => "unknown".to_owned(),
        said => said.to_owned(),
    }
}

fn restart(control: &Control, steps: &[steps::Step]) -> String {
    let mut all: Vec<String> = steps.iter().filter_map(steps::Step::restarts).collect();
    all.extend(steps::updates(steps));
    all.extend(change::read_anew(steps));
    if control.risk.reboot {
        all.push("it takes effect after a restart of the host".to_owned());
    }
    if all.is_empty() { "none".to_owned() } else { all.join("; ") }
}

fn risk(control: &Control, notes: Vec<String>) -> String {
    let mut all = Vec::new();
    if !control.risk.breaks.is_empty() {
        all.push(format!("may break {}", control.risk.breaks.join(", ")));
    }
    all.extend(notes);
    if all.is_empty() { "none known".to_owned() } else { all.join("; ") }
}

/// The file of a running kernel parameter. As sysctl(8) has it, dots and slashes change places:
/// `net.ipv4.conf.eth0/1.rp_filter` is of the interface `eth0.1`.
fn proc_file(key: &str) -> String {
    let swapped = key.chars().map(|c| match c {
        '.' => '/',
        '/' => '.',
        c => c,
    });
    format!("/proc/sys/{}", swapped.collect::<String>())
}
