//! A `Cargo.toml` as far as dependencies go: what it asks for, and which other manifests its
//! workspace and its paths name.
//!
//! Knows manifests; must not know lockfiles.

use std::collections::HashSet;

use holdfast_model::Span;
use toml::Spanned;

use crate::text::Mistake;
use crate::text::toml::{self as places, Table, Value};

/// The table a dependency stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    Dev,
    Build,
    /// `[workspace.dependencies]`, which members inherit.
    Workspace,
}

/// One dependency as written.
#[derive(Debug)]
pub(super) struct Dependency {
    pub(super) key: String,
    pub(super) kind: Kind,
    /// `package = "…"`, where the key is another name for it.
    pub(super) package: Option<String>,
    /// The requirement and the bytes inside its quotes.
    pub(super) version: Option<(String, Span)>,
    pub(super) path: Option<String>,
    pub(super) git: bool,
    /// `workspace = true`.
    pub(super) inherited: bool,
    /// The key.
    pub(super) at: Span,
}

impl Dependency {
    /// The package's own name.
    pub(super) fn name(&self) -> &str {
        self.package.as_deref().unwrap_or(&self.key)
    }
}

/// What a manifest says.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) name: Option<String>,
    /// The name under which it may be published, and where it stands.
    pub(super) own: Option<(String, Span)>,
    pub(super) members: Vec<String>,
    pub(super) exclude: Vec<String>,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) mistakes: Vec<Mistake>,
}

/// Cargo still reads the spelling with `_`.
const TABLES: [(&str, Kind); 5] = [
    ("dependencies", Kind::Normal),
    ("dev-dependencies", Kind::Dev),
    ("dev_dependencies", Kind::Dev),
    ("build-dependencies", Kind::Build),
    ("build_dependencies", Kind::Build),
];

/// Reads what can be read.
pub(super) fn parse(text: &str) -> Manifest {
    let mut manifest = Manifest::default();
    let mut trees = 0;
    let mistakes = places::trees(text, &mut |text, table| {
        trees += 1;
        let one = of_tree(text, table);
        if trees == 1 {
            manifest = one;
            return;
        }
        // What a broken line had hidden.
        let seen: HashSet<usize> = manifest.dependencies.iter().map(|one| one.at.start).collect();
        let new = one.dependencies.into_iter().filter(|one| !seen.contains(&one.at.start));
        manifest.dependencies.extend(new);
        manifest.name = manifest.name.take().or(one.name);
        manifest.own = manifest.own.take().or(one.own);
        manifest.members.extend(one.members);
        manifest.exclude.extend(one.exclude);
        let seen: HashSet<Span> = manifest.mistakes.iter().map(|one| one.span).collect();
        let new = one.mistakes.into_iter().filter(|one| !seen.contains(&one.span));
        manifest.mistakes.extend(new);
    });
    manifest.mistakes.splice(..0, mistakes);
    manifest.dependencies.sort_by_key(|dependency| dependency.at.start);
    manifest
}

fn of_tree(text: &str, table: &Table<'_>) -> Manifest {
    let package = member(table, "package").or_else(|| member(table, "project"));
    let name = package.and_then(|package| places::get(package, "name")?.get_ref().as_str());
    let own = package.and_then(|package| published(text, package));
    let mut manifest = Manifest { name: name.map(str::to_owned), own, ..Manifest::default() };
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "workspace" => manifest.workspace(text, value),
            "target" => {
                let targets = manifest.table(key.get_ref(), value);
                for (name, target) in targets.into_iter().flatten() {
                    if let Some(target) = manifest.table(name.get_ref(), target) {
                        manifest.tables(text, target);
                    }
                }
            }
            _ => {}
        }
    }
    manifest.tables(text, table);
    manifest
}

/// The name of a package, unless its manifest says that it is published nowhere.
fn published(text: &str, package: &Table<'_>) -> Option<(String, Span)> {
    let publish = places::get(package, "publish").map(Spanned::get_ref);
    let nowhere = publish.is_some_and(|value| {
        value.as_bool() == Some(false) || value.as_array().is_some_and(|list| list.is_empty())
    });
    let (name, span) = places::string(text, places::get(package, "name")?)?;
    (!nowhere).then(|| (name.to_owned(), span))
}

fn member<'t, 'a>(table: &'t Table<'a>, key: &str) -> Option<&'t Table<'a>> {
    places::get(table, key)?.get_ref().as_table()
}

fn strings(table: &Table<'_>, key: &str) -> Vec<String> {
    let list = places::get(table, key).and_then(|value| value.get_ref().as_array());
    let texts = list.into_iter().flat_map(|list| list.iter());
    texts.filter_map(|value| Some(value.get_ref().as_str()?.to_owned())).collect()
}

impl Manifest {
    fn workspace(&mut self, text: &str, value: &Spanned<Value<'_>>) {
        let Some(workspace) = self.table("workspace", value) else { return };
        self.members = strings(workspace, "members");
        self.exclude = strings(workspace, "exclude");
        if let Some(value) = places::get(workspace, "dependencies")
            && let Some(table) = self.table("workspace.dependencies", value)
        {
            self.entries(text, table, Kind::Workspace);
        }
    }

    fn tables(&mut self, text: &str, table: &Table<'_>) {
        for (name, kind) in TABLES {
            if let Some(value) = places::get(table, name)
                && let Some(table) = self.table(name, value)
            {
                self.entries(text, table, kind);
            }
        }
    }

    fn table<'t, 'a>(&mut self, key: &str, value: &'t Spanned<Value<'a>>) -> Option<&'t Table<'a>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong(key, value, "a table");
        }
        table
    }

    fn wrong(&mut self, key: &str, value: &Spanned<Value<'_>>, wanted: &str) {
        let span = value.span();
        let found = value.get_ref().type_str();
        let key: String = key.chars().take(80).collect();
        self.mistakes.push(
            Mistake::loss(
                "wrong-type",
                Span { start: span.start, end: span.end },
                format!("`{key}` is of type {found} here, where cargo reads {wanted}"),
            )
            .help(format!("write {wanted}")),
        );
    }

    fn entries(&mut self, text: &str, table: &Table<'_>, kind: Kind) {
        // A key that is no key is told by the parser.
        for (key, value) in table.iter().filter(|(key, _)| !key.get_ref().is_empty()) {
            let at = key.span();
            let mut dependency = Dependency {
                key: key.get_ref().to_string(),
                kind,
                package: None,
                version: None,
                path: None,
                git: false,
                inherited: false,
                at: places::inside(text, &at),
            };
            match value.get_ref() {
                Value::String(_) => {
                    dependency.version =
                        places::string(text, value).map(|(text, span)| (text.to_owned(), span));
                }
                Value::Table(members) => self.detail(text, members, &mut dependency),
                _ => {
                    self.wrong(&dependency.key, value, "a version in quotes or a table");
                    continue;
                }
            }
            self.dependencies.push(dependency);
        }
    }

    fn detail(&mut self, text: &str, members: &Table<'_>, dependency: &mut Dependency) {
        for (key, value) in members {
            let string = places::string(text, value);
            match (key.get_ref().as_ref(), string) {
                ("version", Some((text, span))) => {
                    dependency.version = Some((text.to_owned(), span));
                }
                ("package", Some((text, _))) => dependency.package = Some(text.to_owned()),
                ("path", Some((text, _))) => dependency.path = Some(text.to_owned()),
                ("git", Some(_)) => dependency.git = true,
                (key @ ("version" | "package" | "path" | "git"), None) => {
                    self.wrong(key, value, "a string");
                }
                ("workspace", _) => {
                    dependency.inherited = value.get_ref().as_bool() == Some(true);
                }
                _ => {}
            }
        }
    }
}
