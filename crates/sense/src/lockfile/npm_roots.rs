//! What the manifests of a JavaScript project ask for, where its lockfile does not say it.
//!
//! Knows `package.json` as far as names, ranges and workspaces go; must not know lockfiles.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::Place;

use crate::text::json::{Value, parse};
use crate::text::{Document, folder};
use crate::{Answer, Need, Sources, join};

/// So many manifests are read for one lockfile.
const MAX_MANIFESTS: usize = 2_000;

/// One line of a manifest.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) spec: String,
    pub(super) dev: bool,
    pub(super) place: Place,
}

/// What one manifest says.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// Its folder, empty at the root.
    pub(super) folder: String,
    pub(super) asked: Vec<Asked>,
    workspaces: Vec<String>,
}

/// The fields that say what a package is built from.
const FIELDS: [(&str, bool); 3] =
    [("dependencies", false), ("optionalDependencies", false), ("devDependencies", true)];

fn manifest(path: &Arc<str>, bytes: &[u8]) -> Manifest {
    let document = Document::open(path, bytes);
    let (root, _) = parse(document.text());
    let mut manifest = Manifest { folder: folder(path).to_owned(), ..Manifest::default() };
    for (field, dev) in FIELDS {
        let members = root.get(field).and_then(Value::as_object).unwrap_or_default();
        manifest.asked.extend(members.iter().filter_map(|member| {
            Some(Asked {
                name: member.key.to_string(),
                spec: member.value.as_str()?.to_owned(),
                dev,
                place: document.place(member.key_span.start),
            })
        }));
    }
    let workspaces = root.get("workspaces");
    // A list, or an object with a list `packages`.
    let list = workspaces.and_then(|one| one.get("packages")).or(workspaces);
    let texts = list.and_then(Value::as_array).unwrap_or_default().iter();
    manifest.workspaces = texts.filter_map(|one| Some(one.as_str()?.to_owned())).collect();
    manifest
}

/// The manifests that answers hold, and what is still wanted: the one beside the lockfile, those
/// that its workspaces name, and those in `folders`.
pub(super) fn manifests(sources: &Sources<'_>, folders: &[&str]) -> (Vec<Manifest>, Vec<Need>) {
    let mut wanted: BTreeSet<Need> = BTreeSet::new();
    let mut paths: Vec<Arc<str>> = Vec::new();
    let home = folder(sources.path());
    paths.extend(sources.beside("package.json"));
    let named = folders.iter().filter_map(|one| join(home, &format!("{one}/package.json")));
    paths.extend(named.take(MAX_MANIFESTS));
    let root = paths.first().and_then(|path| Some(manifest(path, sources.file(path)?)));
    for pattern in root.iter().flat_map(|root| &root.workspaces).take(64) {
        if pattern.starts_with('!') {
            continue;
        }
        let pattern = pattern.trim_end_matches('/');
        let Some(path) = join(home, &format!("{pattern}/package.json")) else { continue };
        if !pattern.contains(['*', '?']) {
            paths.push(path);
            continue;
        }
        let need = Need::Glob(path);
        match sources.answer(&need) {
            Some(Answer::Paths(found)) => {
                let own = |path: &&Arc<str>| !path.contains("node_modules/");
                paths.extend(found.iter().filter(own).take(MAX_MANIFESTS).cloned());
            }
            Some(_) => {}
            None => {
                wanted.insert(need);
            }
        }
    }
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        if seen.len() >= MAX_MANIFESTS || !seen.insert(Arc::clone(&path)) {
            continue;
        }
        let need = Need::File(Arc::clone(&path));
        match sources.answer(&need) {
            Some(Answer::Bytes(bytes)) => found.push(manifest(&path, bytes)),
            Some(_) => {}
            None => {
                wanted.insert(need);
            }
        }
    }
    (found, wanted.into_iter().collect())
}
