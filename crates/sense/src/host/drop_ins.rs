//! Folders of drop-in files that are read as one: a file takes the place of every later one of its
//! name, a link to `/dev/null` switches it off, and what is left is read by name.
//!
//! Knows names and links; must not know what stands in the files.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::look::{End, Gap, Got, Look, MAX_FILES};
use crate::FileType;
use crate::text::{file_name, folder};

/// A file that is read, or why it cannot be.
#[derive(Debug, Clone)]
pub(super) struct DropIn<'a> {
    /// Where all links lead.
    pub(super) path: Arc<str>,
    pub(super) bytes: Result<&'a [u8], Gap>,
}

/// The files of some folders, the first of which counts most, in the order in which they are read.
/// `patterns` list them, and may list others too. What could not be listed stands first: it may hold
/// a file of any name.
pub(super) fn drop_ins<'a>(
    look: &Look<'a>,
    folders: &[String],
    patterns: &[String],
) -> Vec<DropIn<'a>> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut out = Vec::new();
    for pattern in patterns {
        match look.paths(pattern) {
            Got::Here(paths) => {
                let mine = |path: &&'a Arc<str>| folders.iter().any(|one| one == folder(path));
                let name = |path: &'a Arc<str>| file_name(path);
                let listed = paths.iter().filter(mine).map(name);
                names.extend(listed.filter(|name| !name.starts_with('.')));
            }
            Got::Missing => {}
            Got::Hidden(gap) => {
                out.push(DropIn { path: pattern.as_str().into(), bytes: Err(gap) });
            }
        }
    }
    if names.len() > MAX_FILES {
        let path: Arc<str> = folders.first().map_or("/", String::as_str).into();
        let reason = format!("there are more than {MAX_FILES} files such as those of `{path}`");
        out.push(DropIn { path, bytes: Err(Gap::new(reason, "join them into fewer files")) });
    }
    for name in names.into_iter().take(MAX_FILES) {
        // A list of a folder may leave out links that lead to no file, so each folder is asked.
        let paths: Vec<String> = folders.iter().map(|folder| format!("{folder}/{name}")).collect();
        let stats: Vec<_> = paths.iter().map(|path| look.stat(path)).collect();
        let first = paths.iter().zip(stats).find(|(_, stat)| *stat != Got::Missing);
        out.extend(first.and_then(|(path, _)| drop_in(look, path)));
    }
    out
}

/// What is read under a name; nothing where it is switched off, leads nowhere, or is no file.
fn drop_in<'a>(look: &Look<'a>, path: &str) -> Option<DropIn<'a>> {
    match look.follow(path) {
        End::At(end, stat) if stat.kind == FileType::File => match look.file(&end) {
            Got::Here(bytes) => Some(DropIn { path: end, bytes: Ok(bytes) }),
            Got::Missing => None,
            Got::Hidden(gap) => Some(DropIn { path: end, bytes: Err(gap) }),
        },
        End::At(..) | End::Null | End::Nowhere | End::Circle => None,
        End::Hidden(gap) => Some(DropIn { path: path.into(), bytes: Err(gap) }),
    }
}
