//! Packages of manifests that no lockfile answers: a line that names the version in use tells as much
//! as a lockfile would of that one package, and what it brings in stays a gap.
//!
//! Knows which lines count. How tools write such a line is told by `lift::pinned`.

use holdfast_advisories::lift;
use holdfast_model::{Component, Requirement};

use super::locked::{Answer, answers};
use crate::look::Document;

/// Adds to each manifest without lockfile the packages whose version it names. All documents of a look
/// have to be there: a lockfile may be one that a link leads to.
pub(crate) fn add(documents: &mut [Document]) {
    let mut alone = Vec::new();
    let asks = |document: &Document| document.requirements.iter().any(|one| pin(one).is_some());
    answers(documents, &asks, &mut |number, _, answer| {
        if matches!(answer, Answer::Nothing) {
            alone.push(number);
        }
    });
    for number in alone {
        let Some(document) = documents.get_mut(number) else { continue };
        let named = document.requirements.iter().filter_map(|one| Some((one, pin(one)?)));
        let packages: Vec<Component> = named
            .map(|(line, version)| Component {
                direct: Some(true),
                dev: line.dev,
                ..Component::new(
                    line.ecosystem.clone(),
                    line.name.clone(),
                    Some(version.into()),
                    line.place.clone(),
                )
            })
            .collect();
        document.components.extend(packages);
    }
}

/// Whether a package is one that a line of its own document names.
pub(crate) fn is_declared(document: &Document, component: &Component) -> bool {
    let same = |line: &Requirement| line.name == component.name && line.place == component.place;
    document.requirements.iter().any(same)
}

/// The version that a line names; overrides and peers ask for nothing.
fn pin(line: &Requirement) -> Option<&str> {
    lift::pinned(&line.ecosystem, &line.range).filter(|_| line.liftable)
}
