//! `pubspec.lock`: what pub chose for a Dart or Flutter project.
//!
//! Knows sources of packages; needs among packages stand in no such file.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Span};

use super::whole::{Fields, cut, yaml_file};
use crate::text::file_name;
use crate::text::json::{Kind, Member, Value};
use crate::text::yaml::Dialect;
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
        yaml_file(sources, out, Dialect::Tool, |root, fields| {
            let Some(packages) = root.get("packages") else {
                let start = Span { start: 0, end: 0 };
                fields.loss("lock-package-incomplete", start, "this file has no `packages`");
                return;
            };
            for member in fields.members(packages, "packages") {
                package(member, fields);
            }
        });
    }
}

fn package(member: &Member<'_>, fields: &mut Fields<'_, '_>) {
    let (name, value) = (&*member.key, &member.value);
    match value.kind {
        Kind::Object(_) => {}
        Kind::Broken => return,
        _ => return fields.wrong(value, &format!("`{}`", cut(name)), "an object"),
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let description = value.get("description");
    let described = |key: &str| {
        description?.get(key)?.as_str().filter(|text| !text.is_empty()).map(Arc::<str>::from)
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
        fields.loss("lock-package-incomplete", member.key_span, message);
    }
    let kind = text("dependency").unwrap_or_default();
    let place = fields.document.place(member.key_span.start);
    fields.report.component(Component {
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
            place,
        )
    });
}
