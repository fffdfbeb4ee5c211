//! Looks at many hosts: side by side, at most so many at once, each written down as it comes.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_decide::severity;
use holdfast_model::{ManagedHost, Problem, Timestamp};
use holdfast_rulefile::Config;
use holdfast_store::Store;
use holdfast_world::World;
use tokio::sync::mpsc;

use super::list::last_looks;
use super::{asset, due, same, take};
use crate::assess::Assessment;
use crate::controls::Controls;
use crate::cycle::{self, Gathered, Options};
use crate::document::Report;
use crate::failure::Failure;
use crate::look::Look;
use crate::{record, remote};

/// How many hosts are looked at at once, unless somebody says otherwise.
const AT_ONCE: usize = 8;

/// What every look of a sweep is made with.
#[derive(Clone)]
pub(crate) struct Way {
    world: World,
    controls: Arc<Controls>,
    config: Arc<Config>,
    asking: Arc<remote::Asking>,
    at_once: usize,
}

impl Way {
    pub(crate) fn new(world: &World, gathered: &Gathered, at_once: Option<usize>) -> Self {
        let config = gathered.settings.config.clone();
        let said = config.hosts.at_once.and_then(|most| usize::try_from(most).ok());
        Self {
            world: world.clone(),
            controls: Arc::clone(&gathered.controls),
            config: Arc::new(config),
            asking: Arc::default(),
            at_once: at_once.or(said).unwrap_or(AT_ONCE).max(1),
        }
    }
}

/// What came of one look.
pub(crate) struct Seen {
    pub(crate) host: ManagedHost,
    /// When it began.
    pub(crate) started: Timestamp,
    pub(crate) look: Result<Look, Problem>,
}

impl Seen {
    /// What came of it, in a few words.
    pub(crate) fn words(&self) -> String {
        match &self.look {
            Ok(look) => match remote::not_reached(look) {
                None => match remote::note(look) {
                    None => format!("looked at {}", self.host.name),
                    Some(note) => format!("looked at {}; {note}", self.host.name),
                },
                Some(problem) => problem.message,
            },
            Err(problem) => problem.message.clone(),
        }
    }
}

/// Looks at hosts in threads of their own; each look comes as it is done. Who does not wait for the
/// rest any more drops the receiver: what has not begun yet is left.
pub(crate) fn look_at(way: &Way, hosts: Vec<ManagedHost>) -> mpsc::UnboundedReceiver<Seen> {
    let (tell, told) = mpsc::unbounded_channel();
    let most = way.at_once.min(hosts.len());
    let waiting = Arc::new(Mutex::new(VecDeque::from(hosts)));
    for _ in 0..most {
        let (way, waiting, tell) = (way.clone(), Arc::clone(&waiting), tell.clone());
        // Not one of the runtime's: at its end it would wait for a host that does not answer.
        let worker = std::thread::Builder::new().name("look".to_owned());
        let spawned = worker.spawn(move || {
            while !tell.is_closed() {
                let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(host) = next else { return };
                let started = way.world.clock.now();
                let known = asset(&way.world, &host, &way.config);
                let Way { world, controls, config, asking, .. } = &way;
                let look = remote::look_at_one_of(asking, world, known, controls, config);
                if tell.send(Seen { host, started, look }).is_err() {
                    return;
                }
            }
        });
        // Fewer at once where the system gives no more threads.
        if spawned.is_err() {
            break;
        }
    }
    told
}

/// The hosts that are due, those that were never looked at first, then the longest due.
pub(crate) async fn due_now(
    store: &Store,
    config: &Config,
    now: Timestamp,
) -> Result<Vec<ManagedHost>, Failure> {
    let hosts = store.hosts().await.map_err(|error| record::ours(&error))?;
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let looks = last_looks(store).await?;
    let last = |host: &ManagedHost| {
        let id = holdfast_model::AssetId(Arc::clone(&host.address));
        looks.get(&id).map(|look| due(&host.address, look.at, config))
    };
    let mut waiting: Vec<(Option<Timestamp>, ManagedHost)> =
        hosts.into_iter().map(|one| (last(&one.host), one.host)).collect();
    waiting.retain(|(due, _)| due.is_none_or(|due| due <= now));
    waiting.sort();
    Ok(waiting.into_iter().map(|(_, host)| host).collect())
}

/// Writes one look down; or why there is none.
pub(crate) async fn record_one(
    world: &World,
    store: &Store,
    gathered: &mut Gathered,
    seen: Seen,
) -> Result<Result<(Report, Look, Assessment), Problem>, Failure> {
    let Seen { host, started, look } = seen;
    let mut look = match look {
        Ok(look) => look,
        Err(problem) => return Ok(Err(problem)),
    };
    if look.host.is_none() {
        same::keep(store, &mut look.asset).await?;
    }
    gathered.looks.clear();
    take(gathered, look, &host);
    let (report, mut assessments) = cycle::record_all(world, store, gathered, started).await?;
    match (gathered.looks.pop(), assessments.pop()) {
        (Some(look), Some(assessment)) => Ok(Ok((report, look, assessment))),
        _ => Err(Failure::Ours(Problem::new("nothing-seen", "a host could not be looked at"))),
    }
}

/// Looks at every host once, and adds what was found to a report.
pub(crate) async fn look_at_all(
    world: &World,
    data: &Path,
    store: &Store,
    options: &Options,
    report: &mut Report,
    progress: &dyn Fn(&str),
) -> Result<(), Failure> {
    let hosts = store.hosts().await.map_err(|error| record::ours(&error))?;
    if hosts.is_empty() {
        return Ok(());
    }
    let began = world.clock.now();
    let mut gathered = cycle::prepare(world, data, options)?;
    // They were told of this machine already.
    gathered.problems.clear();
    let way = Way::new(world, &gathered, options.at_once);
    let all = hosts.len();
    let mut coming = look_at(&way, hosts.into_iter().map(|one| one.host).collect());
    let mut done = 0;
    progress(&format!("looking at {all} hosts"));
    while let Some(seen) = coming.recv().await {
        done += 1;
        progress(&format!("{done} of {all} hosts: {}", seen.words()));
        match record_one(world, store, &mut gathered, seen).await? {
            Ok((one, ..)) => join(report, one),
            Err(problem) => cycle::tell_problems(report, vec![problem]),
        }
    }
    if done < all {
        let message = format!("{} hosts were not looked at", all - done);
        return Err(Failure::Ours(Problem::new("worker-ended", message)));
    }
    let order = |row: &crate::document::FindingRow| (row.severity, row.direct);
    report
        .findings
        .sort_by(|a, b| severity::order(order(a), order(b)).then_with(|| a.key.cmp(&b.key)));
    report.took_ms = report.took_ms.saturating_add(world.clock.now().0.saturating_sub(began.0));
    Ok(())
}

/// Adds what was found elsewhere.
fn join(report: &mut Report, other: Report) {
    report.assets.extend(other.assets);
    report.findings.extend(other.findings);
    report.not_assessed.extend(other.not_assessed);
    report.verdict = report.verdict.max(other.verdict);
    // What is wrong with a control is so for every host, and is told once.
    let mut new = other.details;
    new.retain(|problem| !report.details.contains(problem));
    cycle::tell_problems(report, new);
}
