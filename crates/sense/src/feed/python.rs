//! What Python's manifests say of indexes: the tables of Poetry, uv and PDM, and options of
//! requirements files.

use holdfast_model::{Ecosystem, FeedRole, FeedSource, Span};

use super::source;
use crate::text::Document;
use crate::text::toml::{Table, get, string};

/// The sources of a `pyproject.toml`.
pub(crate) fn of_project(document: &Document<'_>, root: &Table<'_>) -> Vec<FeedSource> {
    let mut out = Vec::new();
    let Some(tool) = table(root, "tool") else { return out };
    if let Some(poetry) = table(tool, "poetry") {
        for one in tables(poetry, "source") {
            let role = match word(document, one, "priority") {
                Some("explicit") => FeedRole::Named,
                Some("supplemental" | "secondary") => FeedRole::Before,
                Some("default") => FeedRole::Instead,
                _ => FeedRole::Besides,
            };
            out.extend(indexed(document, one, role));
        }
        replaced(&mut out);
    }
    if let Some(uv) = table(tool, "uv") {
        let best = word(document, uv, "index-strategy") == Some("unsafe-best-match");
        for one in tables(uv, "index") {
            let role = match () {
                () if is_true(one, "explicit") => FeedRole::Named,
                () if is_true(one, "default") => FeedRole::Instead,
                () if best => FeedRole::Besides,
                () => FeedRole::Before,
            };
            out.extend(indexed(document, one, role));
        }
    }
    if let Some(pdm) = table(tool, "pdm") {
        out.extend(
            tables(pdm, "source").filter_map(|one| indexed(document, one, FeedRole::Besides)),
        );
    }
    out
}

/// The name under which a project may be published (PEP 621, and Poetry's before it).
pub(crate) fn own_name<'t>(
    document: &'t Document<'_>,
    root: &'t Table<'_>,
) -> Option<(&'t str, Span)> {
    let poetry = || table(table(root, "tool")?, "poetry");
    let project = table(root, "project").or_else(poetry)?;
    string(document.text(), get(project, "name")?)
}

/// Poetry leaves its own default out where a source is a primary one, and asks all of these.
fn replaced(sources: &mut [FeedSource]) {
    let mut primary = sources.iter_mut().filter(|one| one.role == FeedRole::Besides);
    if let Some(first) = primary.next() {
        first.role = FeedRole::Instead;
    }
}

/// An option of a requirements file that names an index.
pub(crate) fn of_option(
    document: &Document<'_>,
    address: &str,
    at: Span,
    besides: bool,
) -> FeedSource {
    let role = if besides { FeedRole::Besides } else { FeedRole::Instead };
    source(document, Ecosystem::PYPI, role, address, at)
}

fn indexed(document: &Document<'_>, one: &Table<'_>, role: FeedRole) -> Option<FeedSource> {
    let (address, span) = string(document.text(), get(one, "url")?)?;
    let mut feed = source(document, Ecosystem::PYPI, role, address, span);
    feed.unchecked =
        get(one, "verify_ssl").is_some_and(|value| value.get_ref().as_bool() == Some(false));
    Some(feed)
}

fn table<'t, 'a>(of: &'t Table<'a>, key: &str) -> Option<&'t Table<'a>> {
    get(of, key)?.get_ref().as_table()
}

fn tables<'t, 'a>(of: &'t Table<'a>, key: &str) -> impl Iterator<Item = &'t Table<'a>> {
    let list = get(of, key).and_then(|list| list.get_ref().as_array());
    list.into_iter().flatten().filter_map(|one| one.get_ref().as_table())
}

fn word<'t>(document: &'t Document<'_>, of: &'t Table<'_>, key: &str) -> Option<&'t str> {
    string(document.text(), get(of, key)?).map(|(word, _)| word)
}

fn is_true(of: &Table<'_>, key: &str) -> bool {
    get(of, key).is_some_and(|value| value.get_ref().as_bool() == Some(true))
}
