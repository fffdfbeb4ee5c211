//! What a look could not judge, apart from packages without feed or version.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_findings::unassessed::Gap;
use holdfast_findings::{Scope, Unread, locus as loci};
use holdfast_model::{Ecosystem, FindingKind};

use super::matching::Found;
use crate::look::{Document, Look};
use crate::requirements::{folder_of, is_below};

/// What closes a gap that a file's own content makes.
const READABLE: &str = "files that can be read, see their problems";

/// Adds every gap of a look.
pub(crate) fn of_look(look: &Look, found: &mut Found) {
    for left_out in &look.left_out {
        found.gaps.push(Gap {
            code: "left-out",
            kind: FindingKind::Package,
            locus: loci::file(&left_out.path),
            subject: left_out.path.clone(),
            reason: left_out.reason.clone(),
            closes_with: left_out.closes_with.clone(),
            place: None,
        });
        found.unreadable.push(Unread {
            scope: left_out_scope(look, &left_out.path),
            because: left_out.reason.clone(),
        });
    }
    for document in &look.documents {
        unknown(document, found);
        if document.partial {
            partial(document, look, found);
        }
    }
    nameless_release(look, found);
    unlocked(look, found);
}

/// Without its release, a machine's packages belong to no feed and may go by another name: what
/// was known of them can neither be found nor be called mended.
fn nameless_release(look: &Look, found: &mut Found) {
    let unknown = look.components().any(|(_, component)| component.ecosystem.lacks_release());
    if look.is_system() && unknown {
        found.unreadable.push(Unread {
            scope: Scope::Kind(FindingKind::Package),
            because: "the release of this machine is unknown".to_owned(),
        });
    }
}

/// What may be hidden behind a path. A host's packages have no path in their identity: without the
/// database nothing is known of any; without a package list, it is only the updates that lack.
fn left_out_scope(look: &Look, path: &Arc<str>) -> Scope {
    let database = holdfast_sense::packages::is_database(path);
    // A layer that could not be read may hold anything.
    let layer = !path.starts_with('/');
    if look.is_system() && (database || layer) {
        Scope::Kind(FindingKind::Package)
    } else {
        Scope::Path(Arc::clone(path))
    }
}

fn unknown(document: &Document, found: &mut Found) {
    for package in &document.unknown {
        found.gaps.push(Gap {
            code: "no-version",
            kind: FindingKind::Package,
            locus: loci::language_package(&package.ecosystem, &package.name, &package.place.path),
            subject: loci::subject(&package.ecosystem, &package.name),
            reason: package.reason.clone(),
            closes_with: "an exact version".to_owned(),
            place: Some(package.place.clone()),
        });
    }
}

fn partial(document: &Document, look: &Look, found: &mut Found) {
    let reason = document
        .problems
        .first()
        .map_or_else(|| "a part of it could not be read".to_owned(), |first| first.message.clone());
    found.gaps.push(Gap {
        code: "unreadable",
        kind: FindingKind::Package,
        locus: loci::file(&document.path),
        subject: document.path.clone(),
        reason: reason.clone(),
        closes_with: READABLE.to_owned(),
        place: document.problems.first().and_then(|problem| problem.place.clone()),
    });
    // Packages of a system have no path in their identity: the whole ecosystem is unread.
    let database = look.is_system() && holdfast_sense::packages::is_database(&document.path);
    let scope = match document.components.first() {
        Some(component) if database => Scope::Ecosystem(component.ecosystem.clone()),
        None if database => Scope::Kind(FindingKind::Package),
        _ => Scope::Path(document.path.clone()),
    };
    found.unreadable.push(Unread { scope, because: reason });
}

/// Manifests that no lockfile answers: the versions in use stand nowhere.
fn unlocked(look: &Look, found: &mut Found) {
    let lockable = [
        ("cargo-toml", "cargo-lock", Ecosystem::CARGO, "cargo generate-lockfile"),
        (
            "package-json",
            "package-lock",
            Ecosystem::NPM,
            "npm install --package-lock-only --ignore-scripts",
        ),
    ];
    for (manifest, lock, ecosystem, command) in lockable {
        let locked: BTreeSet<&str> = look
            .documents
            .iter()
            .filter(|document| document.reader == lock)
            .map(|document| folder_of(&document.path))
            .collect();
        for document in look.documents.iter().filter(|document| document.reader == manifest) {
            let answered = locked.iter().any(|folder| is_below(&document.path, folder));
            if answered || document.requirements.is_empty() {
                continue;
            }
            let ecosystem = Ecosystem::new(ecosystem);
            found.gaps.push(Gap {
                code: "no-lockfile",
                kind: FindingKind::Package,
                locus: loci::file(&document.path),
                subject: document.path.clone(),
                reason: format!("no lockfile says which {ecosystem} packages it gets"),
                closes_with: command.to_owned(),
                place: document.requirements.first().map(|requirement| requirement.place.clone()),
            });
        }
    }
}
