//! Cargo's configuration (The Cargo Book, "Source Replacement" and "Registries").

use std::collections::BTreeSet;

use holdfast_model::{About, Ecosystem, Fact, FeedRole, Span};

use super::{no_address, source};
use crate::text::toml::{Table, get, inside, parse, string};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `.cargo/config.toml` and `.cargo/config`.
#[derive(Debug)]
pub struct CargoConfig;

static ABOUT: About = About {
    id: "cargo-config",
    title: "Cargo's configuration (.cargo/config.toml)",
    text: "The registries that dependencies may name, and the one that replaces the default. A \
           dependency that names no registry is asked of the default, whatever else is configured.",
    file: file!(),
};

/// How many replacements may follow each other.
const STEPS: usize = 8;

impl Reader for CargoConfig {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let here = folder == ".cargo" || folder.ends_with("/.cargo");
        if here && matches!(file_name(path), "config.toml" | "config") {
            Claim::ByName
        } else {
            Claim::No
        }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let (tree, mut mistakes) = parse(document.text());
            replaced(&document, &tree, &mut report);
            mistakes.extend(registries(&document, &tree, &mut report));
            super::tell(&document, &mistakes, &mut report);
        }
        report.finish();
    }
}

fn table<'t, 'a>(tree: &'t Table<'a>, key: &str) -> Option<&'t Table<'a>> {
    get(tree, key)?.get_ref().as_table()
}

fn text<'t>(
    document: &'t Document<'_>,
    table: &'t Table<'_>,
    key: &str,
) -> Option<(&'t str, Span)> {
    string(document.text(), get(table, key)?)
}

/// What stands at the end of the replacements of the default, which is the one source whose name
/// nobody has to define.
fn replaced(document: &Document<'_>, tree: &Table<'_>, report: &mut Report<'_>) {
    let Some(all) = table(tree, "source") else { return };
    let replacing =
        |name: &str| -> Option<&str> { Some(text(document, table(all, name)?, "replace-with")?.0) };
    let named: BTreeSet<&str> =
        all.iter().filter_map(|(name, _)| replacing(name.get_ref())).collect();
    for (name, _) in all {
        let name: &str = name.get_ref();
        if named.contains(name) || replacing(name).is_none() {
            continue;
        }
        let mut last = name;
        for _ in 0..STEPS {
            let Some(next) = replacing(last) else { break };
            last = next;
        }
        let Some(end) = table(all, last) else { continue };
        let found = ["registry", "local-registry", "directory", "git"]
            .into_iter()
            .find_map(|key| text(document, end, key));
        if let Some((address, span)) = found {
            let made = source(document, Ecosystem::CARGO, FeedRole::Instead, address, span);
            report.fact(Fact::Feed(made));
        }
    }
}

/// Registries that dependencies name by themselves.
fn registries(document: &Document<'_>, tree: &Table<'_>, report: &mut Report<'_>) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (name, value) in table(tree, "registries").into_iter().flat_map(Table::iter) {
        let index = value.get_ref().as_table().and_then(|one| text(document, one, "index"));
        let Some((address, span)) = index else {
            mistakes.push(no_address(name.get_ref(), inside(document.text(), &name.span())));
            continue;
        };
        let made = source(document, Ecosystem::CARGO, FeedRole::Named, address, span);
        report.fact(Fact::Feed(made));
    }
    mistakes
}
