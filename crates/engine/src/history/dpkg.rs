//! What dpkg's log tells of this machine's packages.
//!
//! Knows which files dpkg writes and what its steps mean for what is installed; how a line is
//! written belongs to `sense`. What stood there before the log begins is told by the first step of
//! each package, and for those that never changed by what is installed now. All versions are
//! judged for the release that runs now: the log does not say which one ran then.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use holdfast_findings::locus as loci;
use holdfast_learn::Spell;
use holdfast_model::{Ecosystem, Locus, Problem, Standing, Timestamp};
use holdfast_sense::event::{self, DpkgLine, dpkg_line};
use holdfast_world::World;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::replay::{Judge, Replay, Weak};
use super::{Source, SourceRow};
use crate::document::written;
use crate::gather::{Tree as _, document};
use crate::trees::Machine;

/// Where dpkg writes, with what logrotate(8) leaves.
const LOGS: &str = "/var/log/dpkg.log*";
/// What is installed now.
const STATUS: &str = "/var/lib/dpkg/status";
/// The largest log that is read, and the most it may unpack to, in bytes.
const LARGEST: usize = 64 << 20;

/// A binary package: name and architecture.
type Package = (Arc<str>, Arc<str>);

/// The package turned into another version, or went.
struct Step {
    at: Timestamp,
    package: Package,
    /// What was there before, as far as the line says.
    old: Option<Arc<str>>,
    new: Option<Arc<str>>,
}

/// How a binary package's version tells its source's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbering {
    Same,
    /// Rebuilt: `1.0-1+b2` of `1.0-1`.
    Rebuilt,
    /// Of its own: nobody can say which source version an old one was built from.
    Own,
}

struct Built {
    source: Arc<str>,
    numbering: Numbering,
}

/// Replays the log of this machine.
pub(super) fn replay(
    world: &World,
    source: &Source<'_>,
    judge: &mut Judge<'_>,
    now: Timestamp,
) -> (Vec<Spell>, Option<SourceRow>, Vec<Problem>) {
    let machine = Machine { root: world.machine() };
    let mut problems = Vec::new();
    let (steps, files, refused) = steps(&machine, &world.clock.zone(), now, &mut problems);
    let Some(first) = steps.first().map(|step| step.at) else {
        return (Vec::new(), None, problems);
    };
    let Some(installed) = Installed::now(&machine) else {
        return (Vec::new(), None, problems);
    };
    let mut there = installed.at_the_beginning(&steps);
    let mut replay = Replay::new(source.asset, Standing::Deployed, source.team);
    let mut by_source: BTreeMap<Arc<str>, Vec<Package>> = BTreeMap::new();
    for package in there.keys().chain(steps.iter().map(|step| &step.package)) {
        let all = by_source.entry(installed.source_of(package)).or_default();
        if !all.contains(package) {
            all.push(package.clone());
        }
    }
    for (name, packages) in &by_source {
        installed.state(&mut replay, judge, first, name, packages, &there);
    }
    let count = steps.len() as u64;
    for step in steps {
        match step.new {
            Some(version) => there.insert(step.package.clone(), version),
            None => there.remove(&step.package),
        };
        let name = installed.source_of(&step.package);
        let packages = by_source.get(&name).map(Vec::as_slice).unwrap_or_default();
        installed.state(&mut replay, judge, step.at, &name, packages, &there);
    }
    let row = SourceRow {
        source: "dpkg.log",
        asset: source.asset.id.to_string(),
        states: count,
        files,
        from: Some(written(first)),
        cut: false,
        unreadable: refused,
    };
    (replay.finish(judge, now), Some(row), problems)
}

/// Every step of all logs by time, how many logs there are, and how many lines say nothing.
fn steps(
    machine: &Machine,
    zone: &TimeZone,
    now: Timestamp,
    problems: &mut Vec<Problem>,
) -> (Vec<Step>, u64, u64) {
    let (mut steps, mut files, mut refused) = (Vec::new(), 0, 0);
    for path in machine.glob(LOGS) {
        let bytes = match machine.read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let why = match error {
                    crate::gather::Unread::Missing => continue,
                    crate::gather::Unread::Denied => "you may not read it".to_owned(),
                    crate::gather::Unread::Other(why) => why,
                };
                let message = format!("`{path}` cannot be read: {why}");
                problems.push(Problem::new("cannot-read", message).help("ask as root"));
                continue;
            }
        };
        files += 1;
        let unpacked = event::is_gzip(&bytes).then(|| event::unpacked_head(&bytes, LARGEST));
        let text = String::from_utf8_lossy(unpacked.as_deref().unwrap_or(&bytes)).into_owned();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match dpkg_line(line) {
                Some(line) => steps.extend(step(&line, zone, now)),
                None => refused += 1,
            }
        }
    }
    // Rotated logs come in no order; lines of one second keep theirs.
    steps.sort_by_key(|step: &Step| step.at);
    (steps, files, refused)
}

/// What a line means for what is installed. A package is upgraded when its new version is
/// `installed`, not when dpkg begins with it.
fn step(line: &DpkgLine<'_>, zone: &TimeZone, now: Timestamp) -> Option<Step> {
    let time: DateTime = line.time.replacen(' ', "T", 1).parse().ok()?;
    let at = Timestamp(time.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()).min(now);
    let text = |text: &str| (!text.is_empty()).then(|| Arc::from(text));
    let (old, new) = match (line.operation, line.state) {
        // The version that was there stays until the new one is installed.
        ("upgrade" | "remove" | "purge", _) => (text(line.old_version), text(line.old_version)),
        ("status", "installed") => (None, text(line.version)),
        ("install", _) | ("status", "not-installed" | "config-files") => (None, None),
        ("disappear", _) => (text(line.old_version), None),
        _ => return None,
    };
    let package = (Arc::from(line.package), Arc::from(line.arch));
    Some(Step { at, package, old, new })
}

/// What is installed now, and what it was built from.
struct Installed {
    ecosystem: Ecosystem,
    versions: HashMap<Arc<str>, Arc<str>>,
    built: HashMap<Arc<str>, Built>,
}

impl Installed {
    fn now(machine: &Machine) -> Option<Self> {
        let path: Arc<str> = STATUS.into();
        let reader = holdfast_sense::reader_for(&path, &[])?;
        let document = document(machine, &path, reader).ok()?;
        let ecosystem = document.components.first()?.ecosystem.clone();
        let (mut versions, mut built) = (HashMap::new(), HashMap::new());
        for component in document.components {
            let Some(version) = component.version else { continue };
            let (source, numbering) = match component.source {
                Some(source) => {
                    let numbering = numbering(&version, &source.version);
                    (source.name, numbering)
                }
                None => (Arc::clone(&component.name), Numbering::Same),
            };
            built.insert(Arc::clone(&component.name), Built { source, numbering });
            versions.insert(component.name, version);
        }
        Some(Self { ecosystem, versions, built })
    }

    /// What was there when the log begins: what the first step of each package left behind, and
    /// whatever no step speaks of.
    fn at_the_beginning(&self, steps: &[Step]) -> HashMap<Package, Arc<str>> {
        let mut there: HashMap<Package, Arc<str>> = HashMap::new();
        let mut seen: BTreeSet<&Package> = BTreeSet::new();
        for step in steps {
            // What is `installed` without having been begun with was there before, in that version.
            let before = step.old.as_ref().or(step.new.as_ref());
            if seen.insert(&step.package)
                && let Some(before) = before
            {
                there.insert(step.package.clone(), Arc::clone(before));
            }
        }
        let names: BTreeSet<&Arc<str>> = steps.iter().map(|step| &step.package.0).collect();
        for (name, version) in &self.versions {
            if !names.contains(name) {
                there.insert((Arc::clone(name), "".into()), Arc::clone(version));
            }
        }
        there
    }

    fn source_of(&self, package: &Package) -> Arc<str> {
        let built = self.built.get(&package.0);
        built.map_or_else(|| Arc::clone(&package.0), |built| Arc::clone(&built.source))
    }

    /// The version of the source that a binary package in this version was built from.
    fn source_version(&self, package: &Package, version: &Arc<str>) -> Option<Arc<str>> {
        match self.built.get(&package.0).map_or(Numbering::Same, |built| built.numbering) {
            Numbering::Same | Numbering::Rebuilt => Some(without_rebuild(version).into()),
            Numbering::Own => None,
        }
    }

    fn state(
        &self,
        replay: &mut Replay<'_>,
        judge: &mut Judge<'_>,
        at: Timestamp,
        source: &Arc<str>,
        packages: &[Package],
        there: &HashMap<Package, Arc<str>>,
    ) {
        let own = loci::system_package(&self.ecosystem, source);
        let mut weak = Vec::new();
        for package in packages {
            let version = there.get(package).and_then(|one| self.source_version(package, one));
            let Some(version) = version else { continue };
            for hit in judge.judge(&self.ecosystem, source, &version).iter() {
                let one = Weak {
                    at: *hit,
                    ecosystem: self.ecosystem.clone(),
                    name: Arc::clone(source),
                    version: Arc::clone(&version),
                    dev: false,
                    direct: None,
                };
                weak.push((own.clone(), one));
            }
        }
        replay.state(judge, at, &|locus: &Locus| *locus == own, weak);
    }
}

fn numbering(binary: &str, source: &str) -> Numbering {
    match binary {
        same if same == source => Numbering::Same,
        rebuilt if without_rebuild(rebuilt) == source => Numbering::Rebuilt,
        _ => Numbering::Own,
    }
}

/// A version without the mark of a rebuild without changes (Debian Policy, 5.6.12).
fn without_rebuild(version: &str) -> &str {
    let cut = version.rsplit_once("+b").filter(|(_, number)| {
        !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
    });
    cut.map_or(version, |(before, _)| before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rebuilds_are_their_source() {
        assert_eq!(without_rebuild("1.0-1+b12"), "1.0-1");
        assert_eq!(without_rebuild("1.0-1+bar"), "1.0-1+bar");
        assert!(numbering("1.0-1+b1", "1.0-1") == Numbering::Rebuilt);
        assert!(numbering("4:12.2.0-3", "1.203") == Numbering::Own);
    }
}
