//! `gradle/verification-metadata.xml`: the checksums that Gradle compares what it fetches with.
//!
//! Knows components and artifacts; must not know build scripts.

use std::collections::HashSet;
use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Span};

use super::whole::{AGAIN, xml_file};
use crate::text::xml::Element;
use crate::text::{Document, Mistake, Report, file_name, folder};
use crate::{Answer, Claim, Need, Reader, Sources, join};

/// So many lockfiles of projects are looked into.
const MOST: usize = 1_000;

/// Reads Gradle's verification metadata.
#[derive(Debug)]
pub struct GradleVerification;

static ABOUT: About = About {
    id: "gradle-verification",
    title: "Gradle dependency verification (verification-metadata.xml)",
    text: "Every component whose artifacts are verified, unless a gradle.lockfile of the build names \
           it, which says better what is used: versions that were replaced stay in this file. A \
           component of which only the POM or the module metadata is verified is a parent or a \
           platform and holds no code. Neither edges nor what is direct or for development stands \
           here.",
    file: file!(),
};

impl Reader for GradleVerification {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "verification-metadata.xml" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        locks(so_far).into_iter().filter(|need| so_far.answer(need).is_none()).collect()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let locked = locked(sources);
        xml_file(sources, out, "verification-metadata", |document, root, report| {
            let components = root.all("components").flat_map(|list| list.all("component"));
            for component in components {
                say(document, component, &locked, report);
            }
        });
    }
}

/// The lockfiles of the build: of its root, and of the projects in it.
fn locks(sources: &Sources<'_>) -> Vec<Need> {
    let root = folder(folder(sources.path()));
    let own = join(root, "gradle.lockfile").map(Need::File);
    let inner = join(root, "*/gradle.lockfile").map(Need::Glob);
    let found = inner.as_ref().and_then(|need| match sources.answer(need)? {
        Answer::Paths(paths) => Some(paths.iter().take(MOST).cloned().map(Need::File)),
        _ => None,
    });
    let found: Vec<Need> = found.into_iter().flatten().collect();
    own.into_iter().chain(inner).chain(found).collect()
}

/// The modules, as `GROUP:NAME`, that these lockfiles name, in whatever version: what is locked is
/// told there. A project without a lockfile uses others.
fn locked<'s>(sources: &'s Sources<'_>) -> HashSet<&'s str> {
    let bytes = |need: &Need| match need {
        Need::File(path) => sources.file(path),
        _ => None,
    };
    let all = locks(sources);
    let texts = all.iter().filter_map(bytes).filter_map(|bytes| std::str::from_utf8(bytes).ok());
    let lines = texts.flat_map(str::lines);
    lines.filter_map(|line| Some(line.split('=').next()?.rsplit_once(':')?.0)).collect()
}

fn say(
    document: &Document<'_>,
    element: &Element<'_>,
    locked: &HashSet<&str>,
    report: &mut Report<'_>,
) {
    let attribute = |name| element.attribute(name).map(|value| &*value.text).unwrap_or_default();
    let (group, name, version) = (attribute("group"), attribute("name"), attribute("version"));
    let missing: Vec<&str> = [("group", group), ("name", name), ("version", version)]
        .iter()
        .filter(|(_, value)| value.is_empty())
        .map(|(key, _)| *key)
        .collect();
    if !missing.is_empty() {
        let span = Span { start: element.at, end: element.at + "<component".len() };
        let message = format!("this component has no {}", missing.join(" and no "));
        let mistake = Mistake::loss("lock-package-incomplete", span, message);
        report.mistake(document, &mistake.help(AGAIN));
    }
    let mut artifacts = element.all("artifact").peekable();
    let mut checksum = false;
    let mut code = artifacts.peek().is_none();
    for artifact in artifacts {
        let file = artifact.attribute("name").map(|name| &*name.text).unwrap_or_default();
        code |= !matches!(file.rsplit_once('.'), Some((_, "pom" | "module")));
        checksum |= artifact.children.iter().any(|child| child.name.starts_with("sha"));
    }
    let module = format!("{group}:{name}");
    if locked.contains(module.as_str()) || !code || group.is_empty() || name.is_empty() {
        return;
    }
    report.component(Component {
        integrity: Some(checksum),
        ..Component::new(
            Ecosystem::new(Ecosystem::MAVEN),
            module,
            (!version.is_empty()).then(|| Arc::from(version)),
            document.place(element.at),
        )
    });
}
