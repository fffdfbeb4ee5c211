//! `Directory.Packages.props`: the versions of all projects below it, and what this file shares
//! with project files.
//!
//! Knows references and properties of MSBuild; conditions are not evaluated: what stands under
//! one is told too.

use std::borrow::Cow;
use std::collections::HashMap;

use holdfast_model::{About, Ecosystem, Fact, Span};

use super::nuget_project::requirement;
use super::whole::{cut, xml_file};
use crate::text::xml::{Element, Text};
use crate::text::{Mistake, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `Directory.Packages.props`.
#[derive(Debug)]
pub struct NugetCentral;

static ABOUT: About = About {
    id: "nuget-central",
    title: "Central versions of .NET packages (Directory.Packages.props)",
    text: "Every `PackageVersion`, `GlobalPackageReference` and `PackageReference`, with \
           properties of the same file put in. A version that another file's property decides is \
           told as it is written and is not lifted.",
    file: file!(),
};

impl Reader for NugetCentral {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "Directory.Packages.props" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        xml_file(sources, out, "Project", |document, root, report| {
            let nuget = Ecosystem::new(Ecosystem::NUGET);
            let properties = Properties::of(root);
            for kind in ["PackageVersion", "GlobalPackageReference", "PackageReference"] {
                for reference in references(root, kind) {
                    let at = Span { start: reference.at(), end: reference.at() + 1 };
                    let named = reference.name();
                    let span = named.map_or(at, |named| named.span);
                    match (named, reference.version()) {
                        (Some(named), Some(version)) => {
                            // Global references are the build's own by definition.
                            let dev = kind == "GlobalPackageReference" || reference.is_private();
                            let written = properties.resolve(version);
                            requirement(document, &nuget, &named.text, &written, dev, report);
                        }
                        (named, version) => {
                            let shown = named.map(|named| cut(&named.text)).unwrap_or_default();
                            let message = match version {
                                Some(_) => "this reference names no package".to_owned(),
                                None if named.is_none() => {
                                    "this reference names neither package nor version".to_owned()
                                }
                                None => format!("`{shown}` has no version here"),
                            };
                            let mistake = Mistake::loss("requirement-syntax", span, message);
                            let help = "write `Include=\"Name\" Version=\"1.2.3\"`";
                            report.mistake(document, &mistake.help(help));
                        }
                    }
                }
            }
        });
    }
}

/// A reference to a package.
#[derive(Clone, Copy)]
pub(super) struct Reference<'e, 'a> {
    element: &'e Element<'a>,
}

impl<'e, 'a> Reference<'e, 'a> {
    pub(super) fn at(self) -> usize {
        self.element.at
    }

    /// An attribute, or the element of that name in it.
    fn value(self, name: &str) -> Option<&'e Text<'a>> {
        let attribute = self.element.attribute(name);
        attribute.or_else(|| self.element.text_of(name)).filter(|text| !text.text.trim().is_empty())
    }

    pub(super) fn name(self) -> Option<&'e Text<'a>> {
        self.value("Include").or_else(|| self.value("Update"))
    }

    /// Whether it asks for the package, and does not only change what asks for it elsewhere.
    pub(super) fn includes(self) -> bool {
        self.value("Include").is_some()
    }

    pub(super) fn version(self) -> Option<&'e Text<'a>> {
        self.value("VersionOverride").or_else(|| self.value("Version"))
    }

    pub(super) fn is_private(self) -> bool {
        self.value("PrivateAssets").is_some_and(|assets| assets.text.eq_ignore_ascii_case("all"))
    }
}

/// All references of a kind, wherever they stand.
pub(super) fn references<'e, 'a>(root: &'e Element<'a>, kind: &str) -> Vec<Reference<'e, 'a>> {
    let mut out = Vec::new();
    let mut queue: Vec<&Element<'a>> = vec![root];
    while let Some(element) = queue.pop() {
        if element.name == kind {
            out.push(Reference { element });
        }
        queue.extend(element.children.iter().rev());
    }
    out
}

/// The versions of a file by the names of packages in small letters.
pub(super) fn central<'e, 'a>(root: &'e Element<'a>) -> HashMap<String, Reference<'e, 'a>> {
    let named = references(root, "PackageVersion").into_iter();
    named.filter_map(|one| Some((one.name()?.text.to_lowercase(), one))).collect()
}

/// A version and where it is written.
#[derive(Debug)]
pub(super) struct Written<'e> {
    pub(super) text: Cow<'e, str>,
    pub(super) span: Span,
    /// Whether the text at the span is the whole version.
    pub(super) literal: bool,
}

/// Properties of a file, by their names in small letters; of two the last counts.
pub(super) struct Properties<'e, 'a>(HashMap<String, &'e Text<'a>>);

/// So many properties may refer to one another in a row.
const DEPTH: usize = 16;

impl<'e, 'a> Properties<'e, 'a> {
    pub(super) fn of(root: &'e Element<'a>) -> Self {
        let groups = references(root, "PropertyGroup").into_iter();
        let all = groups.flat_map(|group| &group.element.children);
        Self(all.map(|one| (one.name.to_lowercase(), &one.text)).collect())
    }

    /// Follows `$(Name)` as long as it is the whole text.
    pub(super) fn resolve(&self, text: &'e Text<'a>) -> Written<'e> {
        let mut at = text;
        for _ in 0..DEPTH {
            let whole = at.text.trim();
            let Some(name) = whole.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'))
            else {
                let literal = !whole.contains("$(");
                return Written { text: Cow::Borrowed(&at.text), span: at.span, literal };
            };
            let Some(next) = self.0.get(&name.to_lowercase()) else { break };
            at = next;
        }
        Written { text: Cow::Borrowed(&text.text), span: text.span, literal: false }
    }
}
