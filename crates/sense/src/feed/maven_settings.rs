//! Maven's settings (Maven's documentation, "Settings Reference" and "Mirror Settings").

use std::sync::Arc;

use holdfast_model::{About, Ecosystem, Fact, FeedRole};

use super::{named, source};
use crate::lockfile::whole::xml_file;
use crate::text::xml::Element;
use crate::text::{Document, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `settings.xml`.
#[derive(Debug)]
pub struct MavenSettings;

static ABOUT: About = About {
    id: "maven-settings",
    title: "Maven's settings (settings.xml)",
    text: "Mirrors and repositories. A mirror of `*` is asked instead of every other repository; \
           several repositories are asked one after another, and the first one that knows a name \
           wins. Passwords are passed over.",
    file: file!(),
};

impl Reader for MavenSettings {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        if file_name(path) != "settings.xml" {
            return Claim::No;
        }
        // Other tools have a file of this name too; where there is no look inside, folders tell.
        let text = String::from_utf8_lossy(head);
        let beside =
            [".mvn/settings.xml", ".m2/settings.xml"].iter().any(|end| path.ends_with(end));
        if text.contains("<settings") || beside { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        xml_file(sources, out, "settings", |document, root, report| {
            for mirror in root.all("mirrors").flat_map(|list| list.all("mirror")) {
                let of = mirror.text_of("mirrorOf").map_or("*", |text| &*text.text);
                let everything = matches!(of.split(',').next(), Some("*" | "external:*"));
                say(document, mirror, (!everything).then_some(of), report);
            }
            let profiles = root.all("profiles").flat_map(|list| list.all("profile"));
            repositories(document, profiles, report);
        });
    }
}

fn say(document: &Document<'_>, one: &Element<'_>, of: Option<&str>, report: &mut Report<'_>) {
    let Some(url) = one.text_of("url").filter(|url| !url.text.is_empty()) else { return };
    let feed = source(document, Ecosystem::MAVEN, FeedRole::Instead, &url.text, url.span);
    let feed = match of {
        Some(of) => named(feed, [Arc::from(format!("repository {of}"))]),
        None => feed,
    };
    report.fact(Fact::Feed(feed));
}

/// The repositories of a project file or a profile.
pub(crate) fn repositories<'e>(
    document: &Document<'_>,
    of: impl Iterator<Item = &'e Element<'e>>,
    report: &mut Report<'_>,
) {
    for one in of.flat_map(|one| one.all("repositories")).flat_map(|list| list.all("repository")) {
        let Some(url) = one.text_of("url").filter(|url| !url.text.is_empty()) else { continue };
        let feed = source(document, Ecosystem::MAVEN, FeedRole::Before, &url.text, url.span);
        report.fact(Fact::Feed(feed));
    }
}
