//! A role, a module, a cookbook or a folder of scripts, written into a folder, and again later.
//!
//! What was written is listed there with its digests, as sha256sum(1) reads them. A new run replaces
//! and takes away what is listed and still as it was written; everything else is somebody's own, and
//! is left or refused. Nothing is written through a symbolic link.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use holdfast_model::{Digest, Problem, Tool};
use holdfast_posture::{Laid, check_name};
use holdfast_world::{Kind, ReadError, Root, World};
use serde::Serialize;

/// The list of what was written.
const LIST: &str = "holdfast.sha256";
/// The largest file that is compared, in bytes.
const LARGEST: u64 = 16 << 20;

/// What became of a folder.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    /// The folder, as it was named.
    pub folder: String,
    /// What the role, module or cookbook is called.
    pub name: String,
    /// Files that are new, or anew.
    pub written: Vec<String>,
    /// Files that are as they were.
    pub unchanged: Vec<String>,
    /// Files that are no longer needed, and gone.
    pub removed: Vec<String>,
    /// Files that are the team's.
    pub left: Vec<String>,
}

/// A folder for code.
#[derive(Debug)]
pub(super) struct Folder {
    shown: String,
    path: PathBuf,
    name: String,
    /// `None` before it is there.
    root: Option<Root>,
    /// What was written at another time.
    listed: BTreeMap<String, Digest>,
}

/// What stands where a file is to be written.
enum Found {
    Nothing,
    Same,
    Ours,
    Theirs,
}

impl Folder {
    /// Opens a folder that is not there, is empty, or was written by an earlier run.
    pub(super) fn open(world: &World, folder: &Path, tool: Tool) -> Result<Self, Problem> {
        let path = world.here.join(folder);
        let shown = folder.display().to_string();
        let root = match world.root(&path) {
            Ok(root) => Some(root),
            Err(ReadError::Missing) => None,
            Err(error) => {
                let message = format!("`{shown}` cannot be written into: {error}");
                return Err(Problem::new("cannot-open", message).help("name a folder"));
            }
        };
        let real = root.as_ref().map_or(path.as_path(), Root::path);
        let name = real.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if let Err(help) = check_name(&name, tool) {
            let message = format!(
                "`{shown}` gives its name to what is written, and `{name}` is no name for {}",
                tool.word()
            );
            return Err(Problem::new("into-name", message).help(help));
        }
        let listed = match &root {
            Some(root) => listed(root, &shown)?,
            None => BTreeMap::new(),
        };
        Ok(Self { shown, path, name, root, listed })
    }

    /// What the code is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Writes everything, or nothing where a part of it is somebody else's.
    pub(super) fn write(&self, world: &World, laid: &[Laid]) -> Result<Written, Problem> {
        let mut done = Written {
            folder: self.shown.clone(),
            name: self.name.clone(),
            written: Vec::new(),
            unchanged: Vec::new(),
            removed: Vec::new(),
            left: Vec::new(),
        };
        let mut anew: Vec<(&Laid, bool)> = Vec::new();
        for one in laid {
            match self.found(one)? {
                Found::Nothing => anew.push((one, true)),
                Found::Ours => anew.push((one, false)),
                Found::Same => done.unchanged.push(one.path.clone()),
                Found::Theirs => done.left.push(one.path.clone()),
            }
        }
        self.stale(laid, &mut done)?;
        let cannot = |path: &str, error: &dyn Display| {
            let message = format!("`{}` cannot be written: {error}", self.at(path));
            Problem::new("cannot-write", message)
        };
        let folder =
            |at: &Path| world.files.make_shared_folder(at).map_err(|error| cannot("", &error));
        folder(&self.path)?;
        let root = world.root(&self.path).map_err(|error| cannot("", &error))?;
        for (one, new) in anew {
            if let Some(parent) = Path::new(&one.path).parent() {
                folder(&root.path().join(parent))?;
            }
            let bytes = one.text.as_bytes();
            let written = if new {
                root.write_new(&one.path, bytes)
            } else {
                root.write_atomic(&one.path, bytes)
            };
            written.map_err(|error| cannot(&one.path, &error))?;
            done.written.push(one.path.clone());
        }
        for path in &done.removed {
            root.remove(path).map_err(|error| cannot(path, &error))?;
        }
        let list = list_of(laid);
        if root.read(LIST, LARGEST).ok().as_deref() != Some(list.as_bytes()) {
            root.write_atomic(LIST, list.as_bytes()).map_err(|error| cannot(LIST, &error))?;
        }
        Ok(done)
    }

    /// A file of it, as people are shown it.
    fn at(&self, path: &str) -> String {
        if path.is_empty() { self.shown.clone() } else { format!("{}/{path}", self.shown) }
    }

    fn found(&self, one: &Laid) -> Result<Found, Problem> {
        self.has_room(&one.path)?;
        let Some(digest) = self.digest(&one.path)? else { return Ok(Found::Nothing) };
        if digest == Digest::of(one.text.as_bytes()) {
            return Ok(Found::Same);
        }
        if one.once {
            return Ok(Found::Theirs);
        }
        match self.listed.get(&one.path) {
            Some(listed) if *listed == digest => Ok(Found::Ours),
            Some(_) => {
                let message = format!("`{}` was changed since it was written", self.at(&one.path));
                let help = "put it back, or delete it: then a new run writes it anew";
                Err(Problem::new("into-changed", message).help(help))
            }
            None => Err(self.foreign(&one.path)),
        }
    }

    /// Refuses where something stands in place of a folder that a file needs: nothing is begun that
    /// could not be written to its end.
    fn has_room(&self, path: &str) -> Result<(), Problem> {
        let Some(root) = &self.root else { return Ok(()) };
        for above in Path::new(path).ancestors().skip(1) {
            // The last of them is the folder itself; links are told as what they are.
            let other = |kind: Kind| !matches!(kind, Kind::Folder | Kind::Link);
            let inside = !above.as_os_str().is_empty();
            if inside && root.stat(above).is_ok_and(|stat| other(stat.kind)) {
                return Err(self.foreign(&above.display().to_string()));
            }
        }
        Ok(())
    }

    fn foreign(&self, path: &str) -> Problem {
        let message = format!("`{}` is there, and was not written here", self.at(path));
        Problem::new("into-changed", message).help("move it away, or name another folder")
    }

    /// Files that an earlier run wrote and this one does not.
    fn stale(&self, laid: &[Laid], done: &mut Written) -> Result<(), Problem> {
        for (path, listed) in &self.listed {
            if laid.iter().any(|one| one.path == *path) {
                continue;
            }
            match self.digest(path)? {
                Some(digest) if digest == *listed => done.removed.push(path.clone()),
                Some(_) => done.left.push(path.clone()),
                None => {}
            }
        }
        Ok(())
    }

    /// The digest of what stands at a path; `None` for nothing.
    fn digest(&self, path: &str) -> Result<Option<Digest>, Problem> {
        let Some(root) = &self.root else { return Ok(None) };
        no_link(root, path, &self.shown)?;
        match root.read(path, LARGEST) {
            Ok(bytes) => Ok(Some(Digest::of(&bytes))),
            Err(ReadError::Missing) => Ok(None),
            Err(error) => {
                let message = format!("`{}` cannot be read: {error}", self.at(path));
                Err(Problem::new("cannot-read", message))
            }
        }
    }
}

/// Refuses a path on which a symbolic link stands.
fn no_link(root: &Root, path: &str, shown: &str) -> Result<(), Problem> {
    let mut at = PathBuf::new();
    for part in Path::new(path).components() {
        at.push(part);
        match root.stat(&at) {
            Ok(stat) if stat.kind == Kind::Link => {
                let message = format!("`{shown}/{}` is a symbolic link", at.display());
                let help = "nothing is written through one: put a file or a folder there";
                return Err(Problem::new("into-link", message).help(help));
            }
            Ok(_) => {}
            Err(ReadError::Missing) => return Ok(()),
            Err(error) => {
                let message = format!("`{shown}/{}` cannot be looked at: {error}", at.display());
                return Err(Problem::new("cannot-read", message));
            }
        }
    }
    Ok(())
}

/// What an earlier run wrote. Without a list the folder has to be empty, but for what git keeps.
fn listed(root: &Root, shown: &str) -> Result<BTreeMap<String, Digest>, Problem> {
    no_link(root, LIST, shown)?;
    let cannot = |error: &dyn Display| {
        Problem::new("cannot-read", format!("`{shown}` cannot be read: {error}"))
    };
    let bytes = match root.read(LIST, LARGEST) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing) => {
            let there = root.list("").map_err(|error| cannot(&error))?;
            return match there.iter().find(|one| one.name != ".git") {
                None => Ok(BTreeMap::new()),
                Some(other) => {
                    let other = other.name.display();
                    let message = format!("`{shown}` is not empty, and `{other}` is not from here");
                    let help = "name a folder that is empty or not there";
                    Err(Problem::new("into-not-ours", message).help(help))
                }
            };
        }
        Err(error) => return Err(cannot(&error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut listed = BTreeMap::new();
    for (line, said) in (1..).zip(text.lines()) {
        let Some((path, digest)) = entry(said) else {
            let message = format!("`{shown}/{LIST}` names no file of this folder in line {line}");
            let help = "put it back as it was written, or name another folder";
            return Err(Problem::new("into-not-ours", message).help(help));
        };
        listed.insert(path.to_owned(), digest);
    }
    Ok(listed)
}

/// A line of the list: a digest, and a file below the folder.
fn entry(line: &str) -> Option<(&str, Digest)> {
    let (digest, path) = line.split_once("  ")?;
    let below = |part: Component<'_>| matches!(part, Component::Normal(_));
    let inside = !path.is_empty() && Path::new(path).components().all(below);
    inside.then_some(())?;
    Some((path, Digest::parse(digest)?))
}

/// The list of what is written anew each time.
fn list_of(laid: &[Laid]) -> String {
    let mut list = String::new();
    for one in laid.iter().filter(|one| !one.once) {
        let _ = writeln!(list, "{}  {}", Digest::of(one.text.as_bytes()), one.path);
    }
    list
}

#[cfg(test)]
mod tests {
    use holdfast_world::Recorded;

    use super::*;

    fn file(path: &str, text: &str) -> Laid {
        Laid { path: path.to_owned(), text: text.to_owned(), once: path.contains("meta") }
    }

    fn world(recorded: Recorded) -> World {
        World::recorded(recorded.folder("/shop").here("/shop"))
    }

    fn write(world: &World, laid: &[Laid]) -> Result<Written, Problem> {
        Folder::open(world, Path::new("roles/hard"), Tool::Ansible)?.write(world, laid)
    }

    fn read(world: &World, path: &str) -> Option<String> {
        let root = world.root(Path::new("/shop/roles/hard")).unwrap();
        root.read(path, LARGEST).ok().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn put(world: &World, path: &str, text: &str) {
        let root = world.root(Path::new("/shop/roles/hard")).unwrap();
        root.write_atomic(path, text.as_bytes()).unwrap();
    }

    #[test]
    fn a_new_run_replaces_what_is_still_as_it_was_written() {
        let world = world(Recorded::new());
        let first =
            [file("tasks/a.yml", "a"), file("tasks/b.yml", "b"), file("meta/main.yml", "m")];
        let done = write(&world, &first).unwrap();
        assert_eq!(done.written, ["tasks/a.yml", "tasks/b.yml", "meta/main.yml"]);
        assert_eq!((done.name.as_str(), done.folder.as_str()), ("hard", "roles/hard"));
        let list = read(&world, LIST).unwrap();
        assert_eq!(list.lines().count(), 2, "{list}");

        let same = write(&world, &first).unwrap();
        assert!(same.written.is_empty() && same.removed.is_empty(), "{same:?}");
        assert_eq!(read(&world, LIST).unwrap(), list);

        // A file is no longer needed, one says something else, and one is the team's.
        put(&world, "meta/main.yml", "licence: ours");
        put(&world, "LICENCE", "ours");
        let second = [file("tasks/a.yml", "a, anew"), file("meta/main.yml", "m")];
        let done = write(&world, &second).unwrap();
        assert_eq!(
            (done.written, done.removed),
            (vec!["tasks/a.yml".into()], vec!["tasks/b.yml".into()])
        );
        assert_eq!(done.left, ["meta/main.yml"]);
        assert_eq!(read(&world, "tasks/a.yml").unwrap(), "a, anew");
        assert_eq!(read(&world, "tasks/b.yml"), None);
        assert_eq!(read(&world, "meta/main.yml").unwrap(), "licence: ours");
        assert_eq!(read(&world, "LICENCE").unwrap(), "ours");
    }

    #[test]
    fn what_somebody_changed_is_neither_replaced_nor_taken_away() {
        let world = world(Recorded::new());
        write(&world, &[file("a.yml", "a"), file("b.yml", "b")]).unwrap();
        put(&world, "a.yml", "mine");
        put(&world, "b.yml", "mine too");
        let problem = write(&world, &[file("a.yml", "new"), file("c.yml", "c")]).unwrap_err();
        assert_eq!(problem.code, "into-changed");
        assert!(problem.message.contains("roles/hard/a.yml"), "{problem}");
        assert_eq!(read(&world, "c.yml"), None, "nothing is written where a part is refused");
        put(&world, "a.yml", "a");
        let done = write(&world, &[file("a.yml", "new")]).unwrap();
        assert_eq!((done.written, done.left), (vec!["a.yml".into()], vec!["b.yml".into()]));
        assert_eq!(read(&world, "b.yml").unwrap(), "mine too");
        // It is nobody's now, and in the way.
        let problem = write(&world, &[file("a.yml", "new"), file("b.yml", "b")]).unwrap_err();
        assert!(problem.message.contains("was not written here"), "{problem}");
    }

    #[test]
    fn folders_of_others_are_refused() {
        let full = world(Recorded::new().file("/shop/roles/hard/site.yml", "theirs"));
        assert_eq!(write(&full, &[file("a.yml", "a")]).unwrap_err().code, "into-not-ours");
        let repository = world(Recorded::new().file("/shop/roles/hard/.git/HEAD", "ref"));
        assert!(write(&repository, &[file("a.yml", "a")]).is_ok());
        for line in ["", "0  ../../etc/passwd", "no list"] {
            let text = format!("{line}\n");
            let list = Recorded::new().file("/shop/roles/hard/holdfast.sha256", text);
            let problem = write(&world(list), &[file("a.yml", "a")]).unwrap_err();
            assert_eq!(problem.code, "into-not-ours", "{line}");
        }
        let outside = format!("{}  ../out\n", Digest::of(b"x"));
        let list = Recorded::new().file("/shop/roles/hard/holdfast.sha256", outside);
        assert_eq!(write(&world(list), &[]).unwrap_err().code, "into-not-ours");
        let named = Folder::open(&world(Recorded::new()), Path::new("Roles!"), Tool::Chef);
        assert_eq!(named.unwrap_err().code, "into-name");
        let above = Folder::open(&world(Recorded::new()), Path::new("/"), Tool::Shell);
        assert_eq!(above.unwrap_err().code, "into-name");
    }

    #[test]
    fn a_file_in_place_of_a_folder_is_refused_before_anything_is_written() {
        let list = Recorded::new().file("/shop/roles/hard/holdfast.sha256", "");
        let world = world(list.file("/shop/roles/hard/tasks", "notes"));
        let laid = [file("defaults/a.yml", "a"), file("tasks/deep/b.yml", "b")];
        let problem = write(&world, &laid).unwrap_err();
        assert_eq!(problem.code, "into-changed");
        assert!(problem.message.starts_with("`roles/hard/tasks` is there"), "{problem}");
        assert_eq!(read(&world, "defaults/a.yml"), None, "the others were written");
        assert_eq!(read(&world, "tasks").unwrap(), "notes");
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let list = || Recorded::new().file("/shop/roles/hard/holdfast.sha256", "").folder("/etc");
        for links in [
            list().link("/shop/roles/hard/tasks", "/etc"),
            list().file("/etc/a.yml", "x").link("/shop/roles/hard/tasks/a.yml", "/etc/a.yml"),
            list().link("/shop/roles/hard/tasks/a.yml", "/etc/not-there"),
        ] {
            let world = world(links);
            let problem = write(&world, &[file("tasks/a.yml", "a")]).unwrap_err();
            assert_eq!(problem.code, "into-link");
            assert!(world.machine().read("/etc/not-there", LARGEST).is_err());
        }
    }
}
