//! People of the demonstration act as everybody does: through the holder.

use std::path::Path;
use std::sync::Arc;

use holdfast_model::{AssetKind, Problem, Target, Timestamp, Tool};
use holdfast_store::Store;

use super::hand::effects;
use super::stage::Stage;
use super::story::{Act, Said};
use crate::cycle::Options;
use crate::desk::{Action, Desk as _, Done, FindingView, Person};
use crate::failure::Failure;
use crate::holder::{Holder, Say};

const MINUTE: i64 = 60_000;

/// The story speaks of something that is not there.
fn lost(what: &str) -> Failure {
    let message = format!("the demonstration speaks of `{what}`, which is not there");
    Failure::Ours(Problem::new("demo-story", message))
}

/// Says nothing of what is being done.
pub(super) fn quiet() -> Say {
    Arc::new(|_| {})
}

impl Stage {
    /// Somebody does something.
    pub(super) async fn act(
        &mut self,
        store: &Arc<Store>,
        data: &Path,
        who: &str,
        act: &Act,
    ) -> Result<(), Failure> {
        match act {
            Act::Propose { plan, host, mends } => {
                let at = self.bench(host)?;
                let action = Action::ProposeAt {
                    target: Target::Local,
                    names: vec![(*mends).to_owned()],
                    tool: Tool::Shell,
                };
                let holder = self.holder(store, data, at).await?;
                let done = does(&holder, who, action).await?;
                let id = done.plan.ok_or_else(|| lost(plan))?;
                self.plans.insert(plan, (at, id));
                self.teach(&holder, at, id, mends);
                Ok(())
            }
            Act::Approve { plan } => {
                self.with(store, data, who, plan, |plan| Action::Approve { plan }).await
            }
            Act::Refuse { plan, because } => {
                let because = (*because).to_owned();
                self.with(store, data, who, plan, |plan| Action::Refuse { plan, because }).await
            }
            Act::Apply { plan } => {
                self.with(store, data, who, plan, |plan| Action::Apply { plan }).await
            }
            Act::Confirm { plan } => {
                self.with(store, data, who, plan, |plan| Action::Confirm { plan }).await
            }
            Act::Undo { plan } => {
                self.with(store, data, who, plan, |plan| Action::Undo { plan }).await
            }
            Act::Accept { host, control, until, because } => {
                let (holder, found) = self.finding(store, data, host, control).await?;
                let until = self.calendar.date(*until);
                let because = (*because).to_owned();
                let action = Action::Accept { key: found.key, until, because };
                does(&holder, who, action).await.map(|_| ())
            }
            Act::ApproveAcceptance { host, control } => {
                let (holder, found) = self.finding(store, data, host, control).await?;
                let action = Action::ApproveAcceptance { key: found.key };
                does(&holder, who, action).await.map(|_| ())
            }
            Act::Announce(said) => {
                let holder = self.holder(store, data, 0).await?;
                let action = announcement(said, holder.now());
                does(&holder, who, action).await.map(|_| ())
            }
            Act::AddHosts { because } => self.add_hosts(store, data, who, because).await,
            Act::Own { family } => {
                let (holder, id) = self.case(store, data, family).await?;
                let action = Action::OwnCase { id, owner: who.to_owned() };
                does(&holder, who, action).await.map(|_| ())
            }
            Act::Answer { family, answer, because } => {
                let (holder, id) = self.case(store, data, family).await?;
                let because = (*because).to_owned();
                let action = Action::AnswerCase { id, answer: *answer, because };
                does(&holder, who, action).await.map(|_| ())
            }
        }
    }

    /// Has the hosts of the list looked at by schedule from now on.
    async fn add_hosts(
        &mut self,
        store: &Arc<Store>,
        data: &Path,
        who: &str,
        because: &str,
    ) -> Result<(), Failure> {
        let holder = self.holder(store, data, 0).await?;
        let hosts = self.far.iter().map(|far| far.host.clone()).collect();
        let action = Action::AddHosts { hosts, because: because.to_owned() };
        does(&holder, who, action).await?;
        self.added = true;
        Ok(())
    }

    fn bench(&self, host: &str) -> Result<usize, Failure> {
        self.benches.iter().position(|one| one.site.host == host).ok_or_else(|| lost(host))
    }

    /// The holder of a bench, over the one record, as of now.
    async fn holder(
        &mut self,
        store: &Arc<Store>,
        data: &Path,
        at: usize,
    ) -> Result<Arc<Holder>, Failure> {
        let bench = self.benches.get_mut(at).ok_or_else(|| lost("a host"))?;
        if let Some(holder) = &bench.holder {
            return Ok(Arc::clone(holder));
        }
        let options = Options::default();
        let holder = Holder::over(&bench.world, data, options, Arc::clone(store)).await?;
        bench.holder = Some(Arc::clone(&holder));
        Ok(holder)
    }

    /// Does something with a plan of the story.
    async fn with(
        &mut self,
        store: &Arc<Store>,
        data: &Path,
        who: &str,
        plan: &str,
        action: impl FnOnce(holdfast_model::Digest) -> Action,
    ) -> Result<(), Failure> {
        let (at, id) = self.plans.get(plan).copied().ok_or_else(|| lost(plan))?;
        let holder = self.holder(store, data, at).await?;
        does(&holder, who, action(id)).await.map(|_| ())
    }

    /// Tells the hand of a host what the scripts of a plan do.
    fn teach(&self, holder: &Holder, at: usize, id: holdfast_model::Digest, mends: &str) {
        let view = holder.view();
        let plan = view.plans.iter().find(|plan| plan.id == id);
        let (Some(plan), Some(bench)) = (plan, self.benches.get(at)) else { return };
        let Some((forth, back)) = effects(mends) else { return };
        for step in &plan.steps {
            bench.hand.learns(&step.code, forth.clone());
            bench.hand.learns(&step.undo, back.clone());
            if !step.precheck.is_empty() {
                bench.hand.learns(&step.precheck, Vec::new());
            }
        }
    }

    /// The finding of a control on a host.
    async fn finding(
        &mut self,
        store: &Arc<Store>,
        data: &Path,
        host: &str,
        control: &str,
    ) -> Result<(Arc<Holder>, FindingView), Failure> {
        let at = self.bench(host)?;
        let holder = self.holder(store, data, at).await?;
        holder.refresh_now().await?;
        let view = holder.view();
        let of_host = view
            .assets
            .iter()
            .find(|one| one.asset.kind == AssetKind::Host && one.asset.name == host)
            .ok_or_else(|| lost(host))?;
        let found = view.findings.iter().find(|one| {
            one.open && one.asset == of_host.asset.id.0 && &*one.row.weakness == control
        });
        let found = found.cloned().ok_or_else(|| lost(control))?;
        Ok((holder, found))
    }

    /// The newest case of a family that nobody has answered.
    async fn case(
        &mut self,
        store: &Arc<Store>,
        data: &Path,
        family: &str,
    ) -> Result<(Arc<Holder>, String), Failure> {
        let holder = self.holder(store, data, 0).await?;
        holder.refresh_now().await?;
        let view = holder.view();
        let case = view.cases.iter().find(|one| one.is_open() && &*one.case.family == family);
        let id = case.map(|one| one.case.id.to_string()).ok_or_else(|| lost(family))?;
        Ok((holder, id))
    }
}

fn announcement(said: &Said, now: Timestamp) -> Action {
    let later = |minutes: u16| Timestamp(now.0 + i64::from(minutes) * MINUTE);
    let texts = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
    Action::Announce {
        who: said.doer.to_owned(),
        what: texts(said.what),
        on: texts(said.on),
        from: Some(later(said.from)),
        until: later(said.until),
        at_most: said.at_most,
        because: said.because.to_owned(),
    }
}

async fn does(holder: &Holder, who: &str, action: Action) -> Result<Done, Failure> {
    holder.do_it(&Person { name: who.to_owned() }, action, &quiet(), true).await
}
