//! `gradle.lockfile`: what Gradle chose for each of its configurations.
//!
//! Knows the one file of today and the file for each configuration of Gradle before 6.8; must not
//! know build scripts.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Span};

use super::whole::{AGAIN, cut, whole};
use crate::text::{Document, Mistake, Report, file_name, folder};
use crate::{Claim, Need, Reader, Sources};

/// Reads Gradle's lockfiles.
#[derive(Debug)]
pub struct GradleLock;

static ABOUT: About = About {
    id: "gradle-lock",
    title: "Gradle lockfile (gradle.lockfile)",
    text: "Every locked module; Gradle writes neither edges nor what is direct. A module is for \
           development if only tests, annotation processors and the build's own tools use it; \
           everything in buildscript-gradle.lockfile and settings-gradle.lockfile is. The older files of \
           gradle/dependency-locks are read too.",
    file: file!(),
};

/// The lockfile of a project, of its build's own tools, and of those of its settings.
const NAMES: [&str; 3] =
    ["gradle.lockfile", "buildscript-gradle.lockfile", "settings-gradle.lockfile"];

impl Reader for GradleLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let name = file_name(path);
        let older = name.ends_with(".lockfile") && file_name(folder(path)) == "dependency-locks";
        if older || NAMES.contains(&name) { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        whole(sources, out, lock);
    }
}

fn lock(document: &Document<'_>, report: &mut Report<'_>) {
    let name = file_name(document.path());
    let older = match name {
        name if NAMES.contains(&name) => None,
        _ => name.strip_suffix(".lockfile"),
    };
    let of_build = name.starts_with("buildscript-") || name.starts_with("settings-");
    let maven = Ecosystem::new(Ecosystem::MAVEN);
    let mut at = 0;
    for line in document.text().split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with("empty=") {
            continue;
        }
        let Some((name, version, configurations)) = module(line, older) else {
            let span = Span { start, end: start + line.len() };
            let message = format!("`{}` is not `group:module:version=configurations`", cut(line));
            let mistake = Mistake::loss("lock-line-unknown", span, message).help(AGAIN);
            report.mistake(document, &mistake);
            continue;
        };
        let dev = of_build || configurations.split(',').all(is_for_development);
        report.component(Component {
            dev,
            ..Component::new(maven.clone(), name, Some(Arc::from(version)), document.place(start))
        });
    }
}

/// `group:module`, version and configurations of a line.
fn module<'t>(line: &'t str, older: Option<&'t str>) -> Option<(&'t str, &'t str, &'t str)> {
    let (module, configurations) = match (line.split_once('='), older) {
        (Some(parts), _) => parts,
        (None, Some(configuration)) => (line, configuration),
        (None, None) => return None,
    };
    let (name, version) = module.rsplit_once(':')?;
    let (group, artifact) = name.split_once(':')?;
    let sound = |part: &str| {
        !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || matches!(c, ':' | '='))
    };
    let all = sound(group) && sound(artifact) && sound(version) && !configurations.is_empty();
    all.then_some((name, version, configurations))
}

/// Parts of the names of configurations that nothing of at run time has.
const DEVELOPMENT: [&str; 10] = [
    "test",
    "annotationprocessor",
    "developmentonly",
    "checkstyle",
    "pmd",
    "spotbugs",
    "jacoco",
    "ktlint",
    "detekt",
    "kotlincompiler",
];

fn is_for_development(configuration: &str) -> bool {
    let name = configuration.trim().to_ascii_lowercase();
    DEVELOPMENT.iter().any(|part| name.contains(part))
}
