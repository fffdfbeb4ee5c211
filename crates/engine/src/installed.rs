//! Which files of a system are offered to readers, beside its package databases.
//!
//! Knows folders and bounds; knows no format. On this machine only the folders are looked at that
//! no package manager fills, so that a look every hour costs little. Of a root that lies still,
//! everything is looked at that belongs to no package.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_sense::packages::owned::{files_of, lists_files};
use holdfast_sense::{Reader, system_reader_for};
use holdfast_world::Kind;

use crate::gather::{Tree, read_all};
use crate::look::{Document, LeftOut};
use crate::trees::Machine;

/// Where people install what no package manager of the system brings.
const FOLDERS: [&str; 20] = [
    "/usr/local/bin/*",
    "/usr/local/sbin/*",
    "/opt/*",
    "/opt/*/*",
    "/opt/*/bin/*",
    "/opt/*/lib/*",
    "/srv/*/*.jar",
    "/usr/local/lib/*.jar",
    "/usr/local/lib/python*/*-packages/*-info/*",
    "/usr/local/lib/python*/*-packages/*.egg",
    "/usr/local/lib/python*/*-packages/*.egg/EGG-INFO/PKG-INFO",
    "/opt/*/lib/python*/site-packages/*-info/*",
    "/opt/*/conda-meta/history",
    "/usr/local/lib/node_modules/*/package.json",
    "/usr/local/lib/node_modules/@*/*/package.json",
    "/usr/local/lib/node_modules/*/node_modules/*/package.json",
    "/usr/local/lib/node_modules/*/node_modules/@*/*/package.json",
    "/usr/local/lib/ruby/gems/*/specifications/*.gemspec",
    "/usr/local/lib/ruby/gems/*/specifications/default/*.gemspec",
    "/var/lib/gems/*/specifications/*.gemspec",
];
/// Folders of a root in which the kernel shows itself.
const KERNEL: [&str; 4] = ["proc", "sys", "dev", "run"];
/// How many programs are opened to see what they are.
const MOST_PROGRAMS: usize = 20_000;
/// How many files of one system are read.
const MOST_DOCUMENTS: usize = 100_000;
/// The first bytes by which a reader knows its own.
const HEAD: usize = 64;
/// Any execution bit.
const EXECUTABLE: u32 = 0o111;

/// A file with its reader.
type Chosen = (Arc<str>, &'static dyn Reader);

/// Reads what is installed on a machine beside its packages: on a running one in the folders that
/// are made for it, else everywhere.
pub(crate) fn look(
    machine: &Machine,
    tree: &dyn Tree,
    running: bool,
) -> (Vec<Document>, Vec<LeftOut>) {
    let (paths, owned) = if running {
        let found: BTreeSet<Arc<str>> =
            FOLDERS.iter().flat_map(|pattern| machine.glob(pattern)).collect();
        (found.into_iter().collect(), BTreeSet::new())
    } else {
        let paths = all(machine);
        let owned = owned(machine, &paths);
        (paths, owned)
    };
    let (chosen, mut left_out) = choose(machine, &paths, &owned);
    let claimed: Vec<(&Arc<str>, &'static dyn Reader)> =
        chosen.iter().map(|(path, reader)| (path, *reader)).collect();
    let (mut documents, gaps) = read_all(tree, &claimed);
    // Most programs say nothing of themselves.
    documents.retain(says_something);
    left_out.extend(gaps);
    (documents, left_out)
}

/// Whether a document is worth a place in a look.
pub(crate) fn says_something(document: &Document) -> bool {
    !(document.components.is_empty()
        && document.unknown.is_empty()
        && document.problems.is_empty()
        && !document.partial)
}

/// Every file of a root.
fn all(machine: &Machine) -> Vec<Arc<str>> {
    let folders = machine.root.list("").unwrap_or_default();
    let names = folders.iter().filter(|entry| entry.kind == Kind::Folder);
    let names = names.filter_map(|entry| entry.name.to_str());
    let below = names.filter(|name| !KERNEL.contains(name)).map(|name| format!("/{name}/**"));
    let patterns: Vec<String> = below.chain(["/*".to_owned()]).collect();
    patterns.iter().flat_map(|pattern| machine.glob(pattern)).collect()
}

/// The files that belong to packages, by their own paths and with links among their folders
/// followed as far as one: `/bin/x` is `/usr/bin/x` where `/bin` is a link.
fn owned(machine: &Machine, paths: &[Arc<str>]) -> BTreeSet<String> {
    let merged: BTreeSet<String> = ["bin", "sbin", "lib", "lib64"]
        .iter()
        .filter(|name| machine.root.stat(name).is_ok_and(|stat| stat.kind == Kind::Link))
        .map(|name| format!("/{name}/"))
        .collect();
    let mut owned = BTreeSet::new();
    for path in paths.iter().filter(|path| lists_files(path)) {
        let Ok(bytes) = machine.read(path) else { continue };
        let log = machine.read(&format!("{path}-wal")).ok();
        files_of(path, &bytes, log.as_deref(), &mut |file| {
            if merged.iter().any(|folder| file.starts_with(folder)) {
                owned.insert(format!("/usr{file}"));
            }
            owned.insert(file.to_owned());
        });
    }
    owned
}

/// The files that a reader takes, by name or by their first bytes.
fn choose(
    machine: &Machine,
    paths: &[Arc<str>],
    owned: &BTreeSet<String>,
) -> (Vec<Chosen>, Vec<LeftOut>) {
    let mut chosen: Vec<Chosen> = Vec::new();
    let mut programs = 0;
    let mut left_out = Vec::new();
    for path in paths.iter().filter(|path| !owned.contains(&***path)) {
        if chosen.len() >= MOST_DOCUMENTS || programs >= MOST_PROGRAMS {
            left_out.push(LeftOut {
                path: "/".into(),
                reason: format!("it has more than {MOST_DOCUMENTS} files to read, or more than {MOST_PROGRAMS} programs"),
                closes_with: "a look at a part of it".to_owned(),
            });
            break;
        }
        if let Some(reader) = system_reader_for(path, &[]) {
            // What stands in the package databases was read with them.
            if !is_of_packages(reader) {
                chosen.push((Arc::clone(path), reader));
            }
            continue;
        }
        if !may_be_program(path) {
            continue;
        }
        let inside = path.trim_start_matches('/');
        let runs = machine
            .root
            .metadata(inside)
            .is_ok_and(|found| found.kind == Kind::File && found.mode & EXECUTABLE != 0);
        if !runs {
            continue;
        }
        programs += 1;
        let head = machine.root.head(inside, HEAD).unwrap_or_default();
        if let Some(reader) = system_reader_for(path, &head) {
            chosen.push((Arc::clone(path), reader));
        }
    }
    (chosen, left_out)
}

/// Whether a reader is one of package databases, which are found by where they stand.
fn is_of_packages(reader: &dyn Reader) -> bool {
    reader.scope() == holdfast_sense::Scope::Anywhere && !reader.alone()
}

/// Whether a name may be a program's: libraries and scripts say by their ending that they are none.
pub(crate) fn may_be_program(path: &str) -> bool {
    const OTHERS: [&str; 10] =
        [".so", ".o", ".a", ".ko", ".py", ".sh", ".pl", ".rb", ".js", ".txt"];
    let name = path.rsplit('/').next().unwrap_or(path);
    !OTHERS.iter().any(|ending| name.ends_with(ending)) && !name.contains(".so.")
}
