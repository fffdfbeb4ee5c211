//! What a `pom.xml` means once properties, parents and imports are put in.
//!
//! Knows inheritance, interpolation and management (Maven, "Introduction to the POM" and
//! "Introduction to the Dependency Mechanism"); must not know how facts are said.

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;

use holdfast_model::Span;

use super::pom_family::Family;
use super::pom_model::{Coordinates, Dependency, Pom, Profile};
use crate::text::Document;
use crate::text::xml::Text;

/// A file of the family.
pub(super) struct Member<'e, 'a> {
    pub(super) document: &'e Document<'e>,
    pub(super) pom: Pom<'e, 'a>,
}

/// All files, and who inherits from whom.
pub(super) struct Effective<'e, 'a> {
    members: Vec<Option<Member<'e, 'a>>>,
    family: &'e Family,
    /// What each file manages, put together when somebody asks.
    tables: Vec<OnceCell<Table<'e, 'a>>>,
}

/// What a file and its ancestors manage.
struct Table<'e, 'a> {
    /// By group and artifact; what counts first stands first.
    by_name: HashMap<(String, String), Vec<(Dependency<'e, 'a>, usize)>>,
    /// The files that are imported, or the names of those that are not in the tree.
    imports: Vec<Result<usize, String>>,
}

/// A text after properties are put in, and where it is written.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    pub(super) text: String,
    /// The file, among the members; none of them for what builds are given.
    pub(super) file: usize,
    pub(super) span: Span,
    /// Whether the text at the span is the whole of it.
    pub(super) literal: bool,
}

/// The view from which properties are looked up: a file, and perhaps one of its profiles.
#[derive(Clone, Copy)]
pub(super) struct View<'m, 'e, 'a> {
    pub(super) file: usize,
    /// With the file it stands in: the file itself, or one that it inherits from.
    pub(super) profile: Option<(&'m Profile<'e, 'a>, usize)>,
}

/// A managed version, or why there is none.
pub(super) enum Managed<'m, 'e, 'a> {
    /// It stands in this file, and is understood from this view.
    Found {
        dependency: Dependency<'e, 'a>,
        view: View<'m, 'e, 'a>,
        file: usize,
        /// A file that is not in the tree, where what it manages would count before this.
        before: Option<String>,
    },
    /// It may stand in this file, which is not in the tree.
    Elsewhere(String),
    /// It may stand above, where the parents go round in this circle.
    Round(String),
    Nowhere,
}

/// So deep properties may refer to one another, so often one text may, and so long it may become.
const DEPTH: usize = 32;
const STEPS: usize = 1000;
const LONGEST: usize = 4096;

/// The file of a property that stands in no project, but that each build is given.
const GIVEN: usize = usize::MAX;

/// So many imports are followed for one name.
const IMPORTS: usize = 64;

impl<'e, 'a> Effective<'e, 'a> {
    /// Of the files of a family, in their order.
    pub(super) fn new(members: Vec<Option<Member<'e, 'a>>>, family: &'e Family) -> Self {
        let tables = members.iter().map(|_| OnceCell::new()).collect();
        Self { members, family, tables }
    }

    pub(super) fn member(&self, at: usize) -> Option<&Member<'e, 'a>> {
        self.members.get(at)?.as_ref()
    }

    /// The profiles of a file and of those that it inherits from, each with the file it stands in.
    pub(super) fn profiles(&self, file: usize) -> impl Iterator<Item = (&Profile<'e, 'a>, usize)> {
        let line = self.line(file);
        line.flat_map(|(at, member)| member.pom.profiles.iter().map(move |one| (one, at)))
    }

    fn line(&self, from: usize) -> impl Iterator<Item = (usize, &Member<'e, 'a>)> {
        self.family.ancestors(from).filter_map(move |at| Some((at, self.member(at)?)))
    }

    /// A property, with the file it stands in. What a child says goes before its parent's word,
    /// a profile that is on before the project, and what the build is given before all.
    fn property(&self, view: View<'_, 'e, 'a>, name: &str) -> Option<(&'e Text<'a>, usize)> {
        if let Some(given) = self.family.given.get(name) {
            return Some((given, GIVEN));
        }
        if let Some((profile, at)) = view.profile
            && let Some(found) = profile.section.property(name)
        {
            return Some((found, at));
        }
        let mut line = self.line(view.file);
        let set = line.find_map(|(at, member)| {
            let found = member.pom.sections().find_map(|section| section.property(name))?;
            Some((found, at))
        });
        set.or_else(|| self.of_project(view.file, name))
    }

    /// `project.version` and its kin.
    fn of_project(&self, file: usize, name: &str) -> Option<(&'e Text<'a>, usize)> {
        let pom = &self.member(file)?.pom;
        let name = name.strip_prefix("project.").or_else(|| name.strip_prefix("pom."));
        let parent = pom.parent.as_ref();
        let found = match name? {
            "version" => pom.version(),
            "groupId" => pom.group(),
            "artifactId" => pom.own.artifact,
            "parent.version" => parent.and_then(|parent| parent.is.version),
            "parent.groupId" => parent.and_then(|parent| parent.is.group),
            "parent.artifactId" => parent.and_then(|parent| parent.is.artifact),
            _ => None,
        };
        found.map(|text| (text, file))
    }

    /// Puts properties in; an error says in words why that cannot be done.
    pub(super) fn resolve(
        &self,
        view: View<'_, 'e, 'a>,
        text: &Text<'a>,
        file: usize,
    ) -> Result<Resolved, String> {
        let (mut text, mut file) = (text, file);
        // To change what the project says of itself would be no lift.
        let mut of_itself = false;
        // One property that is the whole text leads to where the text is written.
        for _ in 0..DEPTH {
            let Some(name) = whole_property(&text.text) else {
                let literal = !of_itself && !text.text.contains("${");
                let steps = Cell::new(0);
                let mut out = String::new();
                self.expand(view, &text.text, 0, &steps, &mut out)?;
                return Ok(Resolved { text: out, file, span: text.span, literal });
            };
            let Some((next, at)) = self.property(view, name) else {
                return Err(self.missing(view, name));
            };
            of_itself |= name.starts_with("project.") || name.starts_with("pom.");
            (text, file) = (next, at);
        }
        Err("its properties refer to one another in a circle".to_owned())
    }

    fn expand(
        &self,
        view: View<'_, 'e, 'a>,
        text: &str,
        depth: usize,
        steps: &Cell<usize>,
        out: &mut String,
    ) -> Result<(), String> {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                out.push_str("${");
                rest = after;
                continue;
            };
            steps.set(steps.get() + 1);
            if depth >= DEPTH || steps.get() > STEPS || out.len() > LONGEST {
                return Err("its properties refer to one another in a circle".to_owned());
            }
            let Some((value, _)) = self.property(view, name) else {
                return Err(self.missing(view, name));
            };
            self.expand(view, &value.text, depth + 1, steps, out)?;
            rest = behind;
        }
        out.push_str(rest);
        if out.len() > LONGEST { Err("its properties are too long".to_owned()) } else { Ok(()) }
    }

    /// Why a property is not known.
    fn missing(&self, view: View<'_, 'e, 'a>, name: &str) -> String {
        let shown: String = name.chars().take(80).collect();
        let profiles = self.line(view.file).flat_map(|(_, member)| &member.pom.profiles);
        let setting = profiles.filter(|profile| profile.section.property(name).is_some());
        let ids: Vec<&str> = setting.map(|profile| profile.id).take(4).collect();
        if !ids.is_empty() {
            return format!(
                "`{shown}` is set in profiles only ({}), which the build chooses",
                ids.join(", ")
            );
        }
        if let Some(circle) = self.circle(view.file) {
            return format!("the property `{shown}` is not set here; its parents are {circle}");
        }
        match self.absent_parent(view.file) {
            Some(parent) => {
                format!(
                    "the property `{shown}` is not set here; the parent `{parent}` is not in the tree"
                )
            }
            None => format!("the property `{shown}` is not set in the tree"),
        }
    }

    /// The circle in which the parents of a file go round, in words.
    pub(super) fn circle(&self, file: usize) -> Option<String> {
        let circle = self.family.circle(file)?;
        let around = circle.iter().chain(circle.first());
        let names = around.filter_map(|at| self.member(*at)).map(|member| {
            let pom = &member.pom;
            let is = Coordinates { group: pom.group(), version: pom.version(), ..pom.own };
            format!("`{}`", coordinates(is))
        });
        Some(format!("a circle: {}", names.collect::<Vec<_>>().join(" → ")))
    }

    /// The same for the project itself, if it is part of its circle.
    pub(super) fn circle_of_itself(&self) -> Option<String> {
        self.family.circle(0)?.contains(&0).then(|| self.circle(0)).flatten()
    }

    /// The parent at the end of a line, where it is not in the tree.
    fn absent_parent(&self, file: usize) -> Option<String> {
        let (at, last) = self.line(file).last()?;
        let named = last.pom.parent.as_ref().map(|parent| coordinates(parent.is));
        named.filter(|_| self.family.parents.get(at).copied().flatten().is_none())
    }

    /// Group and artifact, in words where they cannot be told.
    pub(super) fn name(
        &self,
        view: View<'_, 'e, 'a>,
        is: Coordinates<'e, 'a>,
        file: usize,
    ) -> Result<(String, String), String> {
        let part = |text: Option<&Text<'a>>, what: &str| match text {
            Some(text) => self.resolve(view, text, file).map(|found| found.text),
            None => Err(format!("it has no `{what}`")),
        };
        Ok((part(is.group, "groupId")?, part(is.artifact, "artifactId")?))
    }

    /// Who manages the version of a dependency.
    pub(super) fn managed<'m>(
        &self,
        view: View<'m, 'e, 'a>,
        wanted: &Dependency<'e, 'a>,
        name: &(String, String),
    ) -> Managed<'m, 'e, 'a> {
        let (mut absent, mut seen) = (Vec::new(), Vec::new());
        let found = self.search(view.file, wanted, name, &mut seen, &mut absent);
        if let Some((dependency, from, file)) = found {
            // A profile's properties are for what its own project inherits, too.
            let profile = view.profile.filter(|_| from == view.file);
            let above = || self.absent_parent(view.file).filter(|_| from != view.file);
            let platform = || absent.first().map(|first| format!("the platform `{first}`"));
            let before = above().map(|parent| format!("the parent `{parent}`")).or_else(platform);
            return Managed::Found { dependency, view: View { file: from, profile }, file, before };
        }
        if let Some(circle) = self.circle(view.file) {
            return Managed::Round(circle);
        }
        if let Some(parent) = self.absent_parent(view.file) {
            return Managed::Elsewhere(format!("the parent `{parent}`"));
        }
        match absent.first() {
            Some(first) if absent.len() == 1 => {
                Managed::Elsewhere(format!("the platform `{first}`"))
            }
            Some(first) => {
                Managed::Elsewhere(format!("one of {} platforms, such as `{first}`", absent.len()))
            }
            None => Managed::Nowhere,
        }
    }

    /// The management of a name, the file from which it is understood, and the one it stands in.
    fn search(
        &self,
        file: usize,
        wanted: &Dependency<'e, 'a>,
        name: &(String, String),
        seen: &mut Vec<usize>,
        absent: &mut Vec<String>,
    ) -> Option<(Dependency<'e, 'a>, usize, usize)> {
        if seen.contains(&file) || seen.len() >= IMPORTS {
            return None;
        }
        seen.push(file);
        let table = self.table(file)?;
        let known = table.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        if let Some((dependency, at)) = known.iter().find(|(one, _)| wanted.is_of(one)) {
            return Some((*dependency, file, *at));
        }
        for import in &table.imports {
            match import {
                Ok(target) => {
                    let found = self.search(*target, wanted, name, seen, absent);
                    if found.is_some() {
                        return found;
                    }
                }
                Err(shown) => absent.push(shown.clone()),
            }
        }
        None
    }

    fn table(&self, file: usize) -> Option<&Table<'e, 'a>> {
        let cell = self.tables.get(file)?;
        Some(cell.get_or_init(|| {
            let view = View { file, profile: None };
            let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
            let mut imports = Vec::new();
            // What is written goes before what is imported, the child before the parent.
            for (at, member) in self.line(file) {
                for one in member.pom.sections().flat_map(|section| &section.managed) {
                    if one.is_import() {
                        imports.push(self.import(view, one, at));
                    } else if one.is.version.is_some()
                        && let Ok(name) = self.name(view, one.is, at)
                    {
                        by_name.entry(name).or_default().push((*one, at));
                    }
                }
            }
            imports.truncate(IMPORTS);
            Table { by_name, imports }
        }))
    }

    /// The file that an import means, by group, artifact and version; an error names it.
    fn import(
        &self,
        view: View<'_, 'e, 'a>,
        import: &Dependency<'e, 'a>,
        at: usize,
    ) -> Result<usize, String> {
        let shown = || coordinates(import.is);
        let name = self.name(view, import.is, at).map_err(|_| shown())?;
        let version = import.is.version.map(|text| self.resolve(view, text, at));
        let version = version.transpose().map_err(|_| shown())?;
        let found = self.members.iter().enumerate().position(|(at, member)| {
            member.as_ref().is_some_and(|member| {
                let own = Coordinates { group: member.pom.group(), ..member.pom.own };
                let view = View { file: at, profile: None };
                let known = member.pom.version().map(|text| self.resolve(view, text, at));
                let fits = match (&version, known) {
                    (Some(wanted), Some(Ok(known))) => may_be(&wanted.text, &known.text),
                    _ => true,
                };
                fits && self.name(view, own, at).as_ref() == Ok(&name)
            })
        });
        found.ok_or_else(shown)
    }
}

/// Whether a release may be the one that is wanted: what a range or a property means is not told
/// here.
pub(super) fn may_be(wanted: &str, release: &str) -> bool {
    let open = |text: &str| text.is_empty() || text.contains("${");
    let (wanted, release) = (wanted.trim(), release.trim());
    wanted == release || wanted.starts_with(['[', '(']) || open(wanted) || open(release)
}

/// `name` of `${name}`.
fn whole_property(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains('}')).then_some(name)
}

/// Coordinates as they are written.
fn coordinates(is: Coordinates<'_, '_>) -> String {
    let parts = [is.group, is.artifact, is.version];
    let parts = parts.iter().map(|part| part.map_or("?", |text| &*text.text));
    parts.collect::<Vec<_>>().join(":").chars().take(120).collect()
}
