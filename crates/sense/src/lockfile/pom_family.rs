//! The files that a `pom.xml` inherits from and imports, as far as they lie in the tree.
//!
//! Knows where Maven looks for a parent, and where a tree keeps its platforms; must not know what
//! they manage.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_model::Span;

use super::pom_effective::may_be;
use super::pom_model::Pom;
use crate::text::xml::{Element, Text, parse};
use crate::text::{Document, file_name, folder};
use crate::{Need, Sources, join};

/// So many ancestors one project may have.
const ANCESTORS: usize = 8;

/// So many files are read for one, and so many are tried for each import.
const FILES: usize = 48;
const TRIED: usize = 8;

/// Where a tree keeps what each build of it is given (Maven, "Configuring Apache Maven").
const CONFIG: &str = ".mvn/maven.config";

/// Files of the tree in the order of their finding; the first is the project itself.
#[derive(Debug, Default)]
pub(super) struct Family {
    pub(super) paths: Vec<Arc<str>>,
    /// For each file its parent among them.
    pub(super) parents: Vec<Option<usize>>,
    /// Files whose parent would be one of their own heirs, and that parent.
    circles: Vec<(usize, usize)>,
    /// The properties that each build is given.
    pub(super) given: HashMap<String, Text<'static>>,
    /// What is not known yet.
    pub(super) needs: Vec<Need>,
}

/// Coordinates of an import, as written, and where it may lie.
struct Import {
    artifact: String,
    folders: Vec<String>,
}

impl Family {
    /// As far as answers reach.
    pub(super) fn of(sources: &Sources<'_>) -> Self {
        let mut family = Self::default();
        family.config(sources);
        family.line(sources, sources.path());
        let mut at = 0;
        while at < family.paths.len() && family.paths.len() < FILES {
            for candidate in family.candidates(sources, at) {
                if !family.paths.contains(&candidate) && family.known(sources, &candidate) {
                    family.line(sources, &candidate);
                }
            }
            at += 1;
        }
        family.needs.sort();
        family.needs.dedup();
        family
    }

    /// The nearest configuration at or above the project counts.
    fn config(&mut self, sources: &Sources<'_>) {
        let mut at = folder(sources.path());
        while let Some(path) = join(at, CONFIG) {
            if self.known(sources, &path) {
                self.given = sources.file(&path).map(definitions).unwrap_or_default();
                return;
            }
            if at.is_empty() {
                return;
            }
            at = folder(at);
        }
    }

    fn known(&mut self, sources: &Sources<'_>, path: &Arc<str>) -> bool {
        if path == sources.path() {
            return true;
        }
        let need = Need::File(Arc::clone(path));
        if sources.answer(&need).is_none() {
            self.needs.push(need);
        }
        sources.file(path).is_some()
    }

    /// A file and its ancestors.
    fn line(&mut self, sources: &Sources<'_>, path: &Arc<str>) {
        let mut path = Arc::clone(path);
        let mut child = None;
        for _ in 0..ANCESTORS {
            if let Some(at) = self.paths.iter().position(|known| *known == path) {
                // Somebody's ancestor already; a project that is its own makes a circle.
                match child {
                    Some(child) if self.is_above(child, at) => self.circles.push((child, at)),
                    Some(child) => self.set_parent(child, at),
                    None => {}
                }
                return;
            }
            if self.paths.len() >= FILES {
                return;
            }
            let at = self.paths.len();
            self.paths.push(Arc::clone(&path));
            self.parents.push(None);
            if let Some(child) = child {
                self.set_parent(child, at);
            }
            let Some(above) = with(sources, &path, |pom| {
                let relative = pom.parent.as_ref()?.relative;
                beside(&path, relative)
            })
            .flatten() else {
                return;
            };
            if !self.known(sources, &above) || !is_parent(sources, &path, &above) {
                return;
            }
            child = Some(at);
            path = above;
        }
    }

    fn set_parent(&mut self, child: usize, parent: usize) {
        if let Some(slot) = self.parents.get_mut(child) {
            *slot = Some(parent);
        }
    }

    /// Whether `lower` is an ancestor of `from`, so that making `from` its parent would be a circle.
    fn is_above(&self, lower: usize, from: usize) -> bool {
        self.ancestors(from).any(|at| at == lower)
    }

    /// A file and its ancestors, nearest first.
    pub(super) fn ancestors(&self, from: usize) -> impl Iterator<Item = usize> {
        let next = move |at: &usize| self.parents.get(*at).copied().flatten();
        std::iter::successors(Some(from), next).take(ANCESTORS + 1)
    }

    /// The circle in which the parents of a file go round, each file once, child before parent.
    pub(super) fn circle(&self, from: usize) -> Option<Vec<usize>> {
        let last = self.ancestors(from).last()?;
        let (_, first) = self.circles.iter().find(|(child, _)| *child == last)?;
        Some(self.ancestors(*first).collect())
    }

    /// Where the imports of a file may lie in the tree: among the modules of its ancestors and
    /// beside it, in folders whose names fit.
    fn candidates(&self, sources: &Sources<'_>, at: usize) -> Vec<Arc<str>> {
        let Some(path) = self.paths.get(at) else { return Vec::new() };
        let mut modules: Vec<Arc<str>> = Vec::new();
        for above in self.ancestors(at).filter_map(|at| self.paths.get(at)) {
            let found = with(sources, above, |pom| {
                pom.modules.iter().filter_map(|module| beside(above, module)).collect::<Vec<_>>()
            });
            modules.extend(found.into_iter().flatten());
        }
        let imports = with(sources, path, imports).unwrap_or_default();
        let mut out = Vec::new();
        for import in imports {
            let named = modules.iter().filter(|module| fits(&import.artifact, module)).cloned();
            let beside = import.folders.iter().filter_map(|name| beside(path, name));
            out.extend(named.chain(beside).take(TRIED));
        }
        out
    }
}

fn imports(pom: &Pom<'_, '_>) -> Vec<Import> {
    let sections = pom.profiles.iter().map(|profile| &profile.section).chain([&pom.main]);
    let managed = sections.flat_map(|section| &section.managed);
    let imports = managed.filter(|one| one.is_import()).take(FILES);
    imports
        .filter_map(|one| {
            let artifact = one.is.artifact?.text.to_string();
            let sound = !artifact.is_empty() && !artifact.contains(['/', '$', '\\']);
            let folders = vec![format!("../{artifact}"), artifact.clone()];
            sound.then_some(Import { artifact, folders })
        })
        .collect()
}

/// Whether a module's folder may hold an artifact.
fn fits(artifact: &str, path: &str) -> bool {
    let name = file_name(folder(path));
    !name.is_empty()
        && (artifact.ends_with(name) || ["bom", "dependencies", "platform"].contains(&name))
}

/// A POM beside another: a folder means the `pom.xml` in it; nothing where that leaves the root.
fn beside(path: &str, relative: &str) -> Option<Arc<str>> {
    let relative = relative.trim();
    if relative.is_empty() || relative.contains(['$', '\\', '*', '?']) {
        return None;
    }
    let joined = join(folder(path), relative)?;
    if joined.ends_with(".xml") { Some(joined) } else { join(&joined, "pom.xml") }
}

/// Whether the file at `above` is the parent that `path` names. Of another version it is not: Maven
/// asks a feed for the one that is named.
fn is_parent(sources: &Sources<'_>, path: &Arc<str>, above: &Arc<str>) -> bool {
    let texts = |parts: [Option<&Text<'_>>; 3]| {
        parts.map(|part| part.map_or_else(String::new, |text| text.text.to_string()))
    };
    let wanted = with(sources, path, |pom| {
        let is = pom.parent.as_ref()?.is;
        Some(texts([is.group, is.artifact, is.version]))
    });
    let found = with(sources, above, |pom| texts([pom.group(), pom.own.artifact, pom.version()]));
    let (Some(wanted), Some(found)) = (wanted.flatten(), found) else { return false };
    let ([group, artifact, version], [its_group, its_artifact, its_version]) = (wanted, found);
    group == its_group && artifact == its_artifact && may_be(&version, &its_version)
}

/// The properties of a `maven.config`, which holds options as on the command line. What a project
/// says of itself no property changes.
fn definitions(bytes: &[u8]) -> HashMap<String, Text<'static>> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let mut words = lines.flat_map(str::split_whitespace).map(|word| word.trim_matches('"'));
    let mut out = HashMap::new();
    while let Some(word) = words.next() {
        let definition = match word {
            "-D" | "--define" => words.next(),
            _ => word.strip_prefix("--define=").or_else(|| word.strip_prefix("-D")),
        };
        let Some(definition) = definition else { continue };
        let (name, value) = definition.split_once('=').unwrap_or((definition, "true"));
        if !name.starts_with("project.") && !name.starts_with("pom.") {
            let value = Text { text: value.to_owned().into(), span: Span { start: 0, end: 0 } };
            out.insert(name.to_owned(), value);
        }
    }
    out
}

/// Asks one file of the tree.
fn with<T>(
    sources: &Sources<'_>,
    path: &Arc<str>,
    ask: impl FnOnce(&Pom<'_, '_>) -> T,
) -> Option<T> {
    let bytes = if path == sources.path() { sources.bytes() } else { sources.file(path)? };
    let document = Document::open(path, bytes);
    let root = root(&document)?;
    Some(ask(&Pom::of(&root)))
}

/// The `project` of a document.
pub(super) fn root<'d>(document: &'d Document<'_>) -> Option<Element<'d>> {
    if !document.readable() {
        return None;
    }
    parse(document.text()).0.filter(|root| root.name == "project")
}
