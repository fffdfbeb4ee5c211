//! Debian's security tracker as one JSON document (security-tracker.debian.org/tracker/data/json):
//! source package, then weakness, then release.
//!
//! Its words have five different meanings, and none of them is "a fix is there": `resolved` with the
//! version `0` was never affected; `open` is affected, and `nodsa` says what is done about it;
//! `undetermined` is known to nobody; `unimportant` and `end-of-life` are urgencies.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_model::{Ecosystem, Place, Problem};
use serde_json::{Value, json};

use super::lenient::Pairs;
use super::{Each, LARGEST, Made};
use crate::osv::{Word, unreadable};
use crate::unpack;

/// The feed's name.
pub(super) const FEED: &str = Ecosystem::DEBIAN;

/// The numbers of releases by their names (debian.org/releases). `sid` has none: whoever runs it
/// is on no release.
const RELEASES: [(&str, &str); 10] = [
    ("squeeze", "6"),
    ("wheezy", "7"),
    ("jessie", "8"),
    ("stretch", "9"),
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
    ("forky", "14"),
    ("duke", "15"),
];

/// What a release says of a package.
type State<'a> = Pairs<'a, Word<'a>>;
/// Releases, or a description.
type Part<'a> = Pairs<'a, State<'a>>;
/// Packages, their weaknesses, and the parts of each.
type Document<'a> = Pairs<'a, Pairs<'a, Pairs<'a, Part<'a>>>>;

/// What is gathered of one weakness.
#[derive(Default)]
struct Gathered<'a> {
    description: Option<&'a str>,
    affected: Vec<Value>,
}

/// Reads the whole tracker. An `Err` has the code `tracker-unreadable` or `feed-file-too-large`.
pub fn records(path: &str, bytes: &[u8], each: Each<'_>) -> Result<(), Problem> {
    let bytes = unpack::gzip(path, bytes, LARGEST, ("tracker-unreadable", "feed-file-too-large"))?;
    let json = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let packages: Document<'_> = serde_json::from_slice(json).map_err(|error| {
        unreadable("tracker-unreadable", path, json, &error)
            .help("fetch it again: it is one JSON object, packages by their names")
    })?;
    if !packages.is_one {
        let message = "this is no object of packages";
        return Err(Problem::at("tracker-unreadable", Place::start_of(path), message)
            .help("fetch it again: it is one JSON object, packages by their names"));
    }
    let mut all: BTreeMap<&str, Gathered<'_>> = BTreeMap::new();
    let mut nameless = BTreeSet::new();
    for (package, weaknesses) in &packages.list {
        if !weaknesses.is_one {
            each(Err(bad_entry(path, &format!("what stands under `{}`", package.get()))));
        }
        for (id, weakness) in &weaknesses.list {
            let releases = weakness.get("releases").filter(|releases| releases.is_one);
            let Some(releases) = releases else {
                let what = format!("`releases` of `{}` of `{}`", id.get(), package.get());
                each(Err(bad_entry(path, &what)));
                continue;
            };
            let mut affected = Vec::new();
            for (release, state) in &releases.list {
                let number = RELEASES.iter().find(|(name, _)| *name == release.get());
                match (number, release.get()) {
                    (Some((_, number)), name) => {
                        if let Some(said) = of_release(package.get(), number, state) {
                            affected.push(said);
                        } else {
                            let what = format!("`{name}` of `{}` of `{}`", id.get(), package.get());
                            each(Err(bad_entry(path, &what)));
                        }
                    }
                    (None, "sid") => {}
                    (None, name) => {
                        nameless.insert(name);
                    }
                }
            }
            if affected.is_empty() {
                continue;
            }
            let gathered = all.entry(id.get()).or_default();
            gathered.affected.append(&mut affected);
            let description = weakness.get("description").and_then(|part| part.text.get());
            gathered.description = gathered.description.or(description);
        }
    }
    for release in nameless {
        let message = format!("the release `{release}` has no number that is known");
        each(Err(Problem::at("tracker-release-unknown", Place::start_of(path), message)
            .help("a later Holdfast knows it; packages of that release are not assessed")));
    }
    for (name, gathered) in all {
        let id = format!("DEBIAN-{name}");
        let upstream: &[&str] = if name.starts_with("CVE-") { &[name] } else { &[] };
        let record = json!({
            "id": id,
            "upstream": upstream,
            "details": gathered.description,
            "affected": gathered.affected,
        });
        let json = record.to_string();
        each(Ok(Made { feed: FEED, id: &id, json: json.as_bytes() }));
    }
    Ok(())
}

/// What the tracker says of a package in a release; `None` where it says nothing.
fn of_release(package: &str, number: &str, state: &State<'_>) -> Option<Value> {
    let field = |name: &str| state.get(name).and_then(Word::get);
    let events = match (field("status")?, field("fixed_version")) {
        ("resolved", Some(fixed)) => json!([{"introduced": "0"}, {"fixed": fixed}]),
        ("open", _) => json!([{"introduced": "0"}]),
        // Undetermined, a status that nobody knows, a fix without its version: not assessed.
        _ => json!([]),
    };
    let decided = field("nodsa").map(|_| match field("nodsa_reason") {
        Some("ignored") => "ignored",
        Some("postponed") => "postponed",
        _ => "no-dsa",
    });
    let undetermined = (field("status") == Some("undetermined")).then_some("undetermined");
    let none = events.as_array().is_some_and(Vec::is_empty);
    let ranges = if none { json!([]) } else { json!([{"type": "ECOSYSTEM", "events": events}]) };
    Some(json!({
        "package": {"ecosystem": format!("{FEED}:{number}"), "name": package},
        "ranges": ranges,
        "ecosystem_specific": {
            "urgency": field("urgency"),
            "decision": undetermined.or(decided),
        },
    }))
}

fn bad_entry(path: &str, what: &str) -> Problem {
    Problem::at("tracker-entry-unreadable", Place::start_of(path), format!("{what} cannot be read"))
        .help("what it leaves open is not assessed; everything else was read")
}
