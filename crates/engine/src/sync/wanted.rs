//! Which ecosystems of a whole export are wanted: those that this folder and this machine have,
//! and those that were fetched before.
//!
//! The whole export has gigabytes, of which one machine needs a few hundredths. The export itself
//! says how its ecosystems are written: OSV names some otherwise than everybody else.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::distribution::canonical;
use holdfast_model::{Ecosystem, Origin, Place, Problem, Target};
use holdfast_world::{Kind, World};

use super::source::is_ecosystem;
use crate::controls::Controls;
use crate::failure::Failure;
use crate::{host, sensors, settings};

/// How many ecosystems are read; OSV has some forty, three hundred with their releases.
const MOST: usize = 10_000;

/// Chooses among the names of an export; `kept` is the folder of what was fetched before.
pub(super) fn of_export(
    world: &World,
    address: &str,
    names: &[u8],
    kept: &Path,
    problems: &mut Vec<Problem>,
) -> Result<Vec<String>, Failure> {
    let listed = read(names);
    if listed.is_empty() {
        let place = Place::start_of(super::source::without_user(address));
        let problem = Problem::at("no-ecosystems", place, "this is no list of ecosystems");
        let help = "see whether the address is the right one; what was there stays";
        return Err(Failure::NotDone(problem.help(help)));
    }
    let (chosen, absent) = choose(&here(world)?, &listed, &before(world, kept));
    if chosen.is_empty() {
        let message = "nothing is here that a feed speaks of";
        return Err(Problem::new("no-ecosystems", message)
            .help("name the ecosystem: holdfast advisories sync --from https://host/path/PyPI")
            .into());
    }
    for ecosystem in absent {
        let place = Place::start_of(super::source::without_user(address));
        let message = format!("this export has no feed for {ecosystem} packages");
        problems.push(
            Problem::at("feed-absent", place, message)
                .help("name another source for them; until then they are not assessed"),
        );
    }
    Ok(chosen)
}

/// The ecosystems that were fetched before into this folder.
pub(super) fn before(world: &World, kept: &Path) -> BTreeSet<String> {
    let entries = world.files.list(kept, Path::new("")).unwrap_or_default().into_iter();
    entries
        .filter(|entry| entry.kind == Kind::Folder)
        .filter_map(|entry| entry.name.into_string().ok())
        .filter(|name| is_ecosystem(name))
        .collect()
}

fn read(names: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(names);
    let lines = text.lines().take(MOST).map(str::trim);
    lines.filter(|name| is_ecosystem(name)).map(str::to_owned).collect()
}

/// What this folder and this machine hold packages of.
fn here(world: &World) -> Result<BTreeSet<Ecosystem>, Failure> {
    let folder = sensors::open(world, Path::new("."))?;
    let settings = settings::read(&folder.tree, None, &world.clock.zone())?;
    let tree = sensors::look_at_folder(world, &folder, &settings)?;
    let none = Arc::new(Controls::default());
    let host = host::look_at(world, &Target::Local, &none, &settings.config)?;
    let components = tree.components().chain(host.components());
    let others = components.filter(|(_, component)| component.origin != Origin::Tree);
    Ok(others.map(|(_, component)| component.ecosystem.clone()).collect())
}

/// The names that are fetched, and what is wanted and not there. A release's own feed is preferred
/// to that of its whole distribution.
fn choose(
    wanted: &BTreeSet<Ecosystem>,
    listed: &BTreeSet<String>,
    before: &BTreeSet<String>,
) -> (Vec<String>, Vec<Ecosystem>) {
    let mut chosen: BTreeSet<&String> = listed.intersection(before).collect();
    let mut absent = Vec::new();
    for ecosystem in wanted {
        // Repositories of one release are published apart.
        let wanted = canonical(ecosystem.as_str());
        let of = |name: &&String| canonical(Ecosystem::new(name).as_str()) == wanted;
        let before = chosen.len();
        let own: Vec<&String> = listed.iter().filter(of).collect();
        if own.is_empty() {
            let whole = |name: &&String| Ecosystem::new(name).as_str() == ecosystem.family();
            chosen.extend(listed.iter().find(whole));
            if chosen.len() == before && !listed.iter().any(|name| whole(&name)) {
                absent.push(ecosystem.clone());
            }
        } else {
            chosen.extend(own);
        }
    }
    (chosen.into_iter().cloned().collect(), absent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_is_here_and_what_was_fetched_before_is_chosen_as_the_export_writes_it() {
        let wanted = ["cargo", "npm", "Debian:12", "Ubuntu:22.04:LTS", "nowhere"];
        let wanted: BTreeSet<Ecosystem> = wanted.into_iter().map(Ecosystem::new).collect();
        let listed = read(
            b"Alpine\r\n\ncrates.example\nDebian\nDebian:12\nDebian:13\nGo\nnpm\nUbuntu\n../x\n\xff\n",
        );
        let (chosen, absent) = choose(&wanted, &listed, &set(&["Go", "Hex"]));
        assert_eq!(chosen, ["Debian:12", "Go", "Ubuntu", "crates.example", "npm"]);
        assert_eq!(absent, [Ecosystem::new("nowhere")]);
    }
}
