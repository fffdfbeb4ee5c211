//! `Cargo.toml`: what a Rust package asks for.
//!
//! Knows requirements; versions that were chosen stand in `Cargo.lock`.

use holdfast_model::{About, Ecosystem, Fact, Requirement, Span};

use super::cargo_manifest::{Dependency, Kind, parse};
use super::notices::own;
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `Cargo.toml`.
#[derive(Debug)]
pub struct CargoToml;

static ABOUT: About = About {
    id: "cargo-toml",
    title: "Rust manifest (Cargo.toml)",
    text: "Every version requirement of the dependency tables: normal, dev, build, per target and \
           of the workspace, as text or as table, renamed or not. A dependency with a path or a \
           git address cannot be lifted, because its code does not come from a feed. What a \
           member inherits from its workspace is told once, where the workspace writes it. \
           Patches and replacements are left out.",
    file: file!(),
};

impl Reader for CargoToml {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "Cargo.toml" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let manifest = parse(document.text());
            for mistake in &manifest.mistakes {
                report.mistake(&document, mistake);
            }
            let cargo = Ecosystem::new(Ecosystem::CARGO);
            if let Some((name, span)) = &manifest.own {
                own(&document, &cargo, name, *span, &mut report);
            }
            for dependency in &manifest.dependencies {
                requirement(&document, &cargo, dependency, &mut report);
            }
        }
        report.finish();
    }
}

fn requirement(
    document: &Document<'_>,
    cargo: &Ecosystem,
    dependency: &Dependency,
    report: &mut Report<'_>,
) {
    if dependency.inherited {
        return;
    }
    // Without a version there is nothing between quotes: the place is the dependency's own.
    let nowhere = Span { start: dependency.at.start, end: dependency.at.start };
    let (range, span) =
        dependency.version.as_ref().map_or(("", nowhere), |(text, span)| (text.as_str(), *span));
    let elsewhere = dependency.path.is_some() || dependency.git;
    let sound = range.is_empty() || is_range(range);
    if !sound {
        let shown: String = range.chars().take(80).collect();
        report.mistake(
            document,
            &Mistake::slip(
                "requirement-syntax",
                span,
                format!("`{shown}` is no version requirement"),
            )
            .help("write a version such as `1.2`, `^1.2.3` or `>=1.2, <2`"),
        );
    }
    report.requirement(
        document,
        Requirement {
            ecosystem: cargo.clone(),
            name: dependency.name().into(),
            range: range.into(),
            span: document.span(span),
            place: document.place(span.start),
            dev: matches!(dependency.kind, Kind::Dev | Kind::Build),
            liftable: sound && !elsewhere && !range.is_empty(),
        },
    );
}

/// Comparators separated by commas: operator, then a version that may be partial or end in `*`.
fn is_range(range: &str) -> bool {
    range.split(',').all(|comparator| {
        let comparator = comparator.trim();
        let version = comparator.trim_start_matches(['<', '>', '=', '^', '~']).trim_start();
        let operator = comparator.len() - version.len();
        operator <= 4
            && version.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '*' | 'x' | 'X'))
            && version.bytes().all(|b| b.is_ascii_alphanumeric() || b"*.+-".contains(&b))
    })
}
