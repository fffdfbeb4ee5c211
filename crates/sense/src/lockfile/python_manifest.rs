//! What a Python project asks for, as `pyproject.toml` writes it: PEP 621, PEP 735, and the tables
//! of poetry, pdm and uv.
//!
//! Knows manifests; must not know lockfiles.

use std::collections::HashSet;

use holdfast_model::{Place, Span};
use toml::Spanned;

use super::python_lock::{list, table, text as text_of};
use super::requirement_line::wish;
use crate::text::toml::{self as places, Table, Value};
use crate::text::{Document, Mistake};

/// What a requirement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// To run, extras included.
    Run,
    /// To develop, test or build.
    Dev,
    /// To narrow or replace what others ask for; it asks for nothing itself.
    Override,
}

/// One requirement as written.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) range: String,
    pub(super) span: Span,
    pub(super) place: Place,
    pub(super) group: Group,
    pub(super) liftable: bool,
}

impl Asked {
    /// Whether a lift may touch it.
    pub(super) fn may_lift(&self) -> bool {
        self.liftable && self.group != Group::Override
    }
}

/// What a manifest says.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) asked: Vec<Asked>,
    pub(super) mistakes: Vec<Mistake>,
}

/// Reads what can be read.
pub(super) fn parse(document: &Document<'_>) -> Manifest {
    rounds(document, &mut |reading, root| {
        reading.project(root);
        reading.tools(root);
    })
}

/// What a `Pipfile` asks for: `packages`, `dev-packages`, and categories of the project's own.
pub(super) fn pipfile(document: &Document<'_>) -> Manifest {
    /// Tables that are no list of packages.
    const OTHER: [&str; 5] = ["source", "requires", "pipenv", "scripts", "pipfile"];
    rounds(document, &mut |reading, root| {
        for (name, _) in root.iter().filter(|(name, _)| !OTHER.contains(&&**name.get_ref())) {
            let group = if name.get_ref() == "dev-packages" { Group::Dev } else { Group::Run };
            reading.pairs(root, name.get_ref(), group);
        }
    })
}

/// Reads the trees that can be made of a text; what stands before a broken line comes in each.
fn rounds(document: &Document<'_>, read: &mut dyn FnMut(&mut Reading<'_>, &Table<'_>)) -> Manifest {
    let mut manifest = Manifest::default();
    let mut seen: HashSet<(usize, bool)> = HashSet::new();
    let mistakes = places::trees(document.text(), &mut |text, root| {
        let mut reading = Reading { document, text, out: Manifest::default() };
        read(&mut reading, root);
        let Manifest { asked, mistakes } = reading.out;
        let new = asked.into_iter().filter(|one| seen.insert((one.span.start, true)));
        manifest.asked.extend(new);
        let new = mistakes.into_iter().filter(|one| seen.insert((one.span.start, false)));
        manifest.mistakes.extend(new);
    });
    manifest.mistakes.splice(..0, mistakes);
    manifest.asked.sort_by_key(|one| one.span.start);
    manifest
}

struct Reading<'r> {
    document: &'r Document<'r>,
    text: &'r str,
    out: Manifest,
}

impl Reading<'_> {
    fn project(&mut self, root: &Table<'_>) {
        if let Some(build) = table(root, "build-system") {
            self.texts(build, "requires", Group::Dev);
        }
        if let Some(project) = table(root, "project") {
            self.texts(project, "dependencies", Group::Run);
            self.groups(project, "optional-dependencies", Group::Run);
            for dynamic in list(project, "dynamic") {
                let what = dynamic.get_ref().as_str().unwrap_or_default();
                if matches!(what, "dependencies" | "optional-dependencies") {
                    self.dynamic(dynamic, what);
                }
            }
        } else if let Some(value) = places::get(root, "project") {
            self.wrong("project", value, "a table");
        }
        self.groups(root, "dependency-groups", Group::Dev);
    }

    fn tools(&mut self, root: &Table<'_>) {
        let Some(tool) = table(root, "tool") else { return };
        if let Some(uv) = table(tool, "uv") {
            self.texts(uv, "dev-dependencies", Group::Dev);
            self.texts(uv, "override-dependencies", Group::Override);
            self.texts(uv, "constraint-dependencies", Group::Override);
            self.texts(uv, "build-constraint-dependencies", Group::Override);
        }
        if let Some(pdm) = table(tool, "pdm") {
            self.groups(pdm, "dev-dependencies", Group::Dev);
            if let Some(resolution) = table(pdm, "resolution") {
                self.pairs(resolution, "overrides", Group::Override);
            }
        }
        if let Some(poetry) = table(tool, "poetry") {
            self.pairs(poetry, "dependencies", Group::Run);
            self.pairs(poetry, "dev-dependencies", Group::Dev);
            for (name, group) in table(poetry, "group").into_iter().flatten() {
                let kind = if name.get_ref() == "main" { Group::Run } else { Group::Dev };
                match group.get_ref().as_table() {
                    Some(group) => self.pairs(group, "dependencies", kind),
                    None => self.wrong(name.get_ref(), group, "a table"),
                }
            }
        }
    }

    /// `{group: [texts]}`.
    fn groups(&mut self, home: &Table<'_>, key: &str, group: Group) {
        let Some(value) = places::get(home, key) else { return };
        let Some(groups) = value.get_ref().as_table() else {
            return self.wrong(key, value, "a table");
        };
        for (name, _) in groups {
            self.texts(groups, name.get_ref(), group);
        }
    }

    /// A list of PEP 508 texts.
    fn texts(&mut self, home: &Table<'_>, key: &str, group: Group) {
        let Some(value) = places::get(home, key) else { return };
        let Some(values) = value.get_ref().as_array() else {
            return self.wrong(key, value, "a list of texts");
        };
        for value in values {
            match places::string(self.text, value) {
                Some((text, span)) => self.requirement(text, span, group),
                // `{include-group = "…"}` names what is told in its own place.
                None if value.get_ref().as_table().is_some() => {}
                None => self.wrong(key, value, "a text"),
            }
        }
    }

    fn requirement(&mut self, text: &str, span: Span, group: Group) {
        let Some(found) = wish(text) else {
            let shown: String = text.chars().take(80).collect();
            let message = format!("`{shown}` does not begin with a package name");
            return self.syntax(span, message);
        };
        if let Some((at, why)) = &found.wrong {
            let end = (span.start + at.end).min(span.end);
            self.syntax(Span { start: (span.start + at.start).min(end), end }, (*why).to_owned());
        }
        let end = (span.start + found.range.end).min(span.end);
        let range = Span { start: (span.start + found.range.start).min(end), end };
        let written = text.get(found.range.clone()).unwrap_or_default();
        let range_is_sound = found.wrong.is_none() && !written.is_empty();
        self.out.asked.push(Asked {
            name: found.name.to_owned(),
            range: written.to_owned(),
            span: range,
            place: self.document.place(span.start),
            group,
            liftable: range_is_sound && found.address.is_none(),
        });
    }

    /// `name = "range"`, as poetry writes it, or a table with `version`, or a list of such tables.
    fn pairs(&mut self, home: &Table<'_>, key: &str, group: Group) {
        let Some(value) = places::get(home, key) else { return };
        let Some(pairs) = value.get_ref().as_table() else {
            return self.wrong(key, value, "a table");
        };
        for (name, value) in pairs {
            let (name, at) = (name.get_ref().as_ref(), places::inside(self.text, &name.span()));
            // The language itself is no package.
            if name == "python" || name.is_empty() {
                continue;
            }
            match value.get_ref() {
                Value::Array(several) => {
                    for value in several {
                        self.pair(name, at, value, group);
                    }
                }
                _ => self.pair(name, at, value, group),
            }
        }
    }

    fn pair(&mut self, name: &str, at: Span, value: &Spanned<Value<'_>>, group: Group) {
        let (range, elsewhere) = match value.get_ref() {
            Value::String(_) => (places::string(self.text, value), false),
            Value::Table(members) => {
                let version = places::get(members, "version");
                let version = version.and_then(|version| places::string(self.text, version));
                let address = ["git", "path", "url", "file"];
                (version, address.iter().any(|key| text_of(members, key).is_some()))
            }
            _ => return self.wrong(name, value, "a version in quotes or a table"),
        };
        let (range, span) = range.unwrap_or(("", Span { start: at.start, end: at.start }));
        self.out.asked.push(Asked {
            name: name.to_owned(),
            range: range.to_owned(),
            span,
            place: self.document.place(at.start),
            group,
            liftable: !elsewhere && !matches!(range, "" | "*"),
        });
    }

    fn dynamic(&mut self, value: &Spanned<Value<'_>>, what: &str) {
        let span = value.span();
        self.out.mistakes.push(
            Mistake::slip(
                "requirement-dynamic",
                Span { start: span.start, end: span.end },
                format!("`{what}` are worked out by the build program and do not stand here"),
            )
            .help("write them into this file, or keep a lockfile beside it"),
        );
    }

    fn syntax(&mut self, span: Span, message: String) {
        self.out.mistakes.push(
            Mistake::slip("requirement-syntax", span, message)
                .help("write it as `name==1.2.3` or `name>=1.2,<2`"),
        );
    }

    fn wrong(&mut self, key: &str, value: &Spanned<Value<'_>>, wanted: &str) {
        let span = value.span();
        let found = value.get_ref().type_str();
        let key: String = key.chars().take(80).collect();
        self.out.mistakes.push(
            Mistake::loss(
                "wrong-type",
                Span { start: span.start, end: span.end },
                format!("`{key}` is of type {found} here, where {wanted} is read"),
            )
            .help(format!("write {wanted}")),
        );
    }
}
