//! `packages.config`: what an older .NET project is built with.
//!
//! Knows packages with their exact versions; the file is manifest and lockfile at once.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Requirement, Span};

use super::whole::{AGAIN, cut, xml_file};
use crate::text::xml::Element;
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `packages.config`.
#[derive(Debug)]
pub struct NugetConfig;

static ABOUT: About = About {
    id: "nuget-config",
    title: "NuGet packages of older projects (packages.config)",
    text: "Every package with its exact version. NuGet writes those that others bring in into the \
           same list, so that direct ones cannot be told. What is marked as a development \
           dependency is one. The file keeps neither edges nor checksums.",
    file: file!(),
};

impl Reader for NugetConfig {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let name = file_name(path).to_ascii_lowercase();
        // A project with its own name for the file writes `packages.Project.config`.
        let mine = name.starts_with("packages.") && name.ends_with(".config");
        if mine { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        xml_file(sources, out, "packages", |document, root, report| {
            let nuget = Ecosystem::new(Ecosystem::NUGET);
            for package in root.all("package") {
                say(document, &nuget, package, report);
            }
        });
    }
}

fn say(document: &Document<'_>, nuget: &Ecosystem, package: &Element<'_>, report: &mut Report<'_>) {
    let filled = |name| package.attribute(name).filter(|value| !value.text.is_empty());
    let here = Span { start: package.at, end: package.at + "<package".len() };
    let Some(id) = filled("id") else {
        let mistake = Mistake::loss("lock-package-incomplete", here, "this package has no `id`");
        report.mistake(document, &mistake.help(AGAIN));
        return;
    };
    let dev = filled("developmentDependency")
        .is_some_and(|value| value.text.eq_ignore_ascii_case("true"));
    let name = nuget.normal_name(&id.text);
    let place = document.place(id.span.start);
    let Some(version) = filled("version") else {
        let message = format!("`{}` has no version here", cut(&id.text));
        let mistake = Mistake::loss("lock-package-incomplete", id.span, message);
        report.mistake(document, &mistake.help(AGAIN));
        report.component(Component { dev, ..Component::new(nuget.clone(), name, None, place) });
        return;
    };
    report.requirement(
        document,
        Requirement {
            ecosystem: nuget.clone(),
            name: name.as_str().into(),
            range: (&*version.text).into(),
            span: document.span(version.span),
            place: document.place(version.span.start),
            dev,
            liftable: true,
        },
    );
    let version = Some(Arc::from(&*version.text));
    report.component(Component { dev, ..Component::new(nuget.clone(), name, version, place) });
}
