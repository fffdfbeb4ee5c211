//! From findings to edits, and the proof: written, read again, judged again.
//!
//! Everything here stays inside the user's own working tree: digest-checked, undoable, without
//! approval. Nothing is called mended before the same check says so.

mod apply;
mod copies;
pub mod host;
mod into;
mod pinned;
mod proposal;
mod propose;
mod there;
mod whole;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_model::{
    Acceptance, Finding, FindingKind, ManagedHost, NotAssessed, Problem, Target, Tool,
};
use holdfast_posture::Rendered;
use holdfast_world::World;
use serde::Serialize;

use crate::check::{self, Judged, judge};
use crate::failure::Failure;
use crate::index_file;
use crate::settings::Chosen;
pub use into::Written;
use propose::Ways;

/// Takes the last applied change back; answers which files were put back.
///
/// # Errors
///
/// Where there is none, or a file changed since.
pub fn undo(world: &World, data: &Path) -> Result<Vec<String>, Failure> {
    apply::undo(world, data)
}

/// What is to be mended.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Options {
    /// The folder.
    pub path: PathBuf,
    /// Names: keys, beginnings of keys, weaknesses.
    pub names: Vec<String>,
    /// Everything that can be mended: in the folder, or on the host that is meant. With `into`,
    /// everything that is asked of the host, whether or not it fails there.
    pub all: bool,
    /// Whether the host is meant, and nothing of the folder.
    pub of_host: bool,
    /// Whether to write.
    pub apply: bool,
    /// Whether tools may use the network.
    pub offline: bool,
    /// Whether an override may be written where only a parent could be lifted.
    pub overrides: bool,
    /// The appetite named on the command line.
    pub appetite: Option<Chosen>,
    /// The baseline named on the command line, which says what is asked of the host.
    pub baseline: Option<Chosen>,
    /// What the record accepts of the host.
    pub accepted: Vec<Acceptance>,
    /// The folder that gets a role, a module, a cookbook or scripts.
    pub into: Option<PathBuf>,
    /// The host that is meant where a name is none of the folder.
    pub target: Target,
    /// The hosts of the record, which says what they are.
    pub managed: Vec<ManagedHost>,
    /// The form in which a host's fix is shown.
    pub tool: Tool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            path: PathBuf::from("."),
            names: Vec::new(),
            all: false,
            of_host: false,
            apply: false,
            offline: false,
            overrides: false,
            appetite: None,
            baseline: None,
            accepted: Vec::new(),
            into: None,
            target: Target::Local,
            managed: Vec::new(),
            tool: Tool::Shell,
        }
    }
}

/// `holdfast/fix/1`.
#[derive(Debug, Serialize)]
pub struct Fixed {
    /// Which document this is.
    pub schema: &'static str,
    /// One row a finding; after writing, also one for each that the change brought in.
    pub findings: Vec<Row>,
    /// The change to manifests, as a unified diff.
    pub diff: String,
    /// The commands that refresh lockfiles, as one would type them: those that are to be run, or where
    /// the change was made, those that ran.
    pub commands: Vec<String>,
    /// Whether it was written.
    pub applied: bool,
    /// What was noticed on the way.
    pub notes: Vec<String>,
    /// What mends a host, as code of a tool.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<FormRow>,
    /// What became of the folder that gets all of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
}

/// What mends findings of a host.
#[derive(Debug, Clone, Serialize)]
pub struct FormRow {
    /// The control.
    pub control: Arc<str>,
    /// The keys of the findings that it mends.
    pub keys: Vec<String>,
    /// `shell`, `ansible`, `puppet` or `chef`.
    pub tool: &'static str,
    /// What is run.
    pub code: String,
    /// What takes it back.
    pub undo: String,
    /// What has to succeed before; empty for nothing.
    pub precheck: String,
    /// What has to be started anew.
    pub restart: String,
    /// What is interrupted.
    pub interruption: String,
    /// What runs slower afterwards.
    pub slowdown: String,
    /// What may go wrong.
    pub risk: String,
    /// Whether it may lock people out.
    pub lockout: bool,
}

impl FormRow {
    fn of(control: &Arc<str>, tool: Tool, rendered: Rendered, keys: Vec<String>) -> Self {
        Self {
            control: Arc::clone(control),
            keys,
            tool: tool.word(),
            code: rendered.code,
            undo: rendered.undo,
            precheck: rendered.precheck,
            restart: rendered.restart,
            interruption: rendered.interruption,
            slowdown: rendered.slowdown,
            risk: rendered.risk,
            lockout: rendered.lockout,
        }
    }
}

/// What becomes of one finding.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its key.
    pub key: String,
    /// What is wrong.
    pub weakness: Arc<str>,
    /// Its headline.
    pub title: String,
    /// What of a host it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Arc<str>>,
    /// The version to reach.
    pub target: Option<Arc<str>>,
    /// What is done about it, in a sentence.
    pub advice: String,
    /// After writing: whether a new look no longer finds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mended: Option<bool>,
}

impl Row {
    /// What the change itself brought in.
    fn of_new(finding: &Finding) -> Self {
        Self {
            key: finding.key.to_string(),
            weakness: Arc::clone(&finding.weakness.id.0),
            title: finding.title.clone(),
            resource: None,
            target: finding.instances.iter().find_map(|one| one.fixed_in.clone()),
            advice: "this change brings it in: mend it too, or take the change back".to_owned(),
            mended: Some(false),
        }
    }
}

/// Proposes the change, and writes it where asked.
///
/// # Errors
///
/// Where a name means nothing here, a file changed in between, or tools fail and nothing else was
/// to be done: then everything is as it was before.
pub fn fix(world: &World, data: &Path, options: &Options) -> Result<Fixed, Failure> {
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let check = check::Options {
        path: options.path.clone(),
        appetite: options.appetite.clone(),
        ..check::Options::default()
    };
    let judged = judge(world, data, &index, &check)?;
    let (chosen, elsewhere) = choose(&judged, options);
    let there = there::look(world, &index, &judged, &elsewhere, options)?;
    let proposal = propose::propose(
        world,
        &judged,
        &chosen,
        Ways { offline: options.offline, overrides: options.overrides },
    )?;
    let mut fixed = Fixed {
        schema: "holdfast/fix/1",
        findings: proposal.rows.iter().cloned().chain(there.rows).collect(),
        diff: proposal.diff.clone(),
        commands: proposal.commands(),
        applied: false,
        notes: proposal.notes.iter().cloned().chain(there.notes).collect(),
        forms: there.forms,
        written: there.written,
    };
    if options.apply && !proposal.is_empty() {
        let applied = apply::apply(world, data, &judged.folder, &proposal)?;
        fixed.notes.extend(applied.notes);
        fixed.commands = applied.ran;
        fixed.applied = true;
        let again = judge(world, data, &index, &check)?;
        let came: Vec<&Finding> = came_in(&judged, &again).collect();
        for row in &mut fixed.findings {
            let planned = chosen.iter().find(|finding| finding.key.to_string() == row.key);
            row.mended = planned.map(|finding| {
                is_gone(&again, finding) && came.iter().all(|new| new.locus != finding.locus)
            });
        }
        fixed.findings.extend(came.into_iter().map(Row::of_new));
    }
    Ok(fixed)
}

/// What a new look finds that the one before did not: the change itself brought it in. Acceptances
/// that a change leaves without a finding are no danger.
fn came_in<'a>(before: &'a Judged, again: &'a Judged) -> impl Iterator<Item = &'a Finding> {
    let known: HashSet<_> = before.assessment.findings.iter().map(|one| one.key).collect();
    again.assessment.findings.iter().filter(move |one| {
        one.state.is_open() && one.kind != FindingKind::Guardrail && !known.contains(&one.key)
    })
}

/// What mends a finding of a folder, in the forms that a page shows: the edit of its manifest, or
/// what its ecosystem's tool is told.
pub(crate) fn shown(world: &World, judged: &Judged, finding: &Finding) -> Vec<crate::desk::Fix> {
    let ways = Ways { offline: true, overrides: false };
    let Ok(proposal) = propose::propose(world, judged, &[finding], ways) else { return Vec::new() };
    let mut fixes = Vec::new();
    let effects: Vec<String> = proposal.rows.iter().map(|row| row.advice.clone()).collect();
    if !proposal.diff.is_empty() {
        fixes.push(crate::desk::Fix {
            form: "diff",
            text: proposal.diff.clone(),
            undo: String::new(),
            effects: effects.clone(),
        });
    }
    let commands = proposal.commands();
    if !commands.is_empty() {
        fixes.push(crate::desk::Fix {
            form: "command",
            text: commands.join("\n"),
            undo: String::new(),
            effects,
        });
    }
    fixes
}

/// Gone means: not found, and everything that it was found in could be read and judged.
fn is_gone(again: &Judged, finding: &Finding) -> bool {
    let told = |one: &NotAssessed| one.kind == finding.kind && one.subject == finding.subject;
    !again.assessment.findings.iter().any(|one| one.key == finding.key)
        && again.look.documents.iter().all(|document| !document.partial)
        && !again.assessment.not_assessed.iter().any(told)
}

/// The findings that are meant, and the names that mean nothing in this folder: all of them where
/// another host is named, since its files may lie in here, or the host alone is meant.
fn choose<'a>(judged: &'a Judged, options: &Options) -> (Vec<&'a Finding>, Vec<String>) {
    if options.of_host || options.target != Target::Local {
        return (Vec::new(), options.names.clone());
    }
    if options.all {
        let all = judged.assessment.findings.iter();
        let open = all.filter(|finding| finding.state.is_open());
        let mendable = open.filter(|one| one.instances.iter().any(|copy| copy.fixed_in.is_some()));
        return (mendable.collect(), Vec::new());
    }
    let mut chosen: Vec<&Finding> = Vec::new();
    let mut elsewhere = Vec::new();
    for name in &options.names {
        let found = crate::accept::all(judged, name);
        if found.is_empty() {
            elsewhere.push(name.clone());
        }
        chosen.extend(found);
    }
    chosen.sort_by_key(|finding| finding.key);
    chosen.dedup_by_key(|finding| finding.key);
    (chosen, elsewhere)
}

/// A file that could not be read or written on the way.
fn file_problem(path: &str, error: &dyn std::fmt::Display) -> Problem {
    Problem::new("cannot-change", format!("`{path}` cannot be changed: {error}"))
}
