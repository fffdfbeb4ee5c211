//! Project files of .NET: the packages that a project asks for.
//!
//! Knows `PackageReference` and central package management; what was chosen stands in
//! `packages.lock.json`.

use std::sync::Arc;

use holdfast_model::{About, Ecosystem, Fact, Requirement, Span};

use super::nuget_central::{Properties, Written, central, references};
use super::whole::{cut, xml_file};
use crate::text::xml::{self, Element};
use crate::text::{Document, Mistake, Report, file_name, folder};
use crate::{Claim, Need, Reader, Sources, join};

/// Reads `*.csproj`, `*.fsproj`, `*.vbproj` and `Directory.Build.props`.
#[derive(Debug)]
pub struct NugetProject;

static ABOUT: About = About {
    id: "nuget-project",
    title: ".NET project (*.csproj, *.fsproj, *.vbproj, Directory.Build.props)",
    text: "Every `PackageReference`, with properties of the same file put in. Where a project \
           leaves versions to the nearest Directory.Packages.props above it, the requirement is \
           the one there. A reference whose version stands nowhere is not assessed. References \
           that are private to the project (`PrivateAssets=\"all\"`) are for development. What was \
           chosen stands in packages.lock.json; without one, a plain version is taken for the one \
           in use.",
    file: file!(),
};

impl Reader for NugetProject {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let name = file_name(path);
        let project = [".csproj", ".fsproj", ".vbproj"].iter().any(|end| name.ends_with(end));
        let shared = matches!(name, "Directory.Build.props" | "Directory.Build.targets");
        if project || shared { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        // The nearest one counts; asking for all at once takes one round.
        above(so_far.path())
            .into_iter()
            .map(Need::File)
            .filter(|need| so_far.answer(need).is_none())
            .collect()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let nearest = above(sources.path()).into_iter().find_map(|path| {
            let bytes = sources.file(&path)?;
            Some(Document::open(&path, bytes))
        });
        xml_file(sources, out, "Project", |document, root, report| {
            let tree =
                nearest.as_ref().and_then(|nearest| Some((nearest, xml::parse(nearest.text()).0?)));
            let central = tree.as_ref().map(|(nearest, root)| (*nearest, root));
            project(document, root, central, report);
        });
    }
}

/// `Directory.Packages.props` in the folder of a path and above it, the nearest first.
fn above(path: &str) -> Vec<Arc<str>> {
    let mut out = Vec::new();
    let mut at = folder(path);
    for _ in 0..16 {
        out.extend(join(at, "Directory.Packages.props"));
        if at.is_empty() {
            break;
        }
        at = folder(at);
    }
    out
}

fn project(
    document: &Document<'_>,
    root: &Element<'_>,
    nearest: Option<(&Document<'_>, &Element<'_>)>,
    report: &mut Report<'_>,
) {
    let nuget = Ecosystem::new(Ecosystem::NUGET);
    let properties = Properties::of(root);
    let managed = nearest.map(|(document, root)| (document, central(root), Properties::of(root)));
    for reference in references(root, "PackageReference") {
        let Some(named) = reference.name() else {
            let span = Span { start: reference.at(), end: reference.at() + 1 };
            let message = "this reference names no package";
            let mistake = Mistake::loss("requirement-syntax", span, message);
            report.mistake(document, &mistake.help("write `Include=\"Name\"`"));
            continue;
        };
        let dev = reference.is_private();
        let own = reference.version().map(|written| (document, properties.resolve(written)));
        let found = own.or_else(|| {
            let (document, central, properties) = managed.as_ref()?;
            let written = central.get(&*named.text.to_lowercase())?.version()?;
            Some((*document, properties.resolve(written)))
        });
        if let Some((document, written)) = found {
            requirement(document, &nuget, &named.text, &written, dev, report);
        } else if reference.includes() {
            report.fact(Fact::Unknown {
                ecosystem: nuget.clone(),
                name: cut(&nuget.normal_name(&named.text)).into(),
                reason: "no version is written here, nor in a Directory.Packages.props above"
                    .to_owned(),
                place: document.place(named.span.start),
            });
        }
    }
}

/// Says a requirement where its version is written.
pub(super) fn requirement(
    document: &Document<'_>,
    nuget: &Ecosystem,
    name: &str,
    written: &Written<'_>,
    dev: bool,
    report: &mut Report<'_>,
) {
    report.requirement(
        document,
        Requirement {
            ecosystem: nuget.clone(),
            name: nuget.normal_name(name).into(),
            range: (&*written.text).into(),
            span: document.span(written.span),
            place: document.place(written.span.start),
            dev,
            liftable: written.literal,
        },
    );
}
