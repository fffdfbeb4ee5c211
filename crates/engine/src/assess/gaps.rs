//! What a look could not judge, apart from packages without feed or version.

use std::sync::Arc;

use holdfast_findings::unassessed::Gap;
use holdfast_findings::{Scope, Unread, locus as loci};
use holdfast_model::{Ecosystem, FindingKind, Place};

use super::locked::{Answer, Lockable, answers};
use super::matching::Found;
use crate::look::{Document, Look};
use crate::requirements::{folder_of, is_below};

/// A bill that cannot be read whole leaves so many places open at most, one for each file in which it
/// found something.
const SCOPES: usize = 1000;

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
    // A layer that could not be read may hold anything; another image holds nothing of this one.
    let layer = !path.starts_with('/') && !path.starts_with("image ");
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
            locus: loci::language_package(
                &package.ecosystem,
                &package.name,
                &document.path_of(&package.place),
            ),
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
    let scopes = match document.components.first() {
        Some(component) if database => vec![Scope::Ecosystem(component.ecosystem.clone())],
        None if database => vec![Scope::Kind(FindingKind::Package)],
        _ if document.is_bill() => of_bill(document, look),
        _ => vec![Scope::Path(document.path.clone())],
    };
    let unread = |scope| Unread { scope, because: reason.clone() };
    found.unreadable.extend(scopes.into_iter().map(unread));
}

/// What may be missing from a bill is known by other paths than its own: alone, it could be any
/// package. Beside files that say themselves what is there, it is what the bill is about, and where
/// it found what it does list.
fn of_bill(bill: &Document, look: &Look) -> Vec<Scope> {
    let lists = |one: &&Document| !one.components.is_empty() || !one.requirements.is_empty();
    let mut own = look.documents.iter().filter(|one| !one.is_bill()).filter(lists);
    if own.next().is_none() {
        return vec![Scope::Kind(FindingKind::Package)];
    }
    let about = Scope::Path(format!("artifact:{}", bill.artifact).into());
    let mut scopes = vec![about];
    for component in &bill.components {
        let scope = match &component.source {
            Some(_) => Scope::Ecosystem(component.ecosystem.clone()),
            None => Scope::Path(bill.path_of(&component.place).into()),
        };
        if !scopes.contains(&scope) && scopes.len() < SCOPES {
            scopes.push(scope);
        }
    }
    scopes
}

/// Manifests that no lockfile answers, or only one that is behind them: the versions in use stand
/// nowhere.
fn unlocked(look: &Look, found: &mut Found) {
    answers(&look.documents, &|_| true, &mut |number, kind, answer| {
        found.gaps.extend(look.documents.get(number).and_then(|one| unanswered(one, kind, answer)));
    });
    let read_by = |reader: &'static str| {
        look.documents.iter().filter(move |document| document.reader == reader)
    };
    // What a build program asks for stands in no list; where a catalogue does, that is told.
    let maven = Ecosystem::new(Ecosystem::MAVEN);
    for document in read_by("gradle").filter(|document| asks(document)) {
        let folder = folder_of(&document.path);
        let own = |lock: &Document| is_lock_of(&lock.path, folder);
        // A catalogue stands in `gradle`, beside the build of the whole.
        let listed = |catalog: &Document| {
            is_below(&document.path, folder_of(folder_of(&catalog.path)))
                && !names_versions(document)
        };
        if !read_by("gradle-lock").any(own) && !read_by("gradle-catalog").any(listed) {
            let command = "gradle dependencies --write-locks";
            found.gaps.push(no_lockfile(document, &maven, command, None));
        }
    }
}

/// What is to be said of a manifest, unless some lockfile says which packages it gets.
fn unanswered(manifest: &Document, kind: &Lockable, answer: Answer) -> Option<Gap> {
    let place = manifest.requirements.first().map(|one| one.place.clone());
    let gap = no_lockfile(manifest, &Ecosystem::new(kind.ecosystem), kind.command, place);
    match answer {
        Answer::Says => None,
        Answer::Nothing => Some(gap),
        Answer::Behind(reason, place) => {
            Some(Gap { code: "lockfile-behind", reason, place: Some(place), ..gap })
        }
    }
}

/// Whether this is the lockfile of the project in a folder: each project has its own, and that of its
/// build script says nothing of what it ships.
fn is_lock_of(lock: &str, folder: &str) -> bool {
    let (at, name) = (folder_of(lock), lock.rsplit('/').next().unwrap_or_default());
    let older = at.strip_suffix("gradle/dependency-locks").map(|at| at.trim_end_matches('/'));
    older == Some(folder) || (at == folder && name == "gradle.lockfile")
}

/// Whether a build file of Gradle names packages with versions itself: `'group:name:version'`, or
/// `group: '…', name: '…', version: '…'`.
fn names_versions(build: &Document) -> bool {
    let text = String::from_utf8_lossy(&build.bytes);
    let coordinates = |word: &str| {
        let mut parts = word.split(':');
        let part = |part: Option<&str>| part.is_some_and(|part| !part.is_empty());
        !word.contains(char::is_whitespace)
            && !word.contains("://")
            && part(parts.next())
            && part(parts.next())
            && part(parts.next())
    };
    let in_words = text.contains("group:") && text.contains("version:");
    in_words || text.split(['"', '\'']).any(coordinates)
}

/// Whether a build file of Gradle asks for packages.
fn asks(document: &Document) -> bool {
    let name = document.path.rsplit('/').next().unwrap_or_default();
    let text = String::from_utf8_lossy(&document.bytes);
    let mut blocks = text.split("dependencies").skip(1);
    name.starts_with("build.gradle") && blocks.any(|rest| rest.trim_start().starts_with('{'))
}

fn no_lockfile(
    document: &Document,
    ecosystem: &Ecosystem,
    command: &str,
    place: Option<Place>,
) -> Gap {
    Gap {
        code: "no-lockfile",
        kind: FindingKind::Package,
        locus: loci::file(&document.path),
        subject: document.path.clone(),
        reason: format!("no lockfile says which {ecosystem} packages it gets"),
        closes_with: command.to_owned(),
        place,
    }
}
