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
           names a source is asked for: the most exact pattern decides. Credentials are passed \
           over.",
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
        let (rest, names): (Vec<&str>, Vec<&str>) =
            patterns(root, key).into_iter().partition(|pattern| *pattern == "*");
        feed.names = names.into_iter().map(Arc::from).collect();
        // Where `*` stands among them, it is asked for what no other is mapped to.
        if !rest.is_empty() || (alone && feed.names.is_empty()) {
            feed.role = FeedRole::Instead;
        } else if !feed.names.is_empty() {
            feed.role = FeedRole::Named;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        NugetSources.read(&Sources::new("nuget.config", text.as_bytes()), &mut |fact| {
            if let Fact::Feed(feed) = fact {
                out.push(format!("{:?} {}", feed.role, feed.names.join(",")));
            }
        });
        out
    }

    #[test]
    fn the_source_of_everything_else_keeps_its_patterns() {
        let text = r#"<configuration><packageSources><clear/><add key="n" value="https://a.example"/>
            <add key="a" value="https://b.example"/></packageSources><packageSourceMapping>
            <packageSource key="n"><package pattern="Acme.Core"/><package pattern="*"/></packageSource>
            <packageSource key="a"><package pattern="Acme.*"/></packageSource>
            </packageSourceMapping></configuration>"#;
        assert_eq!(shown(text), ["Instead Acme.Core", "Named Acme.*"]);
    }
}
