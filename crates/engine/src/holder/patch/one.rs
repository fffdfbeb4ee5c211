//! One host whose turn it is: what it lacks, the plan that brings it, whose yes that has, and what the
//! looks before and after say.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_act::same_person;
use holdfast_decide::practice::{Approval, Ring, Rings, Soaked};
use holdfast_model::{Desired, Digest, Finding, Key, Problem, Timestamp, Tool};

use super::Run;
use super::memory::{self, Said};
use crate::desk::{Desk as _, Person, PlanState};
use crate::failure::Failure;
use crate::holder::apply;
use crate::holder::plans;
use crate::holder::seen::{Seen, look_at};
use crate::host::APT_LISTS;
use crate::patching::{self, Came, HostRow, Member, UpdateRow};
use crate::{fix, record};

/// Why a plan was not begun that is made anew the next time, and stops nobody.
const AGAIN: [&str; 2] = ["plan-stale", "window-over"];

/// An update that a host lacks.
struct Lacked {
    key: Key,
    /// Package and version of each package that it lifts.
    names: Vec<Arc<str>>,
    row: UpdateRow,
}

impl Run<'_> {
    pub(super) async fn patch_one(
        &mut self,
        ring: &Ring,
        member: &Member,
        known: &Rings,
        (row, until): (&mut HostRow, Option<Timestamp>),
    ) -> Result<(), Failure> {
        let target = member.target.to_string();
        let seen = self.look(member).await?;
        let failing = patching::failing(&seen.assessment.findings);
        let lacked = self.lacked(ring, known, &seen).await?;
        let names: BTreeSet<Arc<str>> =
            lacked.iter().flat_map(|one| one.names.iter().cloned()).collect();
        let now = self.holder.world.clock.now();
        let remembered = self.hosts.entry(target).or_default();
        let new = remembered.looked(now, &names, &failing);
        let why = remembered.failed.as_ref().map(|(_, why)| why.clone());
        tell(&seen, row);
        row.updates = lacked.iter().map(|one| one.row.clone()).collect();
        if let (false, Some(why)) = (new.is_empty(), why) {
            let problem = Problem::new("practice-checks", why);
            return self.failed(ring, member, row, problem).await;
        }
        let ready: Vec<&Lacked> = lacked.iter().filter(|one| one.row.ready).collect();
        if ready.is_empty() {
            row.result = if lacked.is_empty() { Came::NothingToDo } else { Came::Waits };
            if let Some(first) = lacked.first() {
                row.because.clone_from(&first.row.because);
            }
            return self.remember(None, row).await;
        }
        if self.asked.dry_run {
            row.result = Came::WouldPatch;
            return Ok(());
        }
        // Before anything is changed: whoever is ended in between finds that this host lacks it.
        self.remember(None, row).await?;
        if !Box::pin(self.carried_out(ring, member, &ready, (&mut *row, until))).await? {
            return Ok(());
        }
        let names = ready.iter().flat_map(|one| one.names.iter().cloned()).collect();
        self.proven(ring, member, row, (failing, names)).await
    }

    /// Has a plan carried out that brings updates; whether it was, and a new look proved it.
    async fn carried_out(
        &self,
        ring: &Ring,
        member: &Member,
        ready: &[&Lacked],
        (row, until): (&mut HostRow, Option<Timestamp>),
    ) -> Result<bool, Failure> {
        let mut keys: Vec<Key> = ready.iter().map(|one| one.key).collect();
        keys.sort_unstable();
        let plan = self.plan(member, &keys).await?;
        row.plan = Some(plan.to_string());
        // What somebody asks for outside the window, the practice has not said yes to.
        let said_yes = ring.approval == Approval::Automatic && until.is_some();
        if said_yes {
            self.say_yes(plan).await?;
        }
        (self.say)(&format!("{}: plan {}", member.name, plans::short(plan)));
        match apply::apply(self.holder, self.who, plan, self.say, true, until).await {
            Ok(_) => Ok(true),
            Err(Failure::NotDone(problem)) if problem.code == "not-approved" => {
                row.result = Came::NeedsYes;
                row.because = problem.message;
                Ok(false)
            }
            Err(Failure::NotDone(problem)) if AGAIN.contains(&problem.code.as_str()) => {
                // Nobody has to say no to what cannot be carried out any more.
                self.say_no(plan, problem.message.clone()).await?;
                row.because = format!("{}; it is planned anew next time", problem.message);
                Ok(false)
            }
            Err(failure) => {
                if said_yes {
                    // A practice's yes is one for its window.
                    let because = "it could not begin in its window".to_owned();
                    self.say_no(plan, because).await?;
                }
                Err(failure)
            }
        }
    }

    /// Says no to a plan, unless something was done with it already.
    async fn say_no(&self, plan: Digest, because: String) -> Result<(), Failure> {
        if plans::find(self.holder, plan).await?.record.acts.is_empty() {
            plans::say(self.holder, &self.voice(), plan, Some(because)).await?;
        }
        Ok(())
    }

    /// Looks again after a patch that was proven: the checks of the host, and what has to be started
    /// anew.
    async fn proven(
        &mut self,
        ring: &Ring,
        member: &Member,
        row: &mut HostRow,
        (before, names): (BTreeSet<Arc<str>>, Vec<Arc<str>>),
    ) -> Result<(), Failure> {
        let seen = self.look(member).await?;
        let after = patching::failing(&seen.assessment.findings);
        let now = self.holder.world.clock.now();
        let remembered = self.hosts.entry(member.target.to_string()).or_default();
        remembered.patched(now, names.into_iter(), (&before, &after));
        let failed = remembered.failed.clone();
        tell(&seen, row);
        if let Some((_, why)) = failed {
            return self.failed(ring, member, row, Problem::new("practice-checks", why)).await;
        }
        row.result = Came::Patched;
        let why =
            format!("`{}` was patched in `{}`, and its checks passed", member.name, ring.name);
        self.remember(Some(why), row).await
    }

    /// Notes that a host was not patched, or that its checks fail: the rings behind it wait.
    pub(super) async fn failed(
        &mut self,
        ring: &Ring,
        member: &Member,
        row: &mut HostRow,
        problem: Problem,
    ) -> Result<(), Failure> {
        row.result = Came::Failed;
        row.because.clone_from(&problem.message);
        if self.asked.dry_run {
            return Ok(());
        }
        let now = self.holder.world.clock.now();
        let remembered = self.hosts.entry(member.target.to_string()).or_default();
        let silent = problem.code == "host-not-reached";
        // It is asked again as often as its window is open, and told of once.
        let told = silent && remembered.silent.is_some();
        let because = (now, problem.message.clone());
        if silent {
            remembered.silent.get_or_insert(because);
        } else {
            remembered.failed = Some(because);
        }
        let behind: Vec<String> = self
            .practice
            .rings
            .iter()
            .skip_while(|one| one.name != ring.name)
            .skip(1)
            .map(|one| format!("`{}`", one.name))
            .collect();
        let until = if silent { "it answers" } else { "its checks pass" };
        let wait = match behind.as_slice() {
            [] => String::new(),
            [one] => format!("; {one} waits until {until}"),
            _ => format!("; {} wait until {until}", behind.join(", ")),
        };
        let why = format!("`{}` failed in `{}`: {}{wait}", member.name, ring.name, problem.message);
        self.remember((!told).then_some(why), row).await
    }

    async fn remember(&self, why: Option<String>, row: &HostRow) -> Result<(), Failure> {
        if self.asked.dry_run {
            return Ok(());
        }
        let said = why.map(|why| Said { who: &self.who.name, why, row });
        let (world, store) = (&self.holder.world, &self.holder.store);
        memory::write(world, store, &self.practice.id, &self.hosts, said).await
    }

    /// Looks at a host; refused where it does not answer.
    async fn look(&self, member: &Member) -> Result<Seen, Failure> {
        let _work = self.holder.work.lock().await;
        let seen = look_at(self.holder, &member.target).await?;
        seen.is_reached()?;
        Ok(seen)
    }

    /// The security updates that a host lacks, and whether each held long enough in the rings before.
    async fn lacked(
        &self,
        ring: &Ring,
        known: &Rings,
        seen: &Seen,
    ) -> Result<Vec<Lacked>, Failure> {
        // What was said of plans an hour ago stands in the record, and perhaps not yet in the view.
        self.holder.refresh_now().await?;
        let mut lacked = Vec::new();
        for finding in seen.assessment.findings.iter().filter(|one| patching::is_update(one)) {
            let (names, left) = match fix::host::updates(&seen.look, finding) {
                Ok(wanted) => (wanted.iter().filter_map(named).collect(), None),
                Err(problem) => (Vec::new(), Some(problem.message)),
            };
            let because = match left.or_else(|| self.said_no(seen, finding.key)) {
                Some(because) => because,
                None => self.held(ring, known, finding, &names).await?,
            };
            let row = UpdateRow {
                key: finding.key.to_string(),
                title: finding.title.clone(),
                to: names.iter().map(ToString::to_string).collect(),
                ready: because.is_empty(),
                because,
            };
            lacked.push(Lacked { key: finding.key, names, row });
        }
        Ok(lacked)
    }

    /// Why an update has to wait; empty where it does not.
    async fn held(
        &self,
        ring: &Ring,
        known: &Rings,
        finding: &Finding,
        names: &[Arc<str>],
    ) -> Result<String, Failure> {
        let now = self.holder.world.clock.now();
        let seen = self.first_seen(finding.key).await?.unwrap_or(now);
        for name in names {
            match self.practice.soaked(ring, name, seen, known, now) {
                Soaked::Yes => {}
                waits @ (Soaked::At { .. } | Soaked::After { .. }) => return Ok(waits.to_string()),
            }
        }
        Ok(String::new())
    }

    /// Who said no to an update here, while the plan that they said it of would hold: a practice does
    /// not ask until somebody says yes.
    fn said_no(&self, seen: &Seen, key: Key) -> Option<String> {
        let (view, now) = (self.holder.view(), self.holder.world.clock.now());
        let voice = self.voice().name;
        let refused = view.plans.iter().filter(|plan| {
            plan.state == PlanState::Refused
                && plan.asset == seen.look.asset.name
                && plan.findings.contains(&key)
                && now < plan.expires
        });
        let mut voices = refused.flat_map(|plan| &plan.voices);
        let no = voices.find(|one| !one.yes && !same_person(&one.who, &voice))?;
        Some(format!("`{}` said no: {}", no.who, no.because))
    }

    async fn first_seen(&self, key: Key) -> Result<Option<Timestamp>, Failure> {
        let known = self.holder.store.finding(key).await.map_err(|error| record::ours(&error))?;
        Ok(known.iter().map(|one| one.first_seen).min())
    }

    /// The plan that waits for these findings already, else a new one.
    async fn plan(&self, member: &Member, keys: &[Key]) -> Result<Digest, Failure> {
        let view = self.holder.view();
        let known = view.plans.iter().find(|plan| {
            let mut findings = plan.findings.clone();
            findings.sort_unstable();
            matches!(plan.state, PlanState::Waiting | PlanState::Approved)
                && plan.target == member.target
                && findings == keys
        });
        if let Some(plan) = known {
            return Ok(plan.id);
        }
        let names = keys.iter().map(ToString::to_string).collect();
        let target = member.target.clone();
        let done = plans::propose_at(self.holder, self.who, target, names, Tool::Shell).await?;
        done.plan.ok_or_else(|| {
            Failure::Ours(Problem::new("plan-document", "what was planned has no name"))
        })
    }

    /// Who speaks where the practice says yes.
    fn voice(&self) -> Person {
        Person { name: format!("practice {}", self.practice.id) }
    }

    /// The practice says yes to a plan of its own ring, once.
    async fn say_yes(&self, plan: Digest) -> Result<(), Failure> {
        let (voice, recorded) = (self.voice(), plans::find(self.holder, plan).await?);
        let spoke = recorded.approvals().iter().any(|one| same_person(&one.who, &voice.name));
        if !spoke {
            plans::say(self.holder, &voice, plan, None).await?;
        }
        Ok(())
    }
}

/// `openssl 3.0.11-1~deb12u2`.
fn named(desired: &Desired) -> Option<Arc<str>> {
    let Desired::PackageAtLeast { name, version } = desired else { return None };
    Some(format!("{name} {version}").into())
}

/// What a look says of what runs.
fn tell(seen: &Seen, row: &mut HostRow) {
    row.restarts = patching::restarts(&seen.assessment.findings);
    row.not_assessed.clear();
    // Whoever does not know what is offered lacks nothing.
    let lists = seen.look.left_out.iter().filter(|one| *one.path == *APT_LISTS);
    row.not_assessed.extend(lists.map(|one| one.reason.clone()));
    row.reboot = seen.assessment.findings.iter().any(patching::needs_reboot);
    let Some(running) = seen.look.host.as_ref().and_then(|host| host.running.as_ref()) else {
        return;
    };
    row.reboot |= running.mark.is_some();
    if running.hidden > 0 {
        let what = format!("{} processes may only be looked at by root", running.hidden);
        row.not_assessed.push(what);
    }
    if running.cut {
        row.not_assessed.push("there are more processes than are looked at".to_owned());
    }
}
