//! `pubspec.lock`: what pub chose for a Dart or Flutter project.
//!
//! Knows sources of packages; needs among packages stand in no such file.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Span};
use holdfast_rulefile::{Node, Value};

use super::whole::{AGAIN, cut, whole};
use crate::text::{Document, Mistake, Report, file_name, yaml};
use crate::{Claim, Need, Reader, Sources};

/// Reads pub's lockfiles.
#[derive(Debug)]
pub struct PubspecLock;

static ABOUT: About = About {
    id: "pubspec-lock",
    title: "Dart lockfile (pubspec.lock)",
    text: "Every package with its source. What `dev_dependencies` ask for is for development; of \
           what those bring in the file does not say so. Packages by path belong to the tree, and \
           so do those that come with an SDK. A package of a git address is compared by the \
           version that its own manifest says.",
    file: file!(),
};

impl Reader for PubspecLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "pubspec.lock" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        whole(sources, out, |document, report| {
            let (root, mistakes) = yaml::parse(document);
            for mistake in &mistakes {
                report.mistake(document, mistake);
            }
            let Some(packages) = root.as_ref().and_then(|root| root.get("packages")) else {
                if mistakes.is_empty() {
                    let none = "this file has no `packages`";
                    wrong(document, Span { start: 0, end: 0 }, none, report);
                }
                return;
            };
            if !matches!(packages.value, Value::Map(_) | Value::Null) {
                let message = format!("`packages` is {} here, not a table", packages.what());
                wrong(document, packages.span, &message, report);
            }
            for (key, value) in yaml::pairs(packages) {
                package(document, key, value, report);
            }
        });
    }
}

fn wrong(document: &Document<'_>, span: Span, message: &str, report: &mut Report<'_>) {
    let span = Span { end: span.end.min(span.start + 80), ..span };
    let end = document.text().floor_char_boundary(span.end);
    let mistake = Mistake::loss("lock-package-incomplete", Span { end, ..span }, message);
    report.mistake(document, &mistake.help(AGAIN));
}

fn package(document: &Document<'_>, key: &Node, value: &Node, report: &mut Report<'_>) {
    let Some(name) = key.as_text() else {
        wrong(document, key.span, "this package has no name", report);
        return;
    };
    let Value::Map(_) = value.value else {
        let message = format!("`{}` is {} here, not a table", cut(name), value.what());
        wrong(document, key.span, &message, report);
        return;
    };
    let text = |key: &str| value.get(key).and_then(Node::as_text);
    let description = value.get("description");
    let described = |key: &str| {
        description?.get(key)?.as_text().filter(|text| !text.is_empty()).map(Arc::<str>::from)
    };
    let source = text("source").unwrap_or("hosted");
    let origin = match source {
        "path" | "sdk" => Origin::Tree,
        "git" => Origin::Git(described("url").unwrap_or_default()),
        _ => Origin::Feed(described("url")),
    };
    let version = text("version").filter(|version| !version.is_empty());
    if version.is_none() && origin != Origin::Tree {
        let message = format!("`{}` has no version here", cut(name));
        wrong(document, key.span, &message, report);
    }
    let kind = text("dependency").unwrap_or_default();
    report.component(Component {
        direct: match kind {
            "transitive" => Some(false),
            kind if kind.starts_with("direct") => Some(true),
            _ => None,
        },
        dev: kind == "direct dev",
        integrity: match origin {
            Origin::Feed(_) => Some(described("sha256").is_some()),
            Origin::Git(_) => Some(described("resolved-ref").is_some()),
            Origin::Archive(_) | Origin::Tree => None,
        },
        origin,
        ..Component::new(
            Ecosystem::new(Ecosystem::PUB),
            described("name").unwrap_or_else(|| name.into()),
            version.map(Arc::from),
            key.place.clone(),
        )
    });
}
