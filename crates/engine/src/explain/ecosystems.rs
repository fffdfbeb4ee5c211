//! What each known ecosystem is, put together from the registries of the rooms: names, versions and
//! feeds from `advisories`, readers from `sense`, ways to fix from `advisories` and `act`.

use holdfast_act::refresh::{LOCKFILES, PackageManager};
use holdfast_act::{by_hand, kept_by_hand, overrides};
use holdfast_advisories::ecosystems::{ECOSYSTEMS, Known};
use holdfast_advisories::{lift, version};
use holdfast_model::Tool;
use holdfast_sense::lockfile::unread_files;
use holdfast_sense::{Tells, reader_for, readers, tells};

use super::Topic;

/// One topic for each.
pub(super) fn topics() -> impl Iterator<Item = Topic> {
    ECOSYSTEMS.iter().map(|known| {
        let paragraphs = [
            format!("{}.", known.about.title),
            known.names(),
            known.versions(),
            told_by(known.about.id),
            known.feeds(),
            fixed_by(known),
            not_assessed(known),
        ];
        Topic {
            kind: "ecosystem",
            id: known.about.id.to_owned(),
            text: paragraphs.join("\n\n"),
            file: known.about.file.to_owned(),
        }
    })
}

/// Names in a row, as code.
fn row<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn told_by(family: &str) -> String {
    let ids = || readers().iter().map(|reader| reader.about().id);
    let own = row(ids().filter(|id| tells(id).names(family)));
    let bills = row(ids().filter(|id| tells(id) == Tells::Whatever));
    if own.is_empty() {
        format!("Bills of materials alone tell of its packages: {bills}.")
    } else {
        format!("Readers of its packages and of their feeds: {own}; bills of materials: {bills}.")
    }
}

fn fixed_by(known: &Known) -> String {
    let ecosystem = known.ecosystem();
    if known.is_distribution() {
        // The types of package URLs are those of the package managers that plans know.
        return if ecosystem.purl("x", None).is_some() {
            let tools = row(Tool::ALL.into_iter().map(Tool::word));
            format!("A plan brings its packages to a version without the weakness: {tools}.")
        } else {
            "No plan updates its packages: the package manager of the system does.".to_owned()
        };
    }
    if version::order_of(&ecosystem).is_none() {
        return "Nothing of it is found, and so nothing fixed.".to_owned();
    }
    let family = ecosystem.family();
    let own = |file: &&str| {
        reader_for(file, b"").is_some_and(|reader| tells(reader.about().id).names(family))
    };
    let mut sentences = Vec::new();
    if lift::speaks(&ecosystem) {
        sentences.push("`fix` lifts requirements where manifests write them.".to_owned());
    }
    let kept: Vec<&str> = LOCKFILES.into_iter().filter(own).collect();
    if !kept.is_empty() {
        sentences.push(format!("Its own tools bring lockfiles in line: {}.", row(kept.clone())));
    }
    let last: Vec<String> = kept.iter().filter_map(|file| overridden(file)).collect();
    if !last.is_empty() {
        sentences.push(format!("The last resort is an override: {}.", last.join(", ")));
    }
    let people = kept_by_hand().filter(own).filter_map(|file| {
        let does = by_hand((file, 1), "NAME", "VERSION")?;
        Some(format!("For `{file}` people {does}."))
    });
    sentences.extend(people);
    if sentences.is_empty() {
        return "`fix` writes nothing here: it says which version to have, and where.".to_owned();
    }
    sentences.join(" ")
}

/// Where an override stands that a lockfile follows, in words.
fn overridden(file: &str) -> Option<String> {
    let manifest = overrides::manifest(PackageManager::of(file, b"")?)?;
    Some(format!("in `{manifest}` for `{file}`"))
}

fn not_assessed(known: &Known) -> String {
    let mut parts = known.gaps();
    let unread = unread_files(known.about.id).map(|(file, tool)| format!("`{file}` of {tool}"));
    parts.extend(unread);
    format!("Not assessed: {}.", parts.join("; "))
}
