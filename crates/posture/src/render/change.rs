//! Changes of text files that no builtin module of any tool can say: an awk program that says what
//! the file becomes, the same for each tool, and what takes it back.
//!
//! Knows which program does what, and who reads a file anew. Must not know controls.

use super::deeds::Program;
use super::entries;
use super::steps::{Edit, Step};

/// The functions that the programs for lines share.
pub(super) const LINES: Program = Program { name: "lines", text: include_str!("awk/lines.awk") };
/// A line is there.
pub(super) const HAVE: Program = Program { name: "have", text: include_str!("awk/have.awk") };
/// Lines that say this become comments.
pub(super) const DROP: Program = Program { name: "drop", text: include_str!("awk/drop.awk") };
/// What these two did comes back.
pub(super) const BACK: Program = Program { name: "back", text: include_str!("awk/back.awk") };
/// The file is this text.
pub(super) const TEXT: Program = Program { name: "text", text: include_str!("awk/text.awk") };
/// A member of a JSON object has a value, or goes.
pub(super) const JSON: Program = Program { name: "json", text: include_str!("awk/json.awk") };

/// What the programs for keys in files of no family share.
pub(super) const ENTRY: Program = Program { name: "entry", text: include_str!("awk/entry.awk") };
/// Every line of a key says a value; one is added where there is none.
pub(super) const ENTRY_SET: Program =
    Program { name: "entry_set", text: include_str!("awk/entry_set.awk") };
/// Every line of a key becomes a comment.
pub(super) const ENTRY_UNSET: Program =
    Program { name: "entry_unset", text: include_str!("awk/entry_unset.awk") };
/// What these two did comes back.
pub(super) const ENTRY_BACK: Program =
    Program { name: "entry_back", text: include_str!("awk/entry_back.awk") };

/// What the programs for tables of cron share.
pub(super) const CRON: Program = Program { name: "cron", text: include_str!("awk/cron.awk") };
/// Lines that run a command become comments.
pub(super) const CRON_OFF: Program =
    Program { name: "cron_off", text: include_str!("awk/cron_off.awk") };
/// They come back.
pub(super) const CRON_BACK: Program =
    Program { name: "cron_back", text: include_str!("awk/cron_back.awk") };

/// A change of one text file that is there. Owner and mode stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// The file.
    pub(super) path: String,
    /// The program, in parts.
    pub(super) programs: &'static [&'static Program],
    /// What the program reads from its environment.
    pub(super) variables: Vec<(&'static str, String)>,
    /// What it does, in plain words.
    pub(super) says: String,
    /// What takes it back; `None` where what was there is not known.
    pub(super) back: Option<Box<Change>>,
}

impl Change {
    /// The name of its programs together.
    pub(super) fn name(&self) -> String {
        let names: Vec<&str> = self.programs.iter().map(|program| program.name).collect();
        names.join("_")
    }

    /// The whole program.
    pub(super) fn program(&self) -> String {
        self.programs.iter().map(|program| program.text).collect()
    }
}

/// Who has to be told before a change of these files counts, in words, each once.
pub(super) fn read_anew(steps: &[Step]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let edits = steps.iter().filter_map(|step| match step {
        Step::Edit(edit) => Some(edit),
        _ => None,
    });
    let said = |edit: &Edit| reader(edit.path()).map(str::to_owned).or_else(|| nobody_knows(edit));
    for said in edits.filter_map(said) {
        if !all.contains(&said) {
            all.push(said);
        }
    }
    all
}

/// Of files of no family nobody knows who reads them.
fn nobody_knows(edit: &Edit) -> Option<String> {
    let entries = match edit {
        Edit::Change(change) => change.programs.contains(&&ENTRY),
        Edit::Write { path, .. } => entries::is_ours(path),
        _ => false,
    };
    let path = edit.path();
    entries.then(|| format!("whether what reads {path} has to be restarted is not known"))
}

fn reader(path: &str) -> Option<&'static str> {
    let under = |folder: &str| path.starts_with(folder);
    if path == "/etc/docker/daemon.json" {
        Some("dockerd goes on with its former settings until docker.service is started anew")
    } else if path == "/etc/audit/auditd.conf" {
        Some("auditd goes on with its former settings until it gets SIGHUP or is started anew")
    } else if under("/etc/audit/rules.d/") {
        Some("the kernel gets the rules by `augenrules --load`, or at the next start")
    } else if under("/etc/systemd/journald.conf.d/") {
        Some("systemd-journald goes on with its former settings until it is started anew")
    } else if under("/etc/systemd/resolved.conf.d/") {
        Some("systemd-resolved goes on with its former settings until it is started anew")
    } else {
        None
    }
}
