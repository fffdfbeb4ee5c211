//! What Python's manifests say of indexes: the tables of Poetry, uv, PDM and Pipenv, and options of
//! requirements files.

use std::sync::Arc;

use holdfast_model::{Ecosystem, FeedRole, FeedSource, Span};

use super::{named, source};
use crate::text::Document;
use crate::text::toml::{Table, get, string};

/// uv asks all indexes for each name then, and takes the best version of all.
const BEST_MATCH: &str = "unsafe-best-match";

/// The sources of a `pyproject.toml`.
pub(crate) fn of_project(document: &Document<'_>, root: &Table<'_>) -> Vec<FeedSource> {
    let mut out = Vec::new();
    let Some(tool) = table(root, "tool") else { return out };
    if let Some(poetry) = table(tool, "poetry") {
        of_poetry(document, poetry, &mut out);
    }
    if let Some(uv) = table(tool, "uv") {
        out.extend(of_uv(document, uv));
    }
    if let Some(pdm) = table(tool, "pdm") {
        out.extend(
            tables(pdm, "source").filter_map(|one| indexed(document, one, FeedRole::Besides)),
        );
    }
    out
}

/// The sources of a `Pipfile` (Pipenv, "Specifying Package Indexes"): the first one is asked, the
/// others only for packages that name them. The one that pipenv itself writes replaces nothing.
pub(crate) fn of_pipfile(document: &Document<'_>, root: &Table<'_>) -> Vec<FeedSource> {
    let all =
        table(root, "pipenv").is_some_and(|pipenv| is_true(pipenv, "install_search_all_sources"));
    let homes = root.iter().filter_map(|(_, home)| home.get_ref().as_table());
    let bound: Vec<(&str, &str)> = homes.flat_map(|home| bound(home, "index")).collect();
    let mut out = Vec::new();
    for (at, one) in tables(root, "source").enumerate() {
        let name = word(document, one, "name").unwrap_or_default();
        let role = match at {
            0 if name == "pypi" => FeedRole::Named,
            0 => FeedRole::Instead,
            _ if all => FeedRole::Besides,
            _ => FeedRole::Named,
        };
        let feed = indexed(document, one, role);
        out.extend(feed.into_iter().flat_map(|feed| with_names(feed, name, &bound)));
    }
    out
}

/// Poetry leaves its own default out where a source is a primary one, and asks all of these, unless
/// the default is listed too, by its name alone.
fn of_poetry(document: &Document<'_>, poetry: &Table<'_>, out: &mut Vec<FeedSource>) {
    let groups = table(poetry, "group").into_iter().flatten();
    let groups = groups.filter_map(|(_, group)| group.get_ref().as_table());
    let homes = groups
        .filter_map(|group| table(group, "dependencies"))
        .chain(table(poetry, "dependencies"))
        .chain(table(poetry, "dev-dependencies"));
    let bound: Vec<(&str, &str)> = homes.flat_map(|home| bound(home, "source")).collect();
    let role = |one: &Table<'_>| match word(document, one, "priority") {
        // What is asked last, for names that no other feed knows, binds no name.
        Some("explicit" | "supplemental") => Some(FeedRole::Named),
        Some("secondary") => Some(FeedRole::Besides),
        Some("default") => Some(FeedRole::Instead),
        _ if is_true(one, "secondary") => Some(FeedRole::Besides),
        _ => None,
    };
    let listed = |one: &Table<'_>| get(one, "url").is_none() && role(one).is_none();
    let mut replaced = tables(poetry, "source").any(listed);
    for one in tables(poetry, "source") {
        let primary = if replaced { FeedRole::Besides } else { FeedRole::Instead };
        let own = role(one);
        let Some(feed) = indexed(document, one, own.unwrap_or(primary)) else { continue };
        replaced |= own.is_none();
        let name = word(document, one, "name").unwrap_or_default();
        out.extend(with_names(feed, name, &bound));
    }
}

/// uv's own table (uv, "Settings").
fn of_uv(document: &Document<'_>, uv: &Table<'_>) -> Vec<FeedSource> {
    let homes = || [Some(uv), table(uv, "pip")].into_iter().flatten();
    let best = homes().any(|home| word(document, home, "index-strategy") == Some(BEST_MATCH));
    let further = if best { FeedRole::Besides } else { FeedRole::Before };
    let bound = table(uv, "sources").map(|home| bound(home, "index")).unwrap_or_default();
    let mut out = Vec::new();
    for one in tables(uv, "index") {
        let role = match () {
            () if is_true(one, "explicit") => FeedRole::Named,
            () if is_true(one, "default") => FeedRole::Instead,
            () => further,
        };
        let name = word(document, one, "name").unwrap_or_default();
        let feed = indexed(document, one, role);
        out.extend(feed.into_iter().flat_map(|feed| with_names(feed, name, &bound)));
    }
    for home in homes() {
        out.extend(addresses(document, home, "index-url", FeedRole::Instead));
        out.extend(addresses(document, home, "extra-index-url", further));
        out.extend(addresses(document, home, "find-links", further));
    }
    let careless: Vec<&str> = homes()
        .flat_map(|home| texts(document, home, "allow-insecure-host"))
        .map(|(host, _)| host)
        .collect();
    for feed in &mut out {
        let host = feed.host().unwrap_or_default();
        // A port may stand behind the host.
        feed.unchecked |= careless.iter().any(|one| one.split(':').next() == Some(host.as_str()));
    }
    out
}

/// Addresses under a key. A folder that is asked besides offers what the tree holds itself.
fn addresses(
    document: &Document<'_>,
    home: &Table<'_>,
    key: &str,
    role: FeedRole,
) -> Vec<FeedSource> {
    texts(document, home, key)
        .into_iter()
        .filter(|(address, _)| address.contains("://") || role == FeedRole::Instead)
        .map(|(address, span)| source(document, Ecosystem::PYPI, role, address, span))
        .collect()
}

/// A text, or a list of them.
fn texts<'t>(document: &Document<'_>, home: &'t Table<'_>, key: &str) -> Vec<(&'t str, Span)> {
    let value = get(home, key);
    let list = value.and_then(|value| value.get_ref().as_array()).into_iter().flatten();
    value.into_iter().chain(list).filter_map(|one| string(document.text(), one)).collect()
}

/// A feed, and once more for the packages that are bound to it by its name.
fn with_names(feed: FeedSource, name: &str, bound: &[(&str, &str)]) -> Vec<FeedSource> {
    let own = bound.iter().filter(|(_, of)| of.eq_ignore_ascii_case(name));
    let mut names: Vec<Arc<str>> = own.map(|(package, _)| (*package).into()).collect();
    names.sort_unstable();
    names.dedup();
    if feed.role == FeedRole::Named || names.is_empty() {
        return vec![FeedSource { names, ..feed }];
    }
    vec![feed.clone(), named(feed, names)]
}

/// The packages of a table that name their feed under a key, and its name.
fn bound<'t>(home: &'t Table<'_>, key: &str) -> Vec<(&'t str, &'t str)> {
    let mut out = Vec::new();
    for (package, value) in home {
        let list = value.get_ref().as_array().into_iter().flatten();
        let several = list.filter_map(|one| one.get_ref().as_table());
        for one in value.get_ref().as_table().into_iter().chain(several) {
            if let Some(feed) = get(one, key).and_then(|feed| feed.get_ref().as_str()) {
                out.push((&**package.get_ref(), feed));
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::toml::parse;

    fn shown(feeds: &[FeedSource]) -> Vec<String> {
        let sign = |feed: &FeedSource| if feed.unchecked { " unchecked" } else { "" };
        let one = |feed: &FeedSource| {
            let address = feed.address.as_deref().unwrap_or("-");
            format!("{:?} {address} {}{}", feed.role, feed.names.join(","), sign(feed))
        };
        feeds.iter().map(one).collect()
    }

    fn project(text: &str) -> Vec<String> {
        let document = Document::open(&"pyproject.toml".into(), text.as_bytes());
        let (root, _) = parse(document.text());
        shown(&of_project(&document, &root))
    }

    fn pipfile(text: &str) -> Vec<String> {
        let document = Document::open(&"Pipfile".into(), text.as_bytes());
        let (root, _) = parse(document.text());
        shown(&of_pipfile(&document, &root))
    }

    #[test]
    fn a_source_of_poetrys_binds_only_the_names_that_name_it() {
        let of = |more: &str| {
            project(&format!(
                "[[tool.poetry.source]]\nname = \"own\"\nurl = \"https://own.example\"\n{more}"
            ))
        };
        assert_eq!(of(""), ["Instead https://own.example "]);
        assert_eq!(of("priority = \"supplemental\"\n"), ["Named https://own.example "]);
        assert_eq!(of("priority = \"secondary\"\n"), ["Besides https://own.example "]);
        let listed = "[[tool.poetry.source]]\nname = \"PyPI\"\n";
        assert_eq!(of(listed), ["Besides https://own.example "]);
        let bound = "priority = \"explicit\"\n[tool.poetry.dependencies]\na = \"1\"\n\
                     b = {version = \"1\", source = \"Own\"}\n\
                     [tool.poetry.group.x.dependencies]\nc = [{source = \"own\"}]\n";
        assert_eq!(of(bound), ["Named https://own.example b,c"]);
    }

    #[test]
    fn uv_has_keys_beside_its_indexes() {
        let keys = "index-url = \"https://own.example\"\nextra-index-url = [\"https://b.example\"]\n\
                    find-links = [\"./wheels\", \"https://c.example\"]\n\
                    allow-insecure-host = [\"b.example:8443\"]\n";
        for table in ["[tool.uv]", "[tool.uv.pip]"] {
            let of = |more: &str| project(&format!("{table}\n{keys}{more}"));
            assert_eq!(
                of(""),
                [
                    "Instead https://own.example ",
                    "Before https://b.example  unchecked",
                    "Before https://c.example "
                ]
            );
            let best = of(&format!("index-strategy = \"{BEST_MATCH}\"\n"));
            assert_eq!(best[1], "Besides https://b.example  unchecked");
        }
        let bound = "[tool.uv.sources]\na = {index = \"own\"}\nb = {git = \"x\"}\n\
                     [[tool.uv.index]]\nname = \"own\"\nurl = \"https://own.example\"\n";
        assert_eq!(project(bound), ["Before https://own.example ", "Named https://own.example a"]);
    }

    #[test]
    fn the_first_source_of_a_pipfile_is_asked_for_what_names_none() {
        let sources = "[[source]]\nname = \"pypi\"\nurl = \"https://a.example\"\nverify_ssl = false\n\
                       [[source]]\nname = \"own\"\nurl = \"http://b.example\"\n\
                       [packages]\nx = {version = \"*\", index = \"own\"}\ny = \"*\"\n";
        let first = "Named https://a.example  unchecked";
        assert_eq!(pipfile(sources), [first, "Named http://b.example x"]);
        let all = format!("{sources}[pipenv]\ninstall_search_all_sources = true\n");
        let besides = ["Besides http://b.example ", "Named http://b.example x"];
        assert_eq!(pipfile(&all), [&[first][..], &besides].concat());
        let own = sources.replace("\"pypi\"", "\"mirror\"");
        assert_eq!(pipfile(&own)[0], "Instead https://a.example  unchecked");
    }
}
