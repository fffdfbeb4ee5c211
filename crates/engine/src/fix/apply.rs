//! Carrying a proposal out, and taking it back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use holdfast_act::edit;
use holdfast_act::refresh::shown;
use holdfast_model::{Component, Digest, Edit, Problem, Refresh};
use holdfast_world::{Command, ReadError, Root, RunError, World, WriteError};
use serde::{Deserialize, Serialize};

use super::file_problem;
use super::proposal::{Entry, Proposal, Step};
use crate::failure::Failure;
use crate::gather::gather;
use crate::sensors::Folder;
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
    /// Whether the change had begun and not ended: what its tools left is not known then.
    #[serde(default)]
    unfinished: bool,
    files: Vec<Kept>,
}

/// A file as it was; `before` is absent where there was none.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    path: String,
    before: Option<String>,
    after: Option<Digest>,
}

/// The files that may change, as they were.
type Originals = BTreeMap<String, Option<String>>;

/// Writes the edits and runs the tools. What a tool refuses is put back and told in a note, and the
/// rest goes on; where nothing at all could be done, or a file changed since, every file is put
/// back.
pub(crate) fn apply(
    world: &World,
    data: &Path,
    folder: &Folder,
    proposal: &Proposal,
) -> Result<Applied, Failure> {
    let root = folder.root();
    let before = originals(root, proposal)?;
    let mut carried = Carried {
        world,
        folder,
        before: &before,
        done: false,
        ran: Vec::new(),
        notes: Vec::new(),
        refused: Vec::new(),
    };
    // Whoever ends this process finds a note of what was there before.
    let earlier = world.files.read(Path::new("/"), &data.join(UNDO), DOCUMENT_LIMIT).ok();
    Undo::begun(root, &before).note(world, data)?;
    let result = carried.everything(proposal);
    let Carried { done, ran, mut notes, refused, .. } = carried;
    if result.is_ok() && (done || refused.is_empty()) {
        Undo::ended(root, &before).note(world, data)?;
        let told = |one: &Refused| one.told("so what it touches was put back");
        notes.extend(refused.iter().map(told));
        return Ok(Applied { ran, notes });
    }
    let back = all_back(root, before.iter().map(|(path, text)| (&**path, text.as_deref())));
    if back.is_ok() {
        renote(world, data, earlier.as_deref()).map_err(|error| file_problem(UNDO, &error))?;
    }
    match (result, back) {
        (Err(problem), Ok(())) => Err(problem.into()),
        (Err(problem), Err(left)) => Err(Failure::Usage(vec![problem, left])),
        (Ok(()), back) => {
            let so = if back.is_ok() {
                "so every file was put back"
            } else {
                "and was put back in part"
            };
            let told = refused.first().map(|one| one.told(so)).unwrap_or_default();
            let left = back.err().map(|left| format!("; {}", left.message)).unwrap_or_default();
            let problem = Problem::new(TOOL_FAILED, format!("{told}{left}"));
            Err(Failure::NotDone(problem.help("run it by hand to see more")))
        }
    }
}

/// What came of a proposal.
#[derive(Debug)]
pub(crate) struct Applied {
    /// The commands that did what they were asked, as one would type them.
    pub ran: Vec<String>,
    /// What else is to be said.
    pub notes: Vec<String>,
}

/// A command that did not do what it was asked.
#[derive(Debug)]
struct Refused {
    command: String,
    why: String,
}

impl Refused {
    fn told(&self, so: &str) -> String {
        format!("`{}` failed, {so}: {}", self.command, self.why)
    }
}

/// What stands or falls together: the edits of some files, and the lockfiles that follow them.
#[derive(Default)]
struct Group<'p> {
    files: BTreeSet<&'p str>,
    edits: BTreeMap<Arc<str>, Vec<Edit>>,
    steps: Vec<&'p Step>,
}

/// The edits and steps of a proposal, apart where they share no file.
fn groups(proposal: &Proposal) -> Vec<Group<'_>> {
    let edits = proposal.edits.iter().map(|edit| Group {
        files: BTreeSet::from([&*edit.path]),
        edits: BTreeMap::from([(Arc::clone(&edit.path), vec![edit.clone()])]),
        steps: Vec::new(),
    });
    let steps = proposal.steps.iter().map(|step| Group {
        files: step.refresh.touches.iter().chain(&step.manifests).map(|path| &**path).collect(),
        edits: BTreeMap::new(),
        steps: vec![step],
    });
    let mut groups: Vec<Group<'_>> = Vec::new();
    for new in edits.chain(steps) {
        let shares = |group: &Group<'_>| !group.files.is_disjoint(&new.files);
        let (own, mut apart): (Vec<_>, Vec<_>) = groups.into_iter().partition(shares);
        let mut joined = Group::default();
        for one in own.into_iter().chain([new]) {
            joined.files.extend(one.files);
            for (path, edits) in one.edits {
                joined.edits.entry(path).or_default().extend(edits);
            }
            joined.steps.extend(one.steps);
        }
        apart.push(joined);
        groups = apart;
    }
    groups
}

/// What was carried out so far.
struct Carried<'a> {
    world: &'a World,
    folder: &'a Folder,
    before: &'a Originals,
    /// Whether anything was changed that stays.
    done: bool,
    ran: Vec<String>,
    notes: Vec<String>,
    refused: Vec<Refused>,
}

impl Carried<'_> {
    fn everything(&mut self, proposal: &Proposal) -> Result<(), Problem> {
        // Every edit goes before every tool: a file that changed since is known before one runs.
        let groups = groups(proposal);
        for group in &groups {
            self.write(group)?;
        }
        for group in &groups {
            self.follow(group)?;
        }
        Ok(())
    }

    fn write(&self, group: &Group<'_>) -> Result<(), Problem> {
        let root = self.folder.root();
        for (path, edits) in &group.edits {
            let text = self.before.get(&**path).cloned().flatten().unwrap_or_default();
            let after = edit::apply(&text, edits).map_err(|problem| *problem)?;
            root.write_atomic(&**path, after.as_bytes())
                .map_err(|error| file_problem(path, &error))?;
        }
        Ok(())
    }

    /// Lets lockfiles follow: first the edits of their manifests, then what needs no edit.
    fn follow(&mut self, group: &Group<'_>) -> Result<(), Problem> {
        let root = self.folder.root();
        let (after_edits, entries): (Vec<&Step>, Vec<&Step>) =
            group.steps.iter().copied().partition(|step| !step.manifests.is_empty());
        let mut stays = !group.edits.is_empty();
        for step in after_edits {
            if let Err(refused) = self.run(&step.refresh) {
                self.refused.push(refused);
                for (path, text) in
                    group.files.iter().filter_map(|path| self.before.get_key_value(*path))
                {
                    put_back(root, path, text.as_deref().map(str::as_bytes))?;
                }
                stays = false;
                break;
            }
        }
        self.done |= stays;
        for step in entries {
            if let Some(gone) = self.is_moot(step) {
                self.notes.push(gone);
                continue;
            }
            let now = as_it_is(root, &step.refresh);
            match self.run(&step.refresh) {
                Ok(ran) => self.done |= ran,
                Err(refused) => {
                    self.refused.push(refused);
                    for (path, bytes) in now {
                        put_back(root, path, bytes.as_deref())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Why a step is left out: none of the lock entries that it lifts is there any more, since
    /// another command took it along.
    fn is_moot(&self, step: &Step) -> Option<String> {
        let first = step.entries.first()?;
        let (read, _) = gather(&self.folder.tree, &[Arc::clone(&first.lockfile)]);
        let document = read.first().filter(|document| !document.partial)?;
        let is_there = |entry: &Entry| {
            let same = |one: &Component| {
                one.name == entry.name && one.version.as_deref() == Some(&*entry.version)
            };
            document.components.iter().any(same)
        };
        let moot = !step.entries.iter().any(is_there);
        let Entry { name, version, lockfile } = first;
        moot.then(|| {
            let shown = shown(&step.refresh);
            format!("`{shown}` was left out: {lockfile} does not hold `{name}` {version} any more")
        })
    }

    /// Runs one tool. One that is not installed is a note: the lockfile stays as it is, and the new
    /// look will say so. Whether it ran.
    fn run(&mut self, refresh: &Refresh) -> Result<bool, Refused> {
        let Some((program, arguments)) = refresh.command.split_first() else { return Ok(false) };
        let mut command =
            Command::new(program.clone(), self.folder.root().path().join(&*refresh.folder))
                .args(arguments.iter().cloned());
        command.environment.clone_from(&refresh.environment);
        command.timeout = TOOL_TIMEOUT;
        let shown = shown(refresh);
        let why = match self.world.run.run(&command) {
            Ok(output) if output.succeeded() => {
                self.ran.push(shown);
                return Ok(true);
            }
            Ok(output) if output.timed_out => "it took too long".to_owned(),
            Ok(output) => output.complaint(),
            Err(RunError::NotInstalled) => {
                self.notes.push(format!(
                    "{program} is not installed, so {} was not refreshed: run `{shown}` where it is",
                    refresh.touches.first().map_or("the lockfile", |path| path)
                ));
                return Ok(false);
            }
            Err(error) => error.to_string(),
        };
        Err(Refused { command: shown, why })
    }
}

/// What a tool may change, as it is now; nothing for a file that cannot be read.
fn as_it_is<'r>(root: &Root, refresh: &'r Refresh) -> Vec<(&'r str, Option<Vec<u8>>)> {
    let read = |path: &'r Arc<str>| match root.read(&**path, DOCUMENT_LIMIT) {
        Ok(bytes) => Some((&**path, Some(bytes))),
        Err(ReadError::Missing) => Some((&**path, None)),
        Err(_) => None,
    };
    refresh.touches.iter().filter_map(read).collect()
}

/// Every file that may change, as it is now.
fn originals(root: &Root, proposal: &Proposal) -> Result<Originals, Problem> {
    let edited = proposal.edits.iter().map(|edit| &edit.path);
    let touched = proposal.steps.iter().flat_map(|step| &step.refresh.touches);
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

fn put_back(root: &Root, path: &str, bytes: Option<&[u8]>) -> Result<(), Problem> {
    match bytes {
        Some(bytes) => root.write_atomic(path, bytes).map_err(|error| file_problem(path, &error)),
        None if root.has_file(path) => {
            root.remove(path).map_err(|error| file_problem(path, &error))
        }
        None => Ok(()),
    }
}

/// Puts files back, as many as can be.
fn all_back<'f>(
    root: &Root,
    files: impl Iterator<Item = (&'f str, Option<&'f str>)>,
) -> Result<(), Problem> {
    let left: Vec<String> = files
        .filter_map(|(path, text)| put_back(root, path, text.map(str::as_bytes)).err())
        .map(|problem| problem.message)
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    let help = "when they can be written: holdfast fix --undo";
    Err(Problem::new("cannot-change", left.join("; ")).help(help))
}

impl Undo {
    /// Before anything is written.
    fn begun(root: &Root, before: &Originals) -> Self {
        let file = |(path, text): (&String, &Option<String>)| Kept {
            path: path.clone(),
            before: text.clone(),
            after: None,
        };
        let files = before.iter().map(file).collect();
        Self { root: root.path().to_owned(), unfinished: true, files }
    }

    /// What was replaced.
    fn ended(root: &Root, before: &Originals) -> Self {
        let mut undo = Self { unfinished: false, ..Self::begun(root, before) };
        undo.files.retain(|file| file.is_changed(root));
        for file in &mut undo.files {
            file.after = digest(root, &file.path);
        }
        undo
    }

    /// Notes it in the data folder.
    fn note(&self, world: &World, data: &Path) -> Result<(), Problem> {
        let text = serde_json::to_vec(self).map_err(|error| file_problem(UNDO, &error))?;
        world.files.make_folder(data).map_err(|error| file_problem(UNDO, &error))?;
        renote(world, data, Some(&text)).map_err(|error| file_problem(UNDO, &error))
    }
}

impl Kept {
    fn is_changed(&self, root: &Root) -> bool {
        digest(root, &self.path) != self.before.as_deref().map(|text| Digest::of(text.as_bytes()))
    }
}

/// The digest of a file as it is now; `None` where there is none.
fn digest(root: &Root, path: &str) -> Option<Digest> {
    root.read(path, DOCUMENT_LIMIT).ok().map(|bytes| Digest::of(&bytes))
}

/// Writes the note, or removes it.
fn renote(world: &World, data: &Path, text: Option<&[u8]>) -> Result<(), WriteError> {
    let (root, path) = (Path::new("/"), data.join(UNDO));
    match text {
        Some(text) => world.files.write_atomic(root, &path, text),
        None => world.files.remove(root, &path),
    }
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
    let mut undo: Undo =
        serde_json::from_slice(&bytes).map_err(|error| file_problem(UNDO, &error))?;
    let root = world.root(&undo.root).map_err(|error| file_problem(UNDO, &error))?;
    for file in undo.files.iter().filter(|_| !undo.unfinished) {
        if digest(&root, &file.path) != file.after {
            let message = format!("`{}` was changed since; nothing was put back", file.path);
            return Err(Problem::new("changed-since", message).help("take it back by hand").into());
        }
    }
    undo.files.retain(|file| file.is_changed(&root));
    let files = undo.files.iter().map(|file| (&*file.path, file.before.as_deref()));
    if let Err(left) = all_back(&root, files) {
        // What is back already is no change by hand when this is tried again.
        undo.unfinished = true;
        undo.note(world, data)?;
        return Err(left.into());
    }
    renote(world, data, None).map_err(|error| file_problem(UNDO, &error))?;
    Ok(undo.files.into_iter().map(|file| file.path).collect())
}
