//! Carrying a proposal out, and taking it back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use holdfast_act::edit;
use holdfast_act::refresh::shown;
use holdfast_model::{Digest, Problem, Refresh};
use holdfast_world::{Command, ReadError, Root, RunError, World};
use serde::{Deserialize, Serialize};

use super::file_problem;
use super::propose::Proposal;
use crate::failure::Failure;
use crate::trees::DOCUMENT_LIMIT;

/// How long a tool may take to refresh a lockfile.
const TOOL_TIMEOUT: Duration = Duration::from_mins(10);
/// The code of a tool that did not do what it was asked.
const TOOL_FAILED: &str = "tool-failed";
/// The last applied change, in the data folder.
const UNDO: &str = "last-fix.json";

/// What a change replaced, so that it can be taken back.
#[derive(Debug, Serialize, Deserialize)]
struct Undo {
    root: PathBuf,
    files: Vec<Kept>,
}

/// A file as it was; `before` is absent where there was none.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    path: String,
    before: Option<String>,
    after: Option<Digest>,
}

/// Writes the edits and runs the tools. Where anything fails, every file is put back.
pub(crate) fn apply(
    world: &World,
    data: &Path,
    root: &Root,
    proposal: &Proposal,
) -> Result<Vec<String>, Failure> {
    let before = originals(root, proposal)?;
    let result = write(world, root, proposal, &before);
    match result {
        Ok(notes) => {
            keep(world, data, root, &before)?;
            Ok(notes)
        }
        Err(problem) => {
            for (path, text) in &before {
                put_back(root, path, text.as_deref())?;
            }
            Err(if problem.code == TOOL_FAILED {
                Failure::NotDone(problem)
            } else {
                problem.into()
            })
        }
    }
}

/// Every file that may change, as it is now.
fn originals(
    root: &Root,
    proposal: &Proposal,
) -> Result<BTreeMap<String, Option<String>>, Problem> {
    let edited = proposal.edits.iter().map(|edit| &edit.path);
    let touched = proposal.refreshes.iter().flat_map(|refresh| &refresh.touches);
    let mut before = BTreeMap::new();
    for path in edited.chain(touched) {
        let text = match root.read(&**path, DOCUMENT_LIMIT) {
            Ok(bytes) => {
                Some(String::from_utf8(bytes).map_err(|error| file_problem(path, &error))?)
            }
            Err(ReadError::Missing) => None,
            Err(error) => return Err(file_problem(path, &error)),
        };
        before.insert(path.to_string(), text);
    }
    Ok(before)
}

fn write(
    world: &World,
    root: &Root,
    proposal: &Proposal,
    before: &BTreeMap<String, Option<String>>,
) -> Result<Vec<String>, Problem> {
    for (path, edits) in proposal.edits_by_path() {
        let text = before.get(&*path).cloned().flatten().unwrap_or_default();
        let after = edit::apply(&text, &edits).map_err(|problem| *problem)?;
        root.write_atomic(&*path, after.as_bytes()).map_err(|error| file_problem(&path, &error))?;
    }
    let mut notes = Vec::new();
    for refresh in &proposal.refreshes {
        notes.extend(run(world, root, refresh)?);
    }
    Ok(notes)
}

/// Runs one tool. One that is not installed is a note: the lockfile stays as it is, and the new
/// look will say so.
fn run(world: &World, root: &Root, refresh: &Refresh) -> Result<Option<String>, Problem> {
    let Some((program, arguments)) = refresh.command.split_first() else { return Ok(None) };
    let mut command = Command::new(program.clone(), root.path().join(&*refresh.folder))
        .args(arguments.iter().cloned());
    command.environment.clone_from(&refresh.environment);
    command.timeout = TOOL_TIMEOUT;
    let shown = shown(refresh);
    match world.run.run(&command) {
        Ok(output) if output.succeeded() => Ok(None),
        Ok(output) => {
            let why =
                if output.timed_out { "it took too long".to_owned() } else { output.complaint() };
            let message = format!("`{shown}` failed, so every file was put back: {why}");
            Err(Problem::new(TOOL_FAILED, message).help("run it by hand to see more"))
        }
        Err(RunError::NotInstalled) => Ok(Some(format!(
            "{program} is not installed, so {} was not refreshed: run `{shown}` where it is",
            refresh.touches.first().map_or("the lockfile", |path| path)
        ))),
        Err(error) => Err(Problem::new(TOOL_FAILED, format!("`{shown}` cannot be run: {error}"))),
    }
}

fn put_back(root: &Root, path: &str, text: Option<&str>) -> Result<(), Problem> {
    match text {
        Some(text) => {
            root.write_atomic(path, text.as_bytes()).map_err(|error| file_problem(path, &error))
        }
        None if root.has_file(path) => {
            root.remove(path).map_err(|error| file_problem(path, &error))
        }
        None => Ok(()),
    }
}

/// Notes what was replaced in the data folder.
fn keep(
    world: &World,
    data: &Path,
    root: &Root,
    before: &BTreeMap<String, Option<String>>,
) -> Result<(), Problem> {
    let files = before
        .iter()
        .map(|(path, text)| Kept {
            path: path.clone(),
            before: text.clone(),
            after: root.read(path, DOCUMENT_LIMIT).ok().map(|bytes| Digest::of(&bytes)),
        })
        .collect();
    let undo = Undo { root: root.path().to_owned(), files };
    let text = serde_json::to_vec(&undo).map_err(|error| file_problem(UNDO, &error))?;
    world.files.make_folder(data).map_err(|error| file_problem(UNDO, &error))?;
    world
        .files
        .write_atomic(Path::new("/"), &data.join(UNDO), &text)
        .map_err(|error| file_problem(UNDO, &error))
}

/// Takes the last applied change back; answers which files were put back.
///
/// # Errors
///
/// Where there is none, or a file changed since.
pub(crate) fn undo(world: &World, data: &Path) -> Result<Vec<String>, Failure> {
    let path = data.join(UNDO);
    let bytes = world.files.read(Path::new("/"), &path, DOCUMENT_LIMIT).map_err(|_| {
        Problem::new("nothing-to-undo", "no applied change is noted")
            .help("changes are noted when `holdfast fix --apply` writes them")
    })?;
    let undo: Undo = serde_json::from_slice(&bytes).map_err(|error| file_problem(UNDO, &error))?;
    let root = world.root(&undo.root).map_err(|error| file_problem(UNDO, &error))?;
    for file in &undo.files {
        let now = root.read(&file.path, DOCUMENT_LIMIT).ok().map(|bytes| Digest::of(&bytes));
        if now != file.after {
            let message = format!("`{}` was changed since; nothing was put back", file.path);
            return Err(Problem::new("changed-since", message).help("take it back by hand").into());
        }
    }
    for file in &undo.files {
        put_back(&root, &file.path, file.before.as_deref())?;
    }
    world.files.remove(Path::new("/"), &path).map_err(|error| file_problem(UNDO, &error))?;
    Ok(undo.files.into_iter().map(|file| file.path).collect())
}
