//! The desk of the demonstration: the holders of all its hosts over one record. What would touch a
//! machine is refused; everything else is done and recorded.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use holdfast_model::{Key, Problem, Target, Timestamp};
use holdfast_store::{Store, StoreOptions};
use holdfast_world::{Host, World};
use tokio::sync::watch;

use super::far::Far;
use super::partners;
use super::people::quiet;
use super::stage::Stage;
use crate::cycle;
use crate::desk::{
    Action, Affected, AssetDetail, Boxed, Desk, Detail, Done, EntryDetail, EntryRow, EventRow,
    FindingView, Page, Person, Session, View,
};
use crate::failure::Failure;
use crate::holder::{Holder, NOT_REACHED};
use crate::record;

/// The desk.
pub struct DemoDesk {
    /// By the ids of the assets that each looks at.
    holders: Vec<Arc<Holder>>,
    by_asset: BTreeMap<Arc<str>, usize>,
    /// Hosts that are looked at by schedule.
    far: Vec<Far>,
    /// Who holds the record, and lets people in.
    first: Arc<Holder>,
    store: Arc<Store>,
    view: RwLock<Arc<View>>,
    changes: watch::Sender<u64>,
}

impl std::fmt::Debug for DemoDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoDesk").field("holders", &self.holders.len()).finish_non_exhaustive()
    }
}

impl DemoDesk {
    pub(super) async fn open(
        stage: Stage,
        data: &Path,
        real: &World,
    ) -> Result<Arc<Self>, Failure> {
        let store = record::holder(real, data, StoreOptions::default()).await?;
        let store = Arc::new(store);
        let mut holders = Vec::new();
        let mut by_asset = BTreeMap::new();
        for bench in stage.benches {
            let mut world = bench.world;
            world.clock = Arc::clone(&real.clock);
            world.random = Arc::clone(&real.random);
            let user = real.host.user.clone();
            world.host = Arc::new(Host { user, ..(*world.host).clone() });
            if holders.is_empty() {
                partners::behind(&mut world, data)?;
            }
            let options = cycle::Options::default();
            let holder = Holder::over(&world, data, options, Arc::clone(&store)).await?;
            let report = holder.look(&quiet()).await?;
            for asset in report.assets {
                by_asset.insert(Arc::from(asset.id), holders.len());
            }
            holders.push(holder);
        }
        let Some(first) = holders.first().map(Arc::clone) else {
            return Err(Failure::Ours(Problem::new("nothing-seen", "there are no hosts")));
        };
        let mut far = stage.far;
        for one in &mut far {
            one.world.clock = Arc::clone(&real.clock);
            one.world.random = Arc::clone(&real.random);
        }
        look_far(&first, &far).await?;
        first.tell_all().await?;
        let view = first.view();
        let desk = Self {
            holders,
            by_asset,
            far,
            first,
            store,
            view: RwLock::new(view),
            changes: watch::Sender::new(0),
        };
        desk.refresh().await?;
        Ok(Arc::new(desk))
    }

    /// Makes a link by which the user signs in, once.
    ///
    /// # Errors
    ///
    /// Where the record cannot be written.
    pub async fn sign_in_secret(&self) -> Result<String, Failure> {
        self.first.sign_in_secret().await
    }

    /// Looks at every host again.
    ///
    /// # Errors
    ///
    /// Where the record cannot be used.
    pub async fn look(&self) -> Result<(), Failure> {
        for holder in &self.holders {
            holder.look(&quiet()).await?;
        }
        look_far(&self.first, &self.far).await?;
        self.refresh().await
    }

    /// Ends in order.
    ///
    /// # Errors
    ///
    /// Where the record cannot be closed.
    pub async fn close(self: Arc<Self>) -> Result<(), Failure> {
        let Ok(Self { holders, first, store, .. }) = Arc::try_unwrap(self) else { return Ok(()) };
        drop((holders, first));
        match Arc::try_unwrap(store) {
            Ok(store) => store.close().await.map_err(|error| record::ours(&error)),
            // Somebody still answers a page: dropping the store is safe too.
            Err(_) => Ok(()),
        }
    }

    /// Makes the view anew: that of the first holder, in which every host is reached.
    async fn refresh(&self) -> Result<(), Failure> {
        self.first.refresh_now().await?;
        let mut view = (*self.first.view()).clone();
        view.demo = true;
        for finding in &mut view.findings {
            let ours = self.by_asset.contains_key(&finding.asset);
            finding.unplannable.take_if(|why| ours && why == NOT_REACHED);
            self.leave(finding);
        }
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
        self.changes.send_modify(|number| *number += 1);
        Ok(())
    }

    /// Whose an asset is; the first where nobody looks at it.
    fn of_asset(&self, asset: &str) -> &Arc<Holder> {
        self.by_asset.get(asset).and_then(|at| self.holders.get(*at)).unwrap_or(&self.first)
    }

    /// Nothing is planned for a host that only a real `ssh` would reach.
    fn leave(&self, finding: &mut FindingView) {
        if self.far.iter().any(|far| far.host.address == finding.asset) {
            finding.unplannable.get_or_insert_with(|| NOT_REACHED.to_owned());
        }
    }

    /// Whether a change is asked for on such a host.
    fn is_far(&self, action: &Action) -> bool {
        match action {
            Action::Propose { keys, .. } => {
                let view = self.view();
                let mut named = view.findings.iter().filter(|one| keys.contains(&one.key));
                named.any(|one| self.far.iter().any(|far| far.host.address == one.asset))
            }
            Action::ProposeAt { target, .. } => matches!(target, Target::Ssh(_)),
            _ => false,
        }
    }

    fn of_finding(&self, key: Key) -> &Arc<Holder> {
        let view = self.view();
        let found = view.findings.iter().find(|one| one.key == key);
        found.map_or(&self.first, |one| self.of_asset(&one.asset))
    }

    fn of_plan(&self, plan: holdfast_model::Digest) -> &Arc<Holder> {
        let view = self.view();
        let found = view.plans.iter().find(|one| one.id == plan);
        let asset = found.and_then(|plan| {
            let named = view.assets.iter().find(|one| one.asset.name == plan.asset);
            named.map(|one| Arc::clone(&one.asset.id.0))
        });
        asset.map_or(&self.first, |asset| self.of_asset(&asset))
    }

    async fn deed(&self, who: &Person, action: Action) -> Result<Done, Failure> {
        if self.is_far(&action) {
            let problem =
                Problem::new("demo-only", "this is the demo: nothing is reached over ssh");
            let help = "plan it for one of the hosts that are not looked at by schedule";
            return Err(Failure::NotDone(problem.help(help)));
        }
        let holder = match &action {
            Action::Apply { .. } | Action::Confirm { .. } | Action::Undo { .. } => {
                let problem = Problem::new("demo-only", "this is the demo: nothing is carried out");
                let help = "look at your own machine instead: holdfast up";
                return Err(Failure::NotDone(problem.help(help)));
            }
            Action::TestChannel { .. } => {
                let problem = Problem::new("demo-only", "this is the demo: nothing is sent");
                let help = "look at your own machine instead: holdfast up";
                return Err(Failure::NotDone(problem.help(help)));
            }
            Action::Look => {
                self.look().await?;
                return Ok(Done { message: "Looked again.".to_owned(), ..Done::default() });
            }
            Action::Accept { key, .. } | Action::ApproveAcceptance { key } => self.of_finding(*key),
            Action::Propose { keys, .. } => {
                keys.first().map_or(&self.first, |key| self.of_finding(*key))
            }
            Action::Approve { plan } | Action::Refuse { plan, .. } => self.of_plan(*plan),
            Action::ProposeAt { .. }
            | Action::Announce { .. }
            | Action::ApproveAnnouncement { .. }
            | Action::AnswerCase { .. }
            | Action::OwnCase { .. }
            | Action::AddHosts { .. }
            | Action::RemoveHost { .. }
            | Action::IssueToken { .. }
            | Action::RevokeToken { .. } => &self.first,
        };
        let done = holder.do_it(who, action, &quiet(), true).await;
        // Also after an error: something may have been recorded before it.
        let fresh = self.refresh().await;
        let done = done?;
        fresh.map(|()| done)
    }
}

/// Looks at the hosts that are looked at by schedule: each in its own world, and none over a network.
async fn look_far(first: &Holder, far: &[Far]) -> Result<(), Failure> {
    let mut gathered = first.prepared().await?;
    for one in far {
        let seen = one.look(&gathered);
        first.take_far(&mut gathered, seen).await?;
    }
    Ok(())
}

impl Desk for DemoDesk {
    fn now(&self) -> Timestamp {
        self.first.now()
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn asset(&self, id: &str) -> Option<Arc<AssetDetail>> {
        self.of_asset(id).asset(id)
    }

    fn finding(&self, key: Key) -> Boxed<'_, Result<Option<Detail>, Problem>> {
        Box::pin(async move {
            let mut detail = self.of_finding(key).finding(key).await?;
            if let Some(detail) = &mut detail {
                self.leave(&mut detail.finding);
            }
            Ok(detail)
        })
    }

    fn timeline(&self, since: Timestamp) -> Boxed<'_, Result<Vec<EventRow>, Problem>> {
        self.first.timeline(since)
    }

    fn entries(&self, below: Option<u64>, most: u32) -> Boxed<'_, Result<Vec<EntryRow>, Problem>> {
        self.first.entries(below, most)
    }

    fn entry(&self, seq: u64) -> Boxed<'_, Result<Option<EntryDetail>, Problem>> {
        self.first.entry(seq)
    }

    fn affected(&self, id: String, page: Page) -> Boxed<'_, Result<Option<Affected>, Problem>> {
        self.first.affected(id, page)
    }

    fn act(&self, who: Person, action: Action) -> Boxed<'_, Result<Done, Problem>> {
        Box::pin(async move { self.deed(&who, action).await.map_err(crate::holder::problem) })
    }

    fn sign_in(&self, secret: String) -> Boxed<'_, Result<Option<(String, Session)>, Problem>> {
        self.first.sign_in(secret)
    }

    fn bearer(&self, token: String) -> Boxed<'_, Result<Option<Person>, Problem>> {
        self.first.bearer(token)
    }

    fn session(&self, secret: String) -> Boxed<'_, Result<Option<Session>, Problem>> {
        self.first.session(secret)
    }

    fn sign_out(&self, secret: String) -> Boxed<'_, Result<(), Problem>> {
        self.first.sign_out(secret)
    }
}
