//! The sensor of hosts: this machine, or the root of another system as a folder.
//!
//! Knows which files make up a host's package database and hands collectors what they ask for;
//! knows no format.

mod containers;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use holdfast_model::{
    Asset, AssetId, AssetKind, Coverage, Exposure, Fact, Problem, Standing, Target, Trait,
    TraitValue,
};
use holdfast_posture::{Seen, resources};
use holdfast_rulefile::Config;
use holdfast_sense::host::running::{self, Running, asks_as_root, for_root};
use holdfast_sense::host::{Asked, collect};
use holdfast_sense::{Answer, FileStat, FileType, Need, Owned, Sieve, Walked, packages};
use holdfast_world::{Command, Kind, OwnedBy, ReadError, Root, RunError, Stat, World};

use crate::baselines;
use crate::controls::Controls;
use crate::facts;
use crate::gather::{Tree, Unread, gather};
use crate::hosts;
use crate::installed;
use crate::look::{HostFacts, LeftOut, Look};
use crate::remote;
use crate::settings;
use crate::trees::Machine;

/// The package database of a Debian-like machine.
const DPKG_STATUS: &str = "/var/lib/dpkg/status";
/// What a machine is looked at for; patterns over absolute paths. Those of other package managers
/// follow, see [`databases`].
const HOST_FILES: [&str; 4] =
    ["/etc/os-release", DPKG_STATUS, "/var/lib/dpkg/status.d/*", "/var/lib/apt/lists/*_Packages*"];
/// Where apt keeps its lists.
pub(crate) const APT_LISTS: &str = "/var/lib/apt/lists";
/// Lists that are older than this say nothing about today's updates; a week, in milliseconds.
const STALE_MS: i64 = 7 * 86_400_000;
/// The largest file that a collector is given, in bytes.
const COLLECTED_LIMIT: u64 = 64 << 20;
/// How long a program may take that a collector asks.
const PROGRAM_TIME: Duration = Duration::from_secs(10);
/// The most that it may say, in bytes.
const PROGRAM_OUTPUT: usize = 1 << 20;

/// Opens the files of a target.
///
/// # Errors
///
/// Where there is no such folder.
pub fn open(world: &World, target: &Target) -> Result<Machine, Problem> {
    let root = match target {
        Target::Local => world.machine(),
        Target::Root(path) => world.system(Path::new(&**path)).map_err(|error| {
            let message = format!("the root `{path}` cannot be opened: {error}");
            Problem::new("cannot-open", message).help("name the folder of a system: root:/path")
        })?,
        Target::Ssh(named) | Target::Facts(named) => {
            let message = format!("the files of `{named}` are not here");
            let help = "look at it by its controls: holdfast audit";
            return Err(Problem::new("cannot-open", message).help(help));
        }
    };
    Ok(Machine { root })
}

/// The identity of a target. The root of another system is known by where it stands, since copies
/// of one image share everything else. What `[host]` says of this machine is nothing about a host
/// over ssh, whoever looks.
pub fn identify(world: &World, target: &Target, config: &Config) -> Asset {
    let host = &world.host;
    let (id, name) = match target {
        Target::Local => (format!("host:{}", host.id), host.name.clone()),
        Target::Root(path) => (format!("root:{}:{path}", host.id), format!("root:{path}")),
        Target::Ssh(address) => (address.to_string(), remote::name(address)),
        // Of one that said which machine it is, `facts` says so.
        Target::Facts(path) => (format!("facts:{}:{path}", host.id), path.to_string()),
    };
    let said = &config.host.asset;
    let team = settings::team(said, &host.user);
    let name = said.name.clone().filter(|_| *target == Target::Local).unwrap_or(name);
    let mut asset = Asset::new(AssetId(id.into()), AssetKind::Host, name, team);
    asset.ring = config.host.ring_of(target).map(str::to_owned);
    if let Target::Ssh(_) | Target::Facts(_) = target {
        return asset;
    }
    asset.exposure = said.exposure.unwrap_or(Exposure::Unknown);
    asset.tier = said.tier.unwrap_or(asset.tier);
    asset.labels.clone_from(&said.labels);
    asset
}

/// The target that an asset of ours is.
pub fn target_of(world: &World, id: &str) -> Option<Target> {
    let own = &world.host.id;
    if id == format!("host:{own}") {
        return Some(Target::Local);
    }
    if id.starts_with("ssh://") {
        return Target::parse(id);
    }
    let path = id.strip_prefix("root:")?.strip_prefix(own.as_str())?.strip_prefix(':')?;
    Some(Target::Root(path.into()))
}

/// Looks at a host: its packages, and what its controls ask about.
///
/// # Errors
///
/// Where a root cannot be opened.
pub fn look_at(
    world: &World,
    target: &Target,
    controls: &Arc<Controls>,
    config: &Config,
) -> Result<Look, Problem> {
    if let Target::Ssh(address) = target {
        return remote::look_at(world, address, controls, config);
    }
    let machine = open(world, target)?;
    let mut files: Vec<Arc<str>> =
        HOST_FILES.iter().flat_map(|pattern| machine.glob(pattern)).collect();
    files.sort();
    files.dedup();
    files.extend(databases(&machine));
    let running = *target == Target::Local;
    let tree = Asking { machine: &machine, world: running.then_some(world) };
    let (mut documents, mut left_out) = gather(&tree, &files);
    let debian =
        documents.iter().any(|one| &*one.path == DPKG_STATUS && !one.components.is_empty());
    if debian {
        left_out.extend(package_lists(world, &machine, &files));
    } else if !documents.iter().any(|document| !document.components.is_empty()) {
        left_out.push(LeftOut {
            path: DPKG_STATUS.into(),
            reason: "no package database that can be read is here".to_owned(),
            closes_with: "a later Holdfast".to_owned(),
        });
    }
    let (installed, gaps) = installed::look(&machine, &tree, running);
    documents.extend(installed);
    left_out.extend(gaps);
    let mut look = settings(world, &machine, target, controls, config);
    if let (true, Some(host)) = (running, &mut look.host) {
        let runs = running::running(&mut |need| answer(world, &machine.root, true, need));
        host.owners = owners(&machine, &runs);
        host.running = Some(runs);
    }
    let runs = containers::of(&machine);
    look.asset.labels.extend(runs.labels);
    look.problems.extend(runs.problems);
    left_out.extend(runs.left_out);
    Ok(Look { documents, left_out, ..look })
}

/// Which packages own the files of which old copies are in use. Only where there are some is it
/// worth to read the lists of all packages.
fn owners(machine: &Machine, runs: &Running) -> Vec<(Arc<str>, Arc<str>)> {
    if runs.old.is_empty() {
        return Vec::new();
    }
    let mut owners = Vec::new();
    for list in machine.glob("/var/lib/dpkg/info/*.list") {
        let Ok(bytes) = machine.read(&list) else { continue };
        let name = list.rsplit('/').next().and_then(|name| name.strip_suffix(".list"));
        let Some(name) = name.and_then(|name| name.split(':').next()) else { continue };
        packages::owned::files_of(&list, &bytes, None, &mut |file| {
            // A package may name a folder that is a link: `/lib/x` is `/usr/lib/x`.
            let owned = runs
                .old
                .iter()
                .find(|copy| *copy.path == *file || copy.path.strip_prefix("/usr") == Some(file));
            owners.extend(owned.map(|copy| (Arc::clone(&copy.path), Arc::from(name))));
        });
    }
    owners
}

/// The databases of apk and rpm. Where rpm's stands in several forms or places, as behind a link
/// or after a change of form, the first one counts.
fn databases(machine: &Machine) -> Vec<Arc<str>> {
    let there = |name: &&str| machine.root.has_file(name);
    let apk = packages::apk::places().find(there);
    let rpm = packages::rpm::places().find(there);
    apk.into_iter().chain(rpm).map(|name| format!("/{name}").into()).collect()
}

/// A machine whose programs may be asked, where it runs.
struct Asking<'m> {
    machine: &'m Machine,
    world: Option<&'m World>,
}

impl Tree for Asking<'_> {
    fn glob(&self, pattern: &str) -> Vec<Arc<str>> {
        self.machine.glob(pattern)
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, Unread> {
        self.machine.read(path)
    }

    fn size(&self, path: &str) -> Option<u64> {
        self.machine.size(path)
    }

    fn part(&self, path: &str, offset: u64, length: usize) -> Result<Arc<[u8]>, Unread> {
        self.machine.part(path, offset, length)
    }

    fn ask(&self, words: &[Arc<str>]) -> Answer {
        self.world.map_or(Answer::Missing, |world| program(world, words))
    }
}

/// Looks only at what the controls of a host ask about. To read all packages and every package
/// list costs many times as much, and no control is judged by them. What is said of a host over ssh
/// stands in the record, among `managed`.
///
/// # Errors
///
/// Where a root cannot be opened, a host does not answer, or a file holds no facts.
pub fn look_at_settings(
    world: &World,
    target: &Target,
    managed: &[holdfast_model::ManagedHost],
    controls: &Arc<Controls>,
    config: &Config,
) -> Result<Look, Problem> {
    if let Target::Ssh(_) = target {
        let asset = hosts::known(world, managed, target, config);
        return remote::look_at_settings(world, asset, controls, config);
    }
    if let Target::Facts(path) = target {
        return facts::look_at(world, path, controls, config);
    }
    Ok(settings(world, &open(world, target)?, target, controls, config))
}

fn settings(
    world: &World,
    machine: &Machine,
    target: &Target,
    controls: &Arc<Controls>,
    config: &Config,
) -> Look {
    let mut problems = controls.problems.clone();
    let mut asset = identify(world, target, config);
    let names = baselines::names_of(&asset);
    let (controls, said) = baselines::of_host(controls, config, target, &names, &mut problems);
    let walk = config.host.walk;
    let mut host = facts_of(world, &machine.root, target, &controls, said, walk, &mut problems);
    host.seen = host.seen.told(roles(&asset));
    if *target == Target::Local && config.host.asset.exposure.is_none() {
        asset.exposure = host.exposure();
    }
    look_of(asset, Some(host), problems)
}

/// What a host is for, for conditions.
pub(crate) fn roles(asset: &Asset) -> Trait {
    let roles = baselines::names_of(asset).roles;
    let because = match roles.len() {
        0 => "no label begins with `role:`",
        _ => "its labels say so",
    };
    Trait {
        name: "roles".into(),
        value: Some(TraitValue::Texts(roles.into_iter().map(Into::into).collect())),
        because: because.to_owned(),
    }
}

/// A look at a host, of which no document was read yet.
pub(crate) fn look_of(asset: Asset, host: Option<HostFacts>, problems: Vec<Problem>) -> Look {
    Look {
        asset,
        standing: Standing::Deployed,
        sensor: "host",
        coverage: Coverage::Full,
        revision: None,
        documents: Vec::new(),
        left_out: Vec::new(),
        problems,
        host,
        requests: Vec::new(),
        image: None,
    }
}

/// Package lists that are missing or old: what they would offer cannot be known.
fn package_lists(world: &World, machine: &Machine, files: &[Arc<str>]) -> Option<LeftOut> {
    let lists = files.iter().filter(|path| path.starts_with(APT_LISTS));
    let modified = lists.filter_map(|path| {
        machine.root.metadata(path.trim_start_matches('/')).ok().map(|found| found.modified)
    });
    let reason = match modified.max() {
        None => "there are no package lists to compare with".to_owned(),
        Some(newest) => {
            let age = world.clock.now().0.saturating_sub(newest.0);
            if age <= STALE_MS {
                return None;
            }
            format!("the package lists are {} days old", age / 86_400_000)
        }
    };
    let closes_with = "apt-get update".to_owned();
    Some(LeftOut { path: APT_LISTS.into(), reason, closes_with })
}

/// Collects what the controls ask about.
fn facts_of(
    world: &World,
    root: &Root,
    target: &Target,
    controls: &Arc<Controls>,
    said: BTreeMap<String, TraitValue>,
    walk: bool,
    problems: &mut Vec<Problem>,
) -> HostFacts {
    let asked = resources(controls.asked());
    let running = *target == Target::Local;
    let mut ask = |need: &Need| {
        // Nobody waits for a walk through a whole machine who did not ask for one.
        if running && !walk && matches!(need, Need::Walk { .. }) {
            return Answer::Unreadable("`walk = true` does not stand under `[host]`".into());
        }
        answer(world, root, running, need)
    };
    let mut facts = collect(&Asked { resources: &asked, running }, &mut ask);
    for_root(&mut facts, || running && asks_as_root(&mut ask));
    sorted(facts, target, controls, said, problems)
}

/// Sorts what collectors said of a host.
pub(crate) fn sorted(
    facts: Vec<Fact>,
    target: &Target,
    controls: &Arc<Controls>,
    said: BTreeMap<String, TraitValue>,
    problems: &mut Vec<Problem>,
) -> HostFacts {
    let (mut settings, mut traits, mut ports) = (Vec::new(), Vec::new(), Vec::new());
    for fact in facts {
        match fact {
            Fact::Setting(setting) => settings.push(setting),
            Fact::Trait(one) => traits.push(one),
            Fact::Port(port) => ports.push(port),
            Fact::Problem(problem) => problems.push(problem),
            _ => {}
        }
    }
    ports.sort_unstable();
    ports.dedup();
    let seen = Seen::new(settings, traits, said);
    HostFacts {
        target: target.clone(),
        controls: Arc::clone(controls),
        seen: if matches!(target, Target::Root(_)) { seen.at_rest() } else { seen },
        ports,
        running: None,
        owners: Vec::new(),
        note: None,
    }
}

/// What the machine answers a collector.
fn answer(world: &World, root: &Root, running: bool, need: &Need) -> Answer {
    let inside = |path: &str| path.trim_start_matches('/').to_owned();
    match need {
        Need::File(path) => match root.shared(inside(path), COLLECTED_LIMIT) {
            Ok(bytes) => Answer::Bytes(bytes),
            Err(error) => refused(&error),
        },
        Need::Sieved(path, sieve) => match sifted(root, &inside(path), sieve) {
            Ok(left) => Answer::Bytes(left.into()),
            Err(error) => refused(&error),
        },
        Need::Part { path, offset, length } => match root.part(inside(path), *offset, *length) {
            Ok(bytes) => Answer::Bytes(bytes.into()),
            Err(error) => refused(&error),
        },
        Need::Glob(pattern) => match root.glob(&inside(pattern)) {
            Ok(found) => Answer::Paths(found.iter().map(|path| absolute(path)).collect()),
            Err(ReadError::Missing) => Answer::Paths(Vec::new()),
            // A folder that may not be listed is not an empty one.
            Err(error) => refused(&error),
        },
        Need::Stat(path) => match root.stat(inside(path)) {
            Ok(stat) => Answer::Stat(stat_of(&stat)),
            Err(error) => refused(&error),
        },
        Need::Command(words) if running => program(world, words),
        Need::Command(_) => Answer::Missing,
        Need::Walk { names, skip } => walked(root, names, skip),
    }
}

/// What a sieve leaves of a file that is never held whole.
fn sifted(root: &Root, path: &str, sieve: &Sieve) -> Result<Vec<u8>, ReadError> {
    if root.metadata(path).is_ok_and(|found| found.size > COLLECTED_LIMIT) {
        // What is too large is refused as any file is.
        return root.shared(path, COLLECTED_LIMIT).map(|bytes| sieve.sift(&bytes));
    }
    let mut sifting = sieve.begin();
    root.pieces(path, &mut |piece| sifting.push(piece))?;
    Ok(sifting.finish())
}

pub(crate) fn stat_of(stat: &Stat) -> FileStat {
    FileStat {
        uid: stat.uid,
        gid: stat.gid,
        mode: stat.mode,
        kind: match stat.kind {
            Kind::File => FileType::File,
            Kind::Folder => FileType::Folder,
            Kind::Link => FileType::Link,
            Kind::Other => FileType::Other,
        },
        // One that is not UTF-8 leads nowhere that a setting could name.
        link: stat.link.as_deref().and_then(Path::to_str).map(Into::into),
    }
}

/// What a walk through all files of the machine finds.
fn walked(root: &Root, names: &[Arc<str>], skip: &[Arc<str>]) -> Answer {
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    let skip: Vec<&str> = skip.iter().map(|path| path.trim_start_matches('/')).collect();
    let survey = match root.survey(&names, &skip) {
        Ok(survey) => survey,
        Err(error) => return refused(&error),
    };
    let found = survey.found.into_iter().map(|one| (absolute(&one.path), stat_of(&one.stat)));
    let owned = |one: OwnedBy| Owned {
        uid: one.uid,
        gid: one.gid,
        count: one.count,
        example: absolute(&one.example),
    };
    Answer::Walked(Arc::new(Walked {
        found: found.collect(),
        owners: survey.owners.into_iter().map(owned).collect(),
        unread: survey
            .unread
            .iter()
            .map(|(path, why)| (absolute(path), why.as_str().into()))
            .collect(),
        unread_count: survey.unread_count,
        cut: survey.truncated,
    }))
}

fn absolute(path: &str) -> Arc<str> {
    if path.starts_with('/') { path.into() } else { format!("/{path}").into() }
}

pub(crate) fn refused(error: &ReadError) -> Answer {
    match error {
        ReadError::Missing => Answer::Missing,
        ReadError::Denied => Answer::Denied,
        other => Answer::Unreadable(other.to_string().into()),
    }
}

fn program(world: &World, words: &[Arc<str>]) -> Answer {
    let Some((program, arguments)) = words.split_first() else { return Answer::Missing };
    let mut command = Command::new(&**program, "/").args(arguments.iter().map(|word| &**word));
    command.clear = true;
    command.environment = vec![("LC_ALL".to_owned(), "C".to_owned())];
    command.timeout = PROGRAM_TIME;
    command.output_limit = PROGRAM_OUTPUT;
    match world.run.run(&command) {
        Ok(output) if output.timed_out => {
            Answer::Unreadable(format!("`{program}` did not end within ten seconds").into())
        }
        // Nobody can tell what stood in the rest.
        Ok(output) if output.truncated => {
            Answer::Unreadable(format!("`{program}` said more than {PROGRAM_OUTPUT} bytes").into())
        }
        Ok(output) => Answer::Output {
            status: output.status,
            stdout: output.stdout.into(),
            stderr: output.stderr.into(),
        },
        Err(RunError::NotInstalled) => Answer::Missing,
        Err(RunError::Denied) => Answer::Denied,
        Err(error) => Answer::Unreadable(error.to_string().into()),
    }
}

#[cfg(test)]
mod tests;
