//! `packages.config`: what an older .NET project is built with.
//!
//! Knows packages with their exact versions; the file is manifest and lockfile at once.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Requirement, Span};

use super::whole::{AGAIN, cut, xml_file};
use crate::text::encoding::decode;
use crate::text::xml::Element;
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Answer, Claim, Need, Reader, Sources};

/// Reads `packages.config`.
#[derive(Debug)]
pub struct NugetConfig;

static ABOUT: About = About {
    id: "nuget-config",
    title: "NuGet packages of older projects (packages.config)",
    text: "Every package with its exact version. NuGet writes those that others bring in into the \
           same list, so that direct ones cannot be told. What is marked as a development \
           dependency is one. The file keeps neither edges nor checksums. A line is not lifted where a \
           project beside the file names the folder of that version.",
    file: file!(),
};

/// The projects of a folder, which share the file.
const PROJECTS: [&str; 3] = ["*.csproj", "*.vbproj", "*.fsproj"];

/// So many projects of each kind are looked into.
const MOST: usize = 16;

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

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        let mut wanted = patterns(so_far);
        wanted.extend(projects(so_far).into_iter().map(Need::File));
        wanted.retain(|need| so_far.answer(need).is_none());
        wanted
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let projects = projects(sources);
        let texts: Vec<String> = projects
            .iter()
            .filter_map(|path| sources.file(path))
            .map(|bytes| decode(bytes).text.to_lowercase().replace('\\', "/"))
            .collect();
        xml_file(sources, out, "packages", |document, root, report| {
            let nuget = Ecosystem::new(Ecosystem::NUGET);
            for package in root.all("package") {
                say(document, &nuget, package, &texts, report);
            }
        });
    }
}

/// Where the projects beside the file would be.
fn patterns(sources: &Sources<'_>) -> Vec<Need> {
    PROJECTS.into_iter().filter_map(|ends| sources.beside(ends)).map(Need::Glob).collect()
}

/// The projects beside the file, as far as they are known.
fn projects(sources: &Sources<'_>) -> Vec<Arc<str>> {
    let mut out: Vec<Arc<str>> = Vec::new();
    for pattern in patterns(sources) {
        if let Some(Answer::Paths(paths)) = sources.answer(&pattern) {
            out.extend(paths.iter().take(MOST).cloned());
        }
    }
    out
}

/// Says a package; `projects` are their texts in small letters, with `/` in their paths.
fn say(
    document: &Document<'_>,
    nuget: &Ecosystem,
    package: &Element<'_>,
    projects: &[String],
    report: &mut Report<'_>,
) {
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
    // A project refers to what lies in the folder of one version (`HintPath`, `Import`).
    let folder = format!("/{name}.{}/", version.text.to_lowercase());
    let named = projects.iter().any(|project| project.contains(&folder));
    report.requirement(
        document,
        Requirement {
            ecosystem: nuget.clone(),
            name: name.as_str().into(),
            range: (&*version.text).into(),
            span: document.span(version.span),
            place: document.place(version.span.start),
            dev,
            liftable: !named,
        },
    );
    let version = Some(Arc::from(&*version.text));
    report.component(Component { dev, ..Component::new(nuget.clone(), name, version, place) });
}
