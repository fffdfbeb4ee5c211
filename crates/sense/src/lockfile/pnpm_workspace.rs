//! `pnpm-workspace.yaml`: the versions that a workspace's manifests refer to as `catalog:`.
//!
//! Knows catalogs and overrides; which folders belong to the workspace does not matter here.

use holdfast_model::{About, Ecosystem, Fact, Requirement};

use super::npm_spec::{Spec, spec};
use super::package_json::override_name;
use super::shape::Shape;
use crate::text::json::{Kind, Member, Value};
use crate::text::yaml::{Dialect, parse};
use crate::text::{Document, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `pnpm-workspace.yaml`.
#[derive(Debug)]
pub struct PnpmWorkspace;

static ABOUT: About = About {
    id: "pnpm-workspace",
    title: "pnpm workspace (pnpm-workspace.yaml)",
    text: "Every requirement of `catalog` and `catalogs`, which manifests of the workspace refer \
           to, and of `overrides`, which speak for packages further down and are not lifted.",
    file: file!(),
};

impl Reader for PnpmWorkspace {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "pnpm-workspace.yaml" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let (documents, mistakes) = parse(document.text(), Dialect::Hand);
            for mistake in &mistakes {
                report.mistake(&document, mistake);
            }
            let help = "restore the file from version control, or mend it by hand";
            let shape = Shape { document: &document, tool: "pnpm", help };
            for root in &documents {
                workspace(shape, root, &mut report);
            }
        }
        report.finish();
    }
}

fn workspace(shape: Shape<'_>, root: &Value<'_>, report: &mut Report<'_>) {
    if !matches!(root.kind, Kind::Object(_) | Kind::Broken) {
        return shape.wrong(root, "this file", "an object", report);
    }
    for member in shape.object(root, "catalog", report) {
        requirement(shape, member, &member.key, report);
    }
    for catalog in shape.object(root, "catalogs", report) {
        for member in shape.members(&catalog.value, &catalog.key, report) {
            requirement(shape, member, &member.key, report);
        }
    }
    for member in shape.object(root, "overrides", report) {
        requirement(shape, member, override_name(&member.key), report);
    }
}

fn requirement(shape: Shape<'_>, member: &Member<'_>, name: &str, report: &mut Report<'_>) {
    let Some(range) = member.value.as_str() else {
        if !matches!(member.value.kind, Kind::Null | Kind::Broken) {
            let what = format!("`{}`", member.key.chars().take(80).collect::<String>());
            shape.wrong(&member.value, &what, "a string", report);
        }
        return;
    };
    let span = member.value.span;
    report.requirement(
        shape.document,
        Requirement {
            ecosystem: Ecosystem::new(Ecosystem::NPM),
            name: name.into(),
            range: range.into(),
            span: shape.document.span(span),
            place: shape.document.place(span.start),
            dev: false,
            liftable: !range.is_empty() && spec(range) == Spec::Range,
        },
    );
}
