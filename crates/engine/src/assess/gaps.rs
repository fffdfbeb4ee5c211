//! What a look could not judge, apart from packages without feed or version.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_findings::unassessed::Gap;
use holdfast_findings::{Scope, Unread, locus as loci};
use holdfast_model::{Ecosystem, FindingKind, Place};

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

/// Which lockfiles answer a manifest: the manifest's reader, those of the lockfiles, the ecosystem
/// and what writes a lockfile.
const LOCKABLE: [(&str, &[&str], &str, &str); 8] = [
    ("cargo-toml", &["cargo-lock"], Ecosystem::CARGO, "cargo generate-lockfile"),
    (
        "package-json",
        &["package-lock", "yarn-lock", "pnpm-lock", "bun-lock"],
        Ecosystem::NPM,
        "npm install --package-lock-only --ignore-scripts",
    ),
    (
        "pyproject",
        &["poetry-lock", "pdm-lock", "uv-lock", "pylock", "requirements"],
        Ecosystem::PYPI,
        "a lockfile of its own tool: uv lock, poetry lock or pdm lock",
    ),
    ("pipfile", &["pipfile-lock"], Ecosystem::PYPI, "pipenv lock"),
    ("composer-json", &["composer-lock"], Ecosystem::COMPOSER, "composer update --no-install"),
    ("gemfile", &["gemfile-lock"], Ecosystem::GEM, "bundle lock"),
    ("gradle-catalog", &["gradle-lock"], Ecosystem::MAVEN, "gradle dependencies --write-locks"),
    ("nuget-project", &["nuget-lock"], Ecosystem::NUGET, "dotnet restore --use-lock-file"),
];

/// A lockfile: where it holds, and which packages it names.
struct Lock<'a> {
    document: &'a Document,
    folder: &'a str,
    names: BTreeSet<String>,
}

impl<'a> Lock<'a> {
    fn of(document: &'a Document, ecosystem: &Ecosystem) -> Self {
        let names = document.components.iter().map(|one| ecosystem.normal_name(&one.name));
        Self { document, folder: folder_of(&document.path), names: names.collect() }
    }

    /// Whether it says which packages a manifest gets: that of its own folder, or one below it all of
    /// whose packages it names. What stands below may as well be a project of its own, and a list of
    /// pins (`requirements-dev.txt`) be one of something else.
    fn answers(&self, manifest: &Document, ecosystem: &Ecosystem) -> bool {
        let here = folder_of(&manifest.path) == self.folder;
        if here && self.document.reader != "requirements" {
            return true;
        }
        // A catalogue may list what no build uses.
        let listed = |name: &str| self.names.contains(&ecosystem.normal_name(name));
        let mut wanted = manifest.requirements.iter().filter(|one| one.liftable);
        is_below(&manifest.path, self.folder)
            && (manifest.reader == "gradle-catalog" || wanted.all(|one| listed(&one.name)))
    }
}

/// Manifests that no lockfile answers: the versions in use stand nowhere.
fn unlocked(look: &Look, found: &mut Found) {
    let read_by = |reader: &'static str| {
        look.documents.iter().filter(move |document| document.reader == reader)
    };
    for (manifest, locks, ecosystem, command) in LOCKABLE {
        let ecosystem = Ecosystem::new(ecosystem);
        let mut manifests =
            read_by(manifest).filter(|document| !document.requirements.is_empty()).peekable();
        if manifests.peek().is_none() {
            continue;
        }
        let all = look.documents.iter().filter(|document| locks.contains(&document.reader));
        let locked: Vec<Lock<'_>> = all.map(|document| Lock::of(document, &ecosystem)).collect();
        for document in manifests {
            if !locked.iter().any(|lock| lock.answers(document, &ecosystem)) {
                let place = document.requirements.first().map(|one| one.place.clone());
                found.gaps.push(no_lockfile(document, &ecosystem, command, place));
            }
        }
    }
    // What a build program asks for stands in no list; where a catalogue does, that is told.
    let maven = Ecosystem::new(Ecosystem::MAVEN);
    let mut told = read_by("gradle-lock").chain(read_by("gradle-catalog")).peekable();
    if told.peek().is_none() {
        for document in read_by("gradle").filter(|document| asks(document)) {
            let command = "gradle dependencies --write-locks";
            found.gaps.push(no_lockfile(document, &maven, command, None));
        }
    }
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
