//! Whoever holds the data folder: looks, keeps the record, and serves the desk.
//!
//! One holder serves the console, the control socket and commands that run without either, so that
//! everything that is done is done in one way. What is read often is kept as one view in memory,
//! since only the holder writes.

mod access;
mod apply;
mod armed;
mod away;
mod control;
mod detail;
mod far;
mod feeds;
mod images;
mod importing;
mod look_now;
mod patch;
mod plans;
pub(crate) mod retain;
mod run;
mod seen;
mod telling;
mod tool;
mod view;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use holdfast_model::{Announcement, Digest, Key, Problem, Timestamp};
use holdfast_store::Store;
use holdfast_world::World;
use tokio::sync::watch;

use crate::assess::Assessment;
use crate::check::Judged;
use crate::controls::Controls;
use crate::cycle::{self, Gathered, Options};
use crate::desk::{
    Action, Affected, AssetDetail, Boxed, Desk, Detail, Done, EntryDetail, EntryRow, EventRow,
    Page, Person, Session, View,
};
use crate::document::{ProblemRow, Report};
use crate::events;
use crate::failure::Failure;
use crate::look::Look;
use crate::record;
use crate::renew;

pub use control::{
    Answer, Asked, Request, call, call_image, call_import, call_patch, call_renew, serve,
};
pub use plans::recorded_plans;
pub(crate) use view::{NOT_REACHED, by_finding};

/// Says what is being done, line by line.
pub type Say = Arc<dyn Fn(&str) + Send + Sync>;

/// What the last round saw, kept for pages and for fixes.
pub(crate) struct Round {
    /// This machine.
    pub(crate) host: Look,
    /// What it means.
    pub(crate) of_host: Assessment,
    /// The folder, with the settings by which everything was judged.
    pub(crate) folder: Judged,
    /// The controls that were used.
    pub(crate) controls: Arc<Controls>,
}

/// What is known without asking the record.
struct State {
    view: Arc<View>,
    details: BTreeMap<String, Arc<AssetDetail>>,
    round: Option<Arc<Round>>,
    problems: Vec<ProblemRow>,
    next_look: Option<Timestamp>,
    records: (u64, u64),
}

/// The holder of a data folder.
pub struct Holder {
    world: World,
    data: PathBuf,
    options: Options,
    store: Arc<Store>,
    state: RwLock<State>,
    changes: watch::Sender<u64>,
    /// Lines of what is being carried out, by plan.
    running: Mutex<BTreeMap<Digest, Vec<String>>>,
    /// When undos that are armed far away were asked about, and lost ones were run in vain.
    asked: Mutex<BTreeMap<Digest, Timestamp>>,
    /// One round of looking or one change at a time.
    work: Arc<tokio::sync::Mutex<()>>,
    /// One run of a practice at a time: each remembers every host.
    patching: tokio::sync::Mutex<()>,
    /// One message at a time.
    telling: tokio::sync::Mutex<()>,
    /// One at a time finds out what is to be told.
    asking: tokio::sync::Mutex<()>,
    own: Weak<Self>,
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holder").field("data", &self.data).finish_non_exhaustive()
    }
}

impl Holder {
    /// Takes hold of a data folder. Nothing is looked at yet.
    ///
    /// # Errors
    ///
    /// Where somebody else holds it, or the folder's settings cannot be used.
    pub async fn open(world: &World, data: &Path, options: Options) -> Result<Arc<Self>, Failure> {
        let gathered = cycle::prepare(world, data, &options)?;
        let store = record::holder(world, data, options.store.clone()).await?;
        Self::with(world, data, options, Arc::new(store), gathered).await
    }

    /// The same over a record that is held already.
    pub(crate) async fn over(
        world: &World,
        data: &Path,
        options: Options,
        store: Arc<Store>,
    ) -> Result<Arc<Self>, Failure> {
        let gathered = cycle::prepare(world, data, &options)?;
        Self::with(world, data, options, store, gathered).await
    }

    async fn with(
        world: &World,
        data: &Path,
        options: Options,
        store: Arc<Store>,
        gathered: Gathered,
    ) -> Result<Arc<Self>, Failure> {
        let view = view::empty(&gathered.settings, world.clock.now());
        let state = State {
            view: Arc::new(view),
            details: BTreeMap::new(),
            round: None,
            problems: Vec::new(),
            next_look: None,
            records: (0, 0),
        };
        let holder = Arc::new_cyclic(|own| Self {
            world: world.clone(),
            data: data.to_owned(),
            options,
            store,
            state: RwLock::new(state),
            changes: watch::Sender::new(0),
            running: Mutex::new(BTreeMap::new()),
            asked: Mutex::default(),
            work: Arc::default(),
            patching: tokio::sync::Mutex::default(),
            telling: tokio::sync::Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            own: Weak::clone(own),
        });
        holder.end_interrupted().await?;
        holder.refresh(&gathered.settings).await?;
        Ok(holder)
    }

    /// Looks at this machine and at the folder it stands in, and records both.
    ///
    /// # Errors
    ///
    /// Where the folder, its settings or the record cannot be used; what was recorded stays.
    pub async fn look(&self, say: &Say) -> Result<Report, Failure> {
        let _work = self.work.lock().await;
        let report = self.round(say).await;
        if let Err(failure) = &report {
            self.tell(failure);
        }
        report
    }

    /// The same for those who work already.
    async fn round(&self, say: &Say) -> Result<Report, Failure> {
        let started = self.world.clock.now();
        let (world, data, options, told) =
            (self.world.clone(), self.data.clone(), self.options.clone(), Arc::clone(say));
        let since = events::since(&self.world, &self.store).await?;
        let mut gathered =
            blocking(move || cycle::gather_all(&world, &data, &options, since, &|what| told(what)))
                .await??;
        let logs = gathered.logs.take();
        let (mut report, assessments) =
            cycle::record_all(&self.world, &self.store, &gathered, started).await?;
        let run = cycle::images_run(&self.world, &self.data, &self.store, &gathered).await?;
        cycle::tell_problems(&mut report, run);
        renew::renew(&self.world, &self.data, &self.store, &gathered).await?;
        if let Some(logs) = logs {
            let taken = events::take(&self.world, &self.store, logs).await?;
            cycle::tell_events(&mut report, taken);
        }
        let problems = self.ask_channels(&gathered.settings).await?;
        cycle::tell_problems(&mut report, problems);
        retain::daily(&self.world, &self.store).await?;
        self.keep(gathered, assessments, &report);
        self.refresh_now().await?;
        Ok(report)
    }

    /// Keeps what a round saw.
    fn keep(&self, gathered: Gathered, assessments: Vec<Assessment>, report: &Report) {
        let Gathered { settings, controls, looks, folder, .. } = gathered;
        let mut looks = looks.into_iter().zip(assessments);
        let (Some((host, of_host)), Some((tree, of_tree))) = (looks.next(), looks.next()) else {
            return;
        };
        let mut state = self.write_state();
        state.details.insert(host.asset.id.to_string(), view::asset(&host, &of_host));
        state.details.insert(tree.asset.id.to_string(), view::asset(&tree, &of_tree));
        state.problems.clone_from(&report.problems);
        state.records = (report.against.advisories, report.against.starter);
        let folder = Judged { look: tree, assessment: of_tree, settings, old: None, folder };
        state.round = Some(Arc::new(Round { host, of_host, folder, controls }));
    }

    /// When the next round is due, for people.
    pub fn set_next_look(&self, at: Option<Timestamp>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.next_look = at;
        let mut view = (*state.view).clone();
        view.next_look = at;
        state.view = Arc::new(view);
    }

    /// Ends in order.
    ///
    /// # Errors
    ///
    /// Where the record cannot be closed.
    pub async fn close(self: Arc<Self>) -> Result<(), Failure> {
        match Arc::try_unwrap(self) {
            Ok(holder) => match Arc::try_unwrap(holder.store) {
                Ok(store) => store.close().await.map_err(|error| record::ours(&error)),
                // Others hold the same record.
                Err(_) => Ok(()),
            },
            // Somebody still answers a page: dropping the store is safe too.
            Err(_) => Ok(()),
        }
    }

    fn write_state(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the last round saw.
    fn last_round(&self) -> Option<Arc<Round>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).round.clone()
    }

    /// Makes the view anew after something was recorded.
    pub(crate) async fn refresh_now(&self) -> Result<(), Failure> {
        if let Some(round) = self.last_round() {
            return self.refresh(&round.folder.settings).await;
        }
        let (world, data, options) = (self.world.clone(), self.data.clone(), self.options.clone());
        let gathered = blocking(move || cycle::prepare(&world, &data, &options)).await??;
        self.refresh(&gathered.settings).await
    }

    async fn refresh(&self, settings: &crate::settings::Settings) -> Result<(), Failure> {
        let mut view = view::load(self, settings).await?;
        let entries = view.entries;
        let mut state = self.write_state();
        view.problems.clone_from(&state.problems);
        view.next_look = state.next_look;
        (view.advisories, view.starter) = state.records;
        // Two may refresh at once: what was read earlier does not replace what was read later.
        if entries >= state.view.entries {
            state.view = Arc::new(view);
        }
        drop(state);
        self.changes.send_modify(|number| *number = (*number + 1).max(entries));
        Ok(())
    }

    /// The lines of what is being carried out.
    fn lines(&self) -> MutexGuard<'_, BTreeMap<Digest, Vec<String>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs something that waits for files or programs on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| ended(&error))
}

fn ended(error: &tokio::task::JoinError) -> Failure {
    Failure::Ours(Problem::new("worker-ended", format!("a thread ended early: {error}")))
}

fn ending() -> Failure {
    Failure::Ours(Problem::new("worker-ended", "the holder ends just now"))
}

/// The problem of a failure, for one person.
pub(crate) fn problem(failure: Failure) -> Problem {
    match failure {
        Failure::Usage(problems) => problems
            .into_iter()
            .next()
            .unwrap_or_else(|| Problem::new("not-possible", "this is not possible now")),
        Failure::NotDone(problem) | Failure::Ours(problem) => problem,
    }
}

impl Desk for Holder {
    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner).view)
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn asset(&self, id: &str) -> Option<Arc<AssetDetail>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).details.get(id).cloned()
    }

    fn finding(&self, key: Key) -> Boxed<'_, Result<Option<Detail>, Problem>> {
        Box::pin(async move { detail::finding(self, key).await.map_err(problem) })
    }

    fn timeline(&self, since: Timestamp) -> Boxed<'_, Result<Vec<EventRow>, Problem>> {
        Box::pin(async move { events::timeline(&self.store, since).await.map_err(problem) })
    }

    fn entries(&self, below: Option<u64>, most: u32) -> Boxed<'_, Result<Vec<EntryRow>, Problem>> {
        Box::pin(async move { detail::entries(self, below, most).await.map_err(problem) })
    }

    fn entry(&self, seq: u64) -> Boxed<'_, Result<Option<EntryDetail>, Problem>> {
        Box::pin(async move { detail::entry(self, seq).await.map_err(problem) })
    }

    fn affected(&self, id: String, page: Page) -> Boxed<'_, Result<Option<Affected>, Problem>> {
        Box::pin(async move { detail::affected(self, &id, page).await.map_err(problem) })
    }

    fn act(&self, who: Person, action: Action) -> Boxed<'_, Result<Done, Problem>> {
        Box::pin(async move {
            let own = self.own.upgrade().ok_or_else(|| problem(ending()))?;
            // On its own: whoever asked may go away before it has ended, as a browser does.
            let deed = tokio::spawn(async move {
                let say: Say = Arc::new(|_| {});
                own.do_it(&who, action, &say, false).await
            });
            deed.await.map_err(|error| problem(ended(&error)))?.map_err(problem)
        })
    }

    fn sign_in(&self, secret: String) -> Boxed<'_, Result<Option<(String, Session)>, Problem>> {
        Box::pin(async move { access::sign_in(self, &secret).await.map_err(problem) })
    }

    fn bearer(&self, token: String) -> Boxed<'_, Result<Option<Person>, Problem>> {
        Box::pin(async move { access::bearer(self, &token).await.map_err(problem) })
    }

    fn session(&self, secret: String) -> Boxed<'_, Result<Option<Session>, Problem>> {
        Box::pin(async move { access::session(self, &secret).await.map_err(problem) })
    }

    fn sign_out(&self, secret: String) -> Boxed<'_, Result<(), Problem>> {
        Box::pin(async move { access::sign_out(self, &secret).await.map_err(problem) })
    }
}

impl Holder {
    /// Does something for somebody. With `wait`, what takes long is done before the answer;
    /// without it, the answer says that it has begun.
    ///
    /// # Errors
    ///
    /// Why it was not done, for that person.
    pub async fn do_it(
        &self,
        who: &Person,
        action: Action,
        say: &Say,
        wait: bool,
    ) -> Result<Done, Failure> {
        let done = self.deed(who, action, say, wait).await;
        let mut beside = Vec::new();
        if done.is_ok()
            && let Some(round) = self.last_round()
        {
            beside = self.ask_beside(&round.folder.settings).await;
        }
        // Also after an error: something may have been recorded before it.
        if let Err(failure) = self.refresh_now().await {
            beside.extend(self.tell_beside(&failure));
        }
        // What was done is answered: a secret, for example, is told only once.
        let mut done = done?;
        done.tell_beside(&beside);
        Ok(done)
    }

    async fn deed(
        &self,
        who: &Person,
        action: Action,
        say: &Say,
        wait: bool,
    ) -> Result<Done, Failure> {
        Ok(match action {
            Action::Accept { key, until, because } => {
                plans::accept(self, who, key, until, &because).await?
            }
            Action::ApproveAcceptance { key } => plans::approve_acceptance(self, who, key).await?,
            Action::Propose { keys, tool } => plans::propose(self, who, &keys, tool).await?,
            Action::ProposeAt { target, names, tool } => {
                plans::propose_at(self, who, target, names, tool).await?
            }
            Action::Approve { plan } => plans::say(self, who, plan, None).await?,
            Action::Refuse { plan, because } => plans::say(self, who, plan, Some(because)).await?,
            Action::Apply { plan } => apply::apply(self, who, plan, say, wait, None).await?,
            Action::Confirm { plan } => armed::confirm(self, who, plan).await?,
            Action::Undo { plan } => apply::undo(self, who, plan, say, wait).await?,
            Action::Announce { who: doer, what, on, from, until, at_most, because } => {
                let now = self.world.clock.now();
                let said = Announcement {
                    id: "".into(),
                    by: who.name.clone(),
                    who: doer,
                    what,
                    on,
                    from: from.unwrap_or(now),
                    until,
                    at_most,
                    because,
                    noted: now,
                    approver: None,
                };
                events::announce(&self.world, &self.store, who, said).await?
            }
            Action::ApproveAnnouncement { id } => {
                events::approve(&self.world, &self.store, who, &id).await?
            }
            Action::AnswerCase { id, answer, because } => {
                let _work = self.work.lock().await;
                events::answer(&self.world, &self.store, who, &id, answer, &because).await?
            }
            Action::OwnCase { id, owner } => {
                let _work = self.work.lock().await;
                events::own(&self.world, &self.store, who, &id, &owner).await?
            }
            Action::TestChannel { name } => self.trial(who, &name).await?,
            Action::Look => self.look_for(say, wait).await?,
            Action::AddHosts { hosts, because } => far::add(self, who, &hosts, &because).await?,
            Action::RemoveHost { address, because } => {
                far::remove(self, who, &address, &because).await?
            }
            Action::IssueToken { name } => access::issue(self, who, &name).await?,
            Action::RevokeToken { name } => access::revoke(self, who, &name).await?,
        })
    }
}
