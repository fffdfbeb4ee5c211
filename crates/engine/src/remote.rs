//! Hosts far away: one script over ssh, and the look that comes of it.
//!
//! One connection answers what collectors ask of a common system; a second one is made only where
//! what came leads on. What a host does not answer is *not assessed*, with the reason. Knows no
//! format and nothing of ssh.

mod asking;
mod binary;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use holdfast_model::{Asset, Coverage, Fact, Fields, Problem, SshAddress, Target, TraitValue};
use holdfast_posture::resources;
use holdfast_rulefile::Config;
use holdfast_sense::host::running::for_root;
use holdfast_sense::host::{Asked, collect};
use holdfast_sense::remote::{Carried, Request, STREAM_LIMIT, Told};
use holdfast_sense::{Answer, Need};
use holdfast_world::{Ssh, World};

use crate::baselines;
use crate::controls::Controls;
use crate::gather::{Tree, Unread, gather};
use crate::host;
use crate::hosts;
use crate::look::{LeftOut, Look};

pub(crate) use asking::Asking;
pub(crate) use binary::binary;

/// How long one connection may take, with everything that is asked over it, unless the settings say
/// otherwise.
const TIME: Duration = Duration::from_mins(1);

/// Documents of a host that are asked for beside what its controls are about.
const DOCUMENTS: [&str; 2] = ["/etc/os-release", "/var/lib/dpkg/status"];
/// Where a host says which machine it is, see machine-id(5); the first counts.
pub(crate) const MACHINE_ID: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
/// The database of apk, of which the first counts: one folder may be a link to the other.
const APK: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];
/// The same by a pattern.
const FOLDER: &str = "/var/lib/dpkg/status.d/*";

/// Why something is not known that a host was asked.
const NOT_TOLD: &str = "the host did not tell over the network";

/// Why nothing came of a connection, and what would help.
struct NotReached {
    reason: String,
    closes_with: String,
}

/// The name of a host, as people call it.
pub(crate) fn name(address: &str) -> String {
    SshAddress::parse(address).map_or_else(|_| address.to_owned(), |one| one.host().to_owned())
}

/// Why a host was not looked at at all; `None` where it was.
pub(crate) fn not_reached(look: &Look) -> Option<Problem> {
    if look.host.is_some() {
        return None;
    }
    let gap = look.left_out.iter().find(|gap| *gap.path == *look.asset.id.0)?;
    let message = format!("`{}` was not looked at: {}", look.asset.id, gap.reason);
    Some(Problem::new("host-not-reached", message).help(gap.closes_with.clone()))
}

/// How a host was looked at, where that is not as it was wanted.
pub(crate) fn note(look: &Look) -> Option<&str> {
    look.host.as_ref()?.note.as_deref()
}

/// The configuration for `ssh` that stands in place of the user's, if there is one.
pub(crate) fn ssh_config(world: &World) -> Option<PathBuf> {
    let config = world.environment.get("HOLDFAST_SSH_CONFIG");
    config.map(|path| world.here.join(Path::new(path)))
}

/// How long one connection may take by the settings.
pub(crate) fn time(config: &Config) -> Duration {
    let seconds = config.hosts.timeout_seconds;
    seconds.map_or(TIME, |seconds| Duration::from_secs(u64::from(seconds)))
}

/// Looks at what the controls of a host ask about, of which is known what it is called and whose it
/// is. Its id is its address.
///
/// # Errors
///
/// Where the host does not answer: nothing could be said of any control.
pub(crate) fn look_at_settings(
    world: &World,
    asset: Asset,
    controls: &Arc<Controls>,
    config: &Config,
) -> Result<Look, Problem> {
    let far = Far::new(world, asset, controls, config)?;
    let (told, facts) = far.ask(None).map_err(|gap| far.problem(&gap))?;
    Ok(far.look(&told, facts))
}

/// Looks at a host: its packages, and what its controls ask about. One that does not answer gives a
/// look of which everything was left out.
///
/// # Errors
///
/// Where the address is none.
pub(crate) fn look_at(
    world: &World,
    address: &Arc<str>,
    controls: &Arc<Controls>,
    config: &Config,
) -> Result<Look, Problem> {
    let asset = host::identify(world, &Target::Ssh(Arc::clone(address)), config);
    look_at_asset(world, asset, controls, config)
}

/// The same of a host of which is known what it is called and whose it is. Its id is its address.
///
/// # Errors
///
/// Where the address is none.
pub(crate) fn look_at_asset(
    world: &World,
    asset: Asset,
    controls: &Arc<Controls>,
    config: &Config,
) -> Result<Look, Problem> {
    look_at_one_of(&Asking::default(), world, asset, controls, config)
}

/// The same of one of several, which keep what they are asked.
///
/// # Errors
///
/// Where the address is none.
pub(crate) fn look_at_one_of(
    asking: &Asking,
    world: &World,
    asset: Asset,
    controls: &Arc<Controls>,
    config: &Config,
) -> Result<Look, Problem> {
    let far = Far::new(world, asset, controls, config)?;
    let (told, facts) = match far.ask(Some(asking)) {
        Ok(answered) => answered,
        Err(gap) => return Ok(far.nothing(gap)),
    };
    let mut look = far.look(&told, facts);
    let tree = FarTree { told: &told };
    let machine = MACHINE_ID.iter().find_map(|path| hosts::machine_label(&tree.read(path).ok()?));
    look.asset.labels.extend(machine);
    let there = |path: &str| told.answer(&Need::File(path.into())) != Some(Answer::Missing);
    let mut files: Vec<Arc<str>> = tree.glob(FOLDER);
    files.extend(DOCUMENTS.into_iter().filter(|path| there(path)).map(Arc::<str>::from));
    files.extend(APK.into_iter().find(|path| there(path)).map(Arc::<str>::from));
    let (mut documents, left_out) = gather(&tree, &files);
    for problem in documents.iter_mut().flat_map(|document| &mut document.problems) {
        far.name_in(problem);
    }
    if !documents.iter().any(|document| !document.components.is_empty()) {
        look.left_out.push(LeftOut {
            path: far.path(),
            reason: "no package database was read over the network".to_owned(),
            closes_with: "holdfast on the host itself".to_owned(),
        });
    }
    look.documents = documents;
    look.left_out.extend(left_out);
    look.left_out.push(no_lists());
    Ok(look)
}

/// What no look over the network sees.
pub(crate) fn no_lists() -> LeftOut {
    LeftOut {
        path: "/var/lib/apt/lists".into(),
        reason: "the package lists of a host are not fetched over the network".to_owned(),
        closes_with: "holdfast on the host itself".to_owned(),
    }
}

fn read(address: &str) -> Result<SshAddress, Problem> {
    SshAddress::parse(address).map_err(|why| {
        Problem::new("cannot-open", format!("`{}`: {why}", address.escape_debug()))
            .help("write ssh://USER@HOST:PORT")
    })
}

/// A host and what it is asked for.
struct Far<'a> {
    world: &'a World,
    address: SshAddress,
    asset: Asset,
    /// Those of its baseline.
    controls: Arc<Controls>,
    /// What it is declared to be.
    said: BTreeMap<String, TraitValue>,
    /// Of the controls, and of what is said of the host.
    problems: Vec<Problem>,
    /// How long one connection may take.
    time: Duration,
    /// The program that goes along and looks over there, where it may be run.
    carried: Option<Carried>,
}

impl<'a> Far<'a> {
    fn new(
        world: &'a World,
        asset: Asset,
        controls: &Arc<Controls>,
        config: &Config,
    ) -> Result<Self, Problem> {
        let address = read(&asset.id.0)?;
        let mut problems = controls.problems.clone();
        let names = baselines::names_of(&asset);
        let target = Target::Ssh(Arc::clone(&asset.id.0));
        let (controls, said) = baselines::of_host(controls, config, &target, &names, &mut problems);
        let time = time(config);
        let carried = binary(world, config).unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        Ok(Self { world, address, asset, controls, said, problems, time, carried })
    }

    fn path(&self) -> Arc<str> {
        self.address.to_string().into()
    }

    fn target(&self) -> Target {
        Target::Ssh(self.path())
    }

    /// Asks what its controls are about, and for a whole look its packages: once or twice.
    fn ask(&self, whole: Option<&Asking>) -> Result<(Told, Vec<Fact>), NotReached> {
        let resources = resources(self.controls.asked());
        let asked = Asked { resources: &resources, running: true };
        let request = match whole {
            Some(asking) => asking.of(&resources),
            None => Arc::new(Request::first(&asked)),
        };
        let mut told = self.send(&request, self.carried.as_ref())?;
        let (facts, all) = collected(&asked, &told, NOT_TOLD);
        if all || !told.complete {
            return Ok((told, facts));
        }
        // What a second connection does not bring stays open. It asks little: nothing goes along.
        if let Ok(later) = self.send(&Request::more(told.open(&asked)), None) {
            told.add(later);
        }
        let (facts, _) = collected(&asked, &told, NOT_TOLD);
        Ok((told, facts))
    }

    fn send(&self, request: &Request, carried: Option<&Carried>) -> Result<Told, NotReached> {
        let mark = mark(self.world)
            .map_err(|problem| NotReached { reason: problem.message, closes_with: problem.help })?;
        let ssh = Ssh {
            address: self.address.clone(),
            config: ssh_config(self.world),
            sudo: true,
            script: match carried {
                Some(carried) => request.script_with(&mark, carried),
                None => request.script(&mark),
            },
            behind: carried.map(|carried| Arc::clone(carried.bytes())),
            timeout: self.time,
            limit: STREAM_LIMIT,
        };
        let stream = ssh.run(self.world.run.as_ref()).map_err(|error| NotReached {
            reason: error.to_string(),
            closes_with: error.help(&self.address),
        })?;
        let told = request.read(&mark, &stream);
        if told.uid.is_none() {
            return Err(NotReached {
                reason: "it let us in, and runs no script for us".to_owned(),
                closes_with: format!("see what comes of: ssh {} sh", self.address.host()),
            });
        }
        Ok(told)
    }

    /// The look at a host that answered.
    fn look(&self, told: &Told, facts: Vec<Fact>) -> Look {
        let (mut problems, said) = (self.problems.clone(), self.said.clone());
        let ours = problems.len();
        let mut host = host::sorted(facts, &self.target(), &self.controls, said, &mut problems);
        // What is wrong with a host is told among that of others.
        for problem in problems.iter_mut().skip(ours) {
            self.name_in(problem);
        }
        host.seen = host.seen.told(host::roles(&self.asset));
        host.note = told
            .fallback
            .map(|why| format!("the binary did not look there, the script did: {}", why.reason()));
        let mut look = host::look_of(self.asset.clone(), Some(host), problems);
        if !told.complete {
            look.coverage = Coverage::Partial;
            look.left_out.push(LeftOut {
                path: self.path(),
                reason: "the connection ended before everything was told".to_owned(),
                closes_with: "another look".to_owned(),
            });
        }
        look
    }

    fn name_in(&self, problem: &mut Problem) {
        problem.message = format!("`{}`: {}", self.asset.name, problem.message);
    }

    /// The look at a host that did not.
    fn nothing(&self, gap: NotReached) -> Look {
        let mut look = host::look_of(self.asset.clone(), None, self.problems.clone());
        look.coverage = Coverage::Partial;
        let NotReached { reason, closes_with } = gap;
        look.left_out.push(LeftOut { path: self.path(), reason, closes_with });
        look
    }

    fn problem(&self, gap: &NotReached) -> Problem {
        let message = format!("`{}` was not looked at: {}", self.address, gap.reason);
        Problem::new("host-not-reached", message).help(gap.closes_with.clone())
    }
}

/// A word that nobody on a host can know beforehand.
///
/// # Errors
///
/// Where there are no random numbers.
pub(crate) fn mark(world: &World) -> Result<String, Problem> {
    let mut seed = [0; 32];
    world.random.fill(&mut seed)?;
    Ok(Fields::new("holdfast mark 1").field(&seed).finish().to_string())
}

/// What collectors make of what was told, and whether that is all they ask; `why` is said of the rest.
pub(crate) fn collected(asked: &Asked<'_>, told: &Told, why: &str) -> (Vec<Fact>, bool) {
    let mut all = true;
    let mut facts = collect(asked, &mut |need| {
        told.answer(need).unwrap_or_else(|| {
            all = false;
            Answer::Unreadable(why.into())
        })
    });
    for_root(&mut facts, || told.uid == Some(0));
    (facts, all)
}

/// What was told, as the files of a machine.
struct FarTree<'a> {
    told: &'a Told,
}

impl Tree for FarTree<'_> {
    fn glob(&self, pattern: &str) -> Vec<Arc<str>> {
        match self.told.answer(&Need::Glob(pattern.into())) {
            Some(Answer::Paths(paths)) => paths,
            _ => Vec::new(),
        }
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, Unread> {
        match self.told.answer(&Need::File(path.into())) {
            Some(Answer::Bytes(bytes)) => Ok(bytes),
            Some(Answer::Missing) => Err(Unread::Missing),
            Some(Answer::Denied) => Err(Unread::Denied),
            Some(Answer::Unreadable(why)) => Err(Unread::Other(why.to_string())),
            _ => Err(Unread::Other(NOT_TOLD.to_owned())),
        }
    }

    fn ask(&self, words: &[Arc<str>]) -> Answer {
        self.told.answer(&Need::Command(words.to_vec())).unwrap_or(Answer::Missing)
    }
}
