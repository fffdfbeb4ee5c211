//! The walk over a tree: every file that `.gitignore` leaves, and honestly what was left out.
//!
//! `.gitignore` means the same inside and outside of git, and it means what is written in the
//! tree alone: a user's global list or `.git/info/exclude` would give each machine another look.
//! Hidden files are files. Links are not followed: what they lead to inside the root is found
//! where it stands. One file system, at most a million files.

use std::path::Path;
use std::sync::Arc;

use holdfast_model::Problem;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::{Files, Kind, Listed, ReadError};

/// The most files that one walk names.
pub const MAX_FILES: usize = 1_000_000;

/// The largest `.gitignore` that is honoured, in bytes.
const MAX_IGNORE: u64 = 1 << 20;

/// A file that the walk found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WalkFile {
    /// Relative to the root, with `/`.
    pub path: Arc<str>,
    /// In bytes.
    pub size: u64,
}

/// Why something is not among the files although nobody asked to ignore it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A folder that may not be listed.
    Denied,
    /// A folder on another file system.
    OtherFileSystem,
    /// The name is not UTF-8.
    NotUtf8,
    /// A link that leads outside the root.
    LinkOutside,
    /// A device, a pipe or a socket, or a link to one: nothing was opened.
    NoFile,
    /// A folder that could not be listed for another reason.
    Other(String),
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Denied => "this user may not list it",
            Self::OtherFileSystem => "it is on another file system",
            Self::NotUtf8 => "its name is not UTF-8",
            Self::LinkOutside => "it is a link that leads outside",
            Self::NoFile => "it is a device, a pipe or a socket",
            Self::Other(words) => words,
        })
    }
}

/// Something that the walk could not look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Relative to the root, with `/`; broken UTF-8 is replaced.
    pub path: String,
    /// Why.
    pub why: Why,
}

/// What a walk found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// The files, sorted by the bytes of their paths.
    pub files: Vec<WalkFile>,
    /// Links that lead to a file inside the root, or nowhere, sorted. They are no files here:
    /// what they lead to is found where it stands, but maybe not under a name that means anything.
    pub links: Vec<Arc<str>>,
    /// What could not be looked at, sorted. Ignored files are not among them.
    pub left_out: Vec<LeftOut>,
    /// Whether there are more than [`MAX_FILES`]; which of them are named is the same each time.
    pub truncated: bool,
    /// Lines of `.gitignore` files or exclusions that mean nothing.
    pub problems: Vec<Problem>,
}

/// See [`Files::walk`].
pub(super) fn walk<F: Files + ?Sized>(
    files: &F,
    root: &Path,
    exclude: &[String],
    most: usize,
) -> Result<Walk, ReadError> {
    let mut walk = Walk::default();
    let mut lines = GitignoreBuilder::new(root);
    for line in exclude {
        if let Err(error) = lines.add_line(None, line) {
            let problem = Problem::new("bad-exclusion", format!("`{line}` excludes nothing"));
            walk.problems.push(problem.help(format!("write it as in `.gitignore`: {error}")));
        }
    }
    let excluded = lines.build().unwrap_or_else(|_| Gitignore::empty());
    let above = rules_above(files, root, &mut walk.problems);
    let device = files.metadata(root, Path::new(""))?.device;
    let mut walker = Walker { files, root, excluded, device, folders: 0, most, walk };
    // A stack of folders to enter, each with the rules that hold in it, innermost last.
    let mut folders = vec![(String::new(), above)];
    while let Some((folder, rules)) = folders.pop() {
        let entries = match files.list(root, Path::new(&folder)) {
            Ok(entries) => entries,
            Err(error) if folder.is_empty() => return Err(error),
            Err(error) => {
                walker.leave_out(folder, error);
                continue;
            }
        };
        let before = folders.len();
        walker.enter(&folder, &rules, &entries, &mut folders);
        // The first name is entered first, so that a truncated walk is the same each time.
        if let Some(new) = folders.get_mut(before..) {
            new.reverse();
        }
        if walker.walk.truncated {
            break;
        }
    }
    let mut walk = walker.walk;
    walk.files.sort_unstable();
    walk.links.sort_unstable();
    walk.left_out.sort_unstable();
    Ok(walk)
}

type Rules = Vec<Arc<Gitignore>>;

struct Walker<'a, F: ?Sized> {
    files: &'a F,
    root: &'a Path,
    excluded: Gitignore,
    /// The file system of the root.
    device: u64,
    folders: usize,
    most: usize,
    walk: Walk,
}

impl<F: Files + ?Sized> Walker<'_, F> {
    fn enter(
        &mut self,
        folder: &str,
        rules: &Rules,
        entries: &[Listed],
        deeper: &mut Vec<(String, Rules)>,
    ) {
        let mut rules = rules.clone();
        // Git asks a repository inside another one for its own rules only.
        if !folder.is_empty() && entries.iter().any(|entry| entry.name == ".git") {
            rules.clear();
        }
        // Git does not follow a `.gitignore` that is a link, either.
        let own = |entry: &Listed| entry.name == ".gitignore" && entry.kind == Kind::File;
        if entries.iter().any(own) {
            let folder = Path::new(folder);
            rules.extend(rules_of(self.files, self.root, folder, &mut self.walk.problems));
        }
        for entry in entries {
            if entry.name == ".git" {
                continue;
            }
            let Some(name) = entry.name.to_str() else {
                let path = join(folder, &entry.name.to_string_lossy());
                // A name that we cannot write down may still be ignored by a pattern.
                let full = self.root.join(folder).join(&entry.name);
                if !self.ignored(&rules, &full, entry.kind == Kind::Folder) {
                    self.walk.left_out.push(LeftOut { path, why: Why::NotUtf8 });
                }
                continue;
            };
            let path = join(folder, name);
            let full = self.root.join(&path);
            if self.ignored(&rules, &full, entry.kind == Kind::Folder) {
                continue;
            }
            self.visit(entry, path, &rules, deeper);
            if self.walk.truncated {
                return;
            }
        }
    }

    fn visit(
        &mut self,
        entry: &Listed,
        path: String,
        rules: &Rules,
        deeper: &mut Vec<(String, Rules)>,
    ) {
        match entry.kind {
            Kind::File if self.walk.files.len() >= self.most => self.walk.truncated = true,
            Kind::File => {
                self.walk.files.push(WalkFile { path: path.into(), size: entry.size });
            }
            Kind::Folder if self.folders >= self.most => self.walk.truncated = true,
            Kind::Folder if entry.device != self.device => {
                self.walk.left_out.push(LeftOut { path, why: Why::OtherFileSystem });
            }
            Kind::Folder => {
                self.folders += 1;
                deeper.push((path, rules.clone()));
            }
            Kind::Link => match self.files.metadata(self.root, Path::new(&path)) {
                Err(ReadError::Outside) => {
                    self.walk.left_out.push(LeftOut { path, why: Why::LinkOutside });
                }
                Ok(target) if target.kind == Kind::Other => {
                    self.walk.left_out.push(LeftOut { path, why: Why::NoFile });
                }
                // A folder inside is found where it stands.
                Ok(target) if target.kind != Kind::File => {}
                Ok(_) | Err(_) if self.walk.links.len() >= self.most => {
                    self.walk.truncated = true;
                }
                Ok(_) | Err(_) => self.walk.links.push(path.into()),
            },
            Kind::Other => self.walk.left_out.push(LeftOut { path, why: Why::NoFile }),
        }
    }

    fn ignored(&self, rules: &Rules, path: &Path, folder: bool) -> bool {
        if self.excluded.matched(path, folder).is_ignore() {
            return true;
        }
        // The innermost file that says anything decides.
        let said = rules.iter().rev().map(|rules| rules.matched(path, folder));
        said.into_iter().find(|said| !said.is_none()).is_some_and(|said| said.is_ignore())
    }

    fn leave_out(&mut self, path: String, error: ReadError) {
        let why = match error {
            // It was there a moment ago: whoever removed it left nothing to look at.
            ReadError::Missing => return,
            ReadError::Denied => Why::Denied,
            ReadError::Outside => Why::LinkOutside,
            other => Why::Other(other.to_string()),
        };
        self.walk.left_out.push(LeftOut { path, why });
    }
}

/// The rules of the folders between the top of the repository and the root. Outside git there
/// are none: a `.gitignore` in somebody's home says nothing about other folders in it.
fn rules_above<F: Files + ?Sized>(files: &F, root: &Path, problems: &mut Vec<Problem>) -> Rules {
    let machine = Path::new("/");
    let top =
        root.ancestors().position(|folder| files.metadata(machine, &folder.join(".git")).is_ok());
    let Some(top) = top else { return Rules::new() };
    let mut above: Vec<&Path> = root.ancestors().skip(1).take(top).collect();
    above.reverse();
    above.iter().filter_map(|folder| rules_of(files, machine, folder, problems)).collect()
}

/// The `.gitignore` of one folder, if it has one that can be read.
fn rules_of<F: Files + ?Sized>(
    files: &F,
    root: &Path,
    folder: &Path,
    problems: &mut Vec<Problem>,
) -> Option<Arc<Gitignore>> {
    let path = folder.join(".gitignore");
    let shown = path.to_string_lossy();
    let bytes = match files.read(root, &path, MAX_IGNORE) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing | ReadError::NotAFile) => return None,
        Err(error) => {
            let message = format!("`{shown}` is not honoured: {error}");
            problems.push(Problem::new("unread-ignore-file", message));
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut builder = GitignoreBuilder::new(root.join(&path).parent().unwrap_or(root));
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if builder.add_line(None, line).is_err() {
            let place = holdfast_model::Place {
                path: shown.as_ref().into(),
                line: u32::try_from(number + 1).unwrap_or(u32::MAX),
                column: 1,
            };
            let problem = Problem::at("bad-ignore-line", place, "this line ignores nothing");
            let help = "see gitignore(5) for what patterns look like";
            problems.push(problem.help(help).excerpt(line, line.chars().count()));
        }
    }
    builder.build().ok().map(Arc::new)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
