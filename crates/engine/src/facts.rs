//! Hosts that nobody here reaches: a script that people carry there, and the look that comes of the
//! file that it leaves.
//!
//! The script asks what one over ssh asks. What leads on cannot be asked a second time: it is *not
//! assessed*, and so is what a control asks that the script did not know. Knows nothing of the file's
//! form.

use std::path::Path;
use std::sync::Arc;

use holdfast_model::{Asset, AssetId, Coverage, Problem, Target, Timestamp};
use holdfast_posture::resources;
use holdfast_rulefile::Config;
use holdfast_sense::host::Asked;
use holdfast_sense::remote::{Along, Facts, Request, STREAM_LIMIT, Told};
use holdfast_sense::{Answer, Need};
use holdfast_world::{ReadError, World};

use crate::baselines;
use crate::controls::Controls;
use crate::document::written;
use crate::failure::Failure;
use crate::host;
use crate::hosts;
use crate::look::{LeftOut, Look};
use crate::remote::{MACHINE_ID, collected, mark};
use crate::sensors;

/// The largest file that is read, in bytes: as much as a host may say over ssh.
const LARGEST: u64 = STREAM_LIMIT as u64;
/// Where a host says what it is called; the first counts.
const HOST_NAME: [&str; 2] = ["/proc/sys/kernel/hostname", "/etc/hostname"];
/// The longest name of a host, in letters, see hostname(7).
const LONGEST_NAME: usize = 253;
/// How a file comes about.
const AGAIN: &str = "holdfast collector >collect.sh, on the host: sudo sh collect.sh >web1.facts; and \
                     carry that file over as it is";
/// Why something is not known that a control asks, of a whole file and of one that ends early.
const NOT_ASKED: &str = "the script did not ask for it when the facts were collected";
const NOT_TOLD: &str = "the file ends before it tells";
/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// The script that asks a host what all controls of the folder we stand in are about.
///
/// # Errors
///
/// Where there are no random numbers.
pub fn script(world: &World) -> Result<String, Failure> {
    let folder = sensors::open(world, Path::new("."))?;
    let controls = Controls::read(Some(&folder.tree));
    let resources = resources(controls.asked());
    let mut request = Request::first(&Asked { resources: &resources, running: true });
    for path in MACHINE_ID.into_iter().chain(HOST_NAME) {
        request.add(Need::File(path.into()), Along::default());
    }
    let mark = mark(world)?;
    let script = request.script_alone(&mark);
    script.ok_or_else(|| {
        Failure::Ours(Problem::new("facts", "what controls ask of a host cannot be written down"))
    })
}

/// Whether something stands at a path, whatever it is.
pub(crate) fn is_there(world: &World, path: &str) -> bool {
    !path.is_empty() && world.files.metadata(Path::new("/"), &world.here.join(path)).is_ok()
}

/// The host that a file speaks of, by its own word.
///
/// # Errors
///
/// Where the file holds no facts.
pub(crate) fn identify(world: &World, path: &Arc<str>) -> Result<Asset, Problem> {
    Ok(asset(world, path, &read(world, path)?.told))
}

/// Looks at what a host said of the things that its controls ask about.
///
/// # Errors
///
/// Where the file holds no facts.
pub(crate) fn look_at(
    world: &World,
    path: &Arc<str>,
    controls: &Arc<Controls>,
    config: &Config,
) -> Result<Look, Problem> {
    let Facts { told, at } = read(world, path)?;
    let asset = asset(world, path, &told);
    let target = Target::Facts(Arc::clone(path));
    let mut problems = controls.problems.clone();
    let names = baselines::names_of(&asset);
    let (controls, said) = baselines::of_host(controls, config, &target, &names, &mut problems);
    let resources = resources(controls.asked());
    let why = if told.complete { NOT_ASKED } else { NOT_TOLD };
    let (facts, _) = collected(&Asked { resources: &resources, running: true }, &told, why);
    let ours = problems.len();
    let mut host = host::sorted(facts, &target, &controls, said, &mut problems);
    for problem in problems.iter_mut().skip(ours) {
        problem.help = closes_with(&problem.message, &problem.help);
        problem.message = format!("`{}`: {}", asset.name, problem.message);
    }
    host.seen = host.seen.told(host::roles(&asset));
    host.note = Some(age(world.clock.now(), at));
    let mut look = host::look_of(asset, Some(host), problems);
    let gap = |reason: &str, closes_with: &str| LeftOut {
        path: Arc::clone(path),
        reason: reason.to_owned(),
        closes_with: closes_with.to_owned(),
    };
    look.left_out.push(gap("packages are not among the facts", "holdfast on the host itself"));
    if !told.complete {
        look.coverage = Coverage::Partial;
        look.left_out.push(gap("it ends before everything was told", AGAIN));
        let message = format!("`{path}` ends before everything was told: the rest is not assessed");
        // Whatever else is wrong may be so because of that: where few are shown, this one is.
        look.problems.insert(0, Problem::new("facts-cut", message).help(AGAIN));
    }
    Ok(look)
}

/// What closes a gap of a host that nobody here can ask again.
pub(crate) fn closes_with(reason: &str, closes_with: &str) -> String {
    if [NOT_ASKED, NOT_TOLD].iter().any(|why| reason.contains(why)) {
        return AGAIN.to_owned();
    }
    match closes_with {
        "root" => "run the script there as root".to_owned(),
        other => other.to_owned(),
    }
}

fn read(world: &World, path: &str) -> Result<Facts, Problem> {
    let whole = world.here.join(path);
    let bytes = world.files.read(Path::new("/"), &whole, LARGEST).map_err(|error| {
        let message = format!("`{path}` cannot be read: {error}");
        let help = match error {
            ReadError::NotAFile => "name the file itself that the script left",
            ReadError::TooLarge { .. } => {
                "no host says as much: name the file that the script left"
            }
            _ => "see that it is there and that you may read it",
        };
        Problem::new("cannot-read", message).help(help)
    })?;
    Facts::read(&bytes).map_err(|why| {
        let message = format!("`{path}` holds no facts of a host: {why}");
        Problem::new("facts", message).help(format!("have it written anew: {AGAIN}"))
    })
}

/// Which host it is: by its machine id, as it would say itself where Holdfast runs on it; else by its
/// name. One that tells neither is only known by the file, and so is one that ends before its machine id:
/// another host may have its name.
fn asset(world: &World, path: &Arc<str>, told: &Told) -> Asset {
    let text = |path: &str| match told.answer(&Need::File(path.into())) {
        Some(Answer::Bytes(bytes)) => Some(bytes),
        _ => None,
    };
    let id = MACHINE_ID.iter().find_map(|path| Some(hosts::machine_id(&text(path)?)?.to_owned()));
    let name = HOST_NAME.iter().find_map(|path| name(&text(path)?));
    let mut asset = host::identify(world, &Target::Facts(Arc::clone(path)), &Config::default());
    let is_told = |path: &str| told.answer(&Need::File(path.into())).is_some();
    let named = name.as_ref().filter(|_| MACHINE_ID.iter().all(|path| is_told(path)));
    let own = id.or_else(|| named.map(|name| format!("name:{name}")));
    if let Some(own) = own {
        asset.id = AssetId(format!("host:{own}").into());
    }
    asset.name = name.unwrap_or(asset.name);
    asset
}

/// The name that a file of it holds, see hostname(5).
fn name(told: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(told).ok()?.trim();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_name = !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(plain);
    is_name.then(|| name.to_owned())
}

/// When the host said it, for people: what changed since then nobody knows here.
fn age(now: Timestamp, at: Option<Timestamp>) -> String {
    let Some(at) = at else {
        return "the file does not say when it was collected".to_owned();
    };
    let ago = match now.0.saturating_sub(at.0) {
        past if past < -DAY => "by its own clock at a time yet to come".to_owned(),
        past if past < DAY => "within the last day".to_owned(),
        past if past < 2 * DAY => "a day ago".to_owned(),
        past => format!("{} days ago", past / DAY),
    };
    format!("collected {ago} ({})", written(at))
}
