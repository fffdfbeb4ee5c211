//! `gradle/libs.versions.toml`: the versions that Gradle builds may ask for.
//!
//! Knows libraries, versions by name and rich versions (Gradle User Manual, "Version Catalogs");
//! what was chosen stands in `gradle.lockfile`.

use holdfast_model::{About, Ecosystem, Fact, Requirement, Span};
use toml::Spanned;

use super::whole::{cut, whole};
use crate::text::toml::{Table, Value, get, parse, string};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads Gradle's version catalogs.
#[derive(Debug)]
pub struct GradleCatalog;

static ABOUT: About = About {
    id: "gradle-catalog",
    title: "Gradle version catalog (libs.versions.toml)",
    text: "Every library with the version it asks for: written with it, by a name of `[versions]`, \
           or rich, where `strictly` goes before `require` and `require` before `prefer`. A \
           library without a version leaves it to a platform. Plugins and bundles are left out. \
           What was chosen stands in gradle.lockfile; without one, a plain \
           version is taken for the one in use.",
    file: file!(),
};

impl Reader for GradleCatalog {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path).ends_with(".versions.toml") { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        whole(sources, out, |document, report| {
            let (table, mistakes) = parse(document.text());
            for mistake in &mistakes {
                report.mistake(document, mistake);
            }
            let mut catalog = Catalog { document, report };
            catalog.libraries(&table);
        });
    }
}

/// A version: its text and where it stands.
type Version<'t> = Option<(&'t str, Span)>;

struct Catalog<'s, 'o> {
    document: &'s Document<'s>,
    report: &'s mut Report<'o>,
}

impl Catalog<'_, '_> {
    fn wrong(&mut self, span: Span, message: String) {
        let mistake = Mistake::loss("requirement-syntax", span, message)
            .help("write `{ module = \"group:name\", version = \"1.0\" }`");
        self.report.mistake(self.document, &mistake);
    }

    fn table<'t, 'a>(&mut self, root: &'t Table<'a>, key: &str) -> Option<&'t Table<'a>> {
        let value = get(root, key)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong(span_of(value), format!("`{key}` is no table here"));
        }
        table
    }

    fn libraries(&mut self, root: &Table<'_>) {
        let versions = self.table(root, "versions");
        let Some(libraries) = self.table(root, "libraries") else { return };
        let mut entries: Vec<_> = libraries.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let text = self.document.text();
            let alias = cut(key.get_ref());
            let at = Span { start: key.span().start, end: key.span().end };
            if let Some((whole, span)) = string(text, value) {
                self.short(&alias, whole, span);
                continue;
            }
            let Some(library) = value.get_ref().as_table() else {
                self.wrong(span_of(value), format!("`{alias}` is neither a text nor a table"));
                continue;
            };
            let part = |key| get(library, key).and_then(|value| string(text, value));
            let name = match (part("module"), part("group"), part("name")) {
                (Some((module, _)), ..) if module.matches(':').count() == 1 => module.to_owned(),
                (None, Some((group, _)), Some((name, _))) => format!("{group}:{name}"),
                _ => {
                    self.wrong(at, format!("`{alias}` names no group and module"));
                    continue;
                }
            };
            let named = part("module").or_else(|| part("name")).map_or(at, |(_, span)| span);
            match self.version(library, versions, &alias) {
                Ok(Some((range, span))) => self.say(&name, range, span, true),
                Ok(None) => {
                    self.say(&name, "", Span { start: named.start, end: named.start }, false);
                }
                Err(()) => {}
            }
        }
    }

    /// `group:name:version` in one text.
    fn short(&mut self, alias: &str, whole: &str, span: Span) {
        let Some((name, version)) = whole
            .rsplit_once(':')
            .filter(|(name, version)| name.matches(':').count() == 1 && !version.is_empty())
        else {
            self.wrong(span, format!("`{alias}` is not `group:name:version`"));
            return;
        };
        let start = span.end.saturating_sub(version.len()).max(span.start);
        self.say(name, version, Span { start, end: span.end }, true);
    }

    /// The version of a library; an error is told already.
    fn version<'t>(
        &mut self,
        library: &'t Table<'_>,
        versions: Option<&'t Table<'_>>,
        alias: &str,
    ) -> Result<Version<'t>, ()> {
        let Some(value) = get(library, "version") else { return Ok(None) };
        let text = self.document.text();
        if let Some(found) = string(text, value) {
            return Ok(Some(found));
        }
        let table = value.get_ref().as_table();
        if let Some(reference) = table.and_then(|table| get(table, "ref")) {
            let name = reference.get_ref().as_str().unwrap_or_default();
            let Some(found) = versions.and_then(|versions| get(versions, name)) else {
                let message = format!(
                    "`{alias}` has the version `{}`, which is not in `versions`",
                    cut(name)
                );
                self.wrong(span_of(reference), message);
                return Err(());
            };
            return match string(text, found) {
                Some(found) => Ok(Some(found)),
                None => self.rich(found, name),
            };
        }
        self.rich(value, alias)
    }

    fn rich<'t>(&mut self, value: &'t Spanned<Value<'_>>, name: &str) -> Result<Version<'t>, ()> {
        let text = self.document.text();
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(span_of(value), format!("the version of `{}` is no text", cut(name)));
            return Err(());
        };
        let found = ["strictly", "require", "prefer"].iter().find_map(|key| {
            let (version, span) = string(text, get(table, key)?)?;
            (!version.is_empty()).then_some((version, span))
        });
        // Only what is rejected: any other version will do.
        Ok(found)
    }

    fn say(&mut self, name: &str, range: &str, span: Span, liftable: bool) {
        self.report.requirement(
            self.document,
            Requirement {
                ecosystem: Ecosystem::new(Ecosystem::MAVEN),
                name: name.into(),
                range: range.into(),
                span: self.document.span(span),
                place: self.document.place(span.start),
                dev: false,
                liftable,
            },
        );
    }
}

fn span_of(value: &Spanned<Value<'_>>) -> Span {
    let span = value.span();
    Span { start: span.start, end: span.end }
}
