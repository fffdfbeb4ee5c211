//! NuGet's configuration (NuGet's documentation, "nuget.config reference").

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{About, Ecosystem, Fact, FeedRole, FeedSource};

use super::source;
use crate::lockfile::whole::xml_file;
use crate::text::xml::Element;
use crate::text::{Document, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `nuget.config`.
#[derive(Debug)]
pub struct NugetSources;

static ABOUT: About = About {
    id: "nuget-sources",
    title: "NuGet's configuration (nuget.config)",
    text: "The package sources. Without `<clear/>` they are asked besides those of the machine and \
           the user; several are asked for every name, unless `packageSourceMapping` says which \
           names a source alone is asked for. Credentials are passed over.",
    file: file!(),
};

impl Reader for NugetSources {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let mine = file_name(path).eq_ignore_ascii_case("nuget.config");
        if mine { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        xml_file(sources, out, "configuration", |document, root, report| {
            say(document, root, report);
        });
    }
}

fn say(document: &Document<'_>, root: &Element<'_>, report: &mut Report<'_>) {
    let disabled: BTreeSet<&str> = root
        .all("disabledPackageSources")
        .flat_map(|list| list.all("add"))
        .filter(|one| one.attribute("value").is_some_and(|value| value.text == "true"))
        .filter_map(|one| one.attribute("key").map(|key| &*key.text))
        .collect();
    let mut cleared = false;
    let mut given: Vec<(&str, FeedSource)> = Vec::new();
    for one in root.all("packageSources").flat_map(|list| &list.children) {
        let attribute = |name| one.attribute(name).map(|value| &*value.text);
        match (one.name, attribute("key"), one.attribute("value")) {
            ("clear", ..) => {
                cleared = true;
                given.clear();
            }
            ("add", Some(key), Some(address)) if !disabled.contains(key) => {
                let text = &address.text;
                let role = FeedRole::Besides;
                let mut feed = source(document, Ecosystem::NUGET, role, text, address.span);
                feed.unchecked = attribute("allowInsecureConnections") == Some("true")
                    || attribute("disableTLSCertificateValidation") == Some("true");
                given.push((key, feed));
            }
            _ => {}
        }
    }
    let alone = cleared && given.len() == 1;
    for (key, mut feed) in given {
        let names = mapped(root, key);
        if !names.is_empty() {
            (feed.role, feed.names) = (FeedRole::Named, names);
        } else if alone || is_the_rest(root, key) {
            feed.role = FeedRole::Instead;
        }
        report.fact(Fact::Feed(feed));
    }
}

fn patterns<'e>(root: &'e Element<'e>, key: &str) -> Vec<&'e str> {
    root.all("packageSourceMapping")
        .flat_map(|mapping| mapping.all("packageSource"))
        .filter(|one| one.attribute("key").is_some_and(|name| name.text == key))
        .flat_map(|one| one.all("package"))
        .filter_map(|one| one.attribute("pattern").map(|pattern| &*pattern.text))
        .collect()
}

/// The names that a source alone is asked for.
fn mapped(root: &Element<'_>, key: &str) -> Vec<Arc<str>> {
    let all = patterns(root, key);
    // Where `*` stands among them, it is asked for everything.
    if all.contains(&"*") { Vec::new() } else { all.into_iter().map(Arc::from).collect() }
}

/// Whether a source is asked for what no other is mapped to.
fn is_the_rest(root: &Element<'_>, key: &str) -> bool {
    patterns(root, key).contains(&"*")
}
