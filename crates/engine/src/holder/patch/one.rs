//! One host whose turn it is: what it lacks, the plan that brings it, whose yes that has, and what the
//! looks before and after say.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_act::same_person;
use holdfast_decide::practice::{Approval, Ring, Rings, Soaked};
use holdfast_model::{Component, Digest, Finding, Key, Problem, State, Timestamp, Tool};
use holdfast_posture::NOT_ON_OFFER;

use super::Run;
use super::memory::{self, Said};
use crate::desk::{Desk as _, Person, PlanState};
use crate::failure::Failure;
use crate::fix::host::{Remedy, Versions};
use crate::holder::apply::{self, Window};
use crate::holder::plans;
use crate::holder::seen::{Seen, look_at};
use crate::host::APT_LISTS;
use crate::patching::{self, Came, Checks, HostRow, Lacks, Member, Need, Stand, UpdateRow};
use crate::{fix, record};

/// Why a plan was not begun that is made anew the next time, and stops nobody.
const AGAIN: [&str; 2] = ["plan-stale", "window-over"];

/// An update that a host lacks.
struct Lacked {
    key: Key,
    /// The packages that it lifts.
    needs: Vec<Need>,
    /// The versions of them that held in the ring before.
    held: Versions,
    row: UpdateRow,
}

impl Lacked {
    fn names(&self) -> impl Iterator<Item = Arc<str>> {
        self.needs.iter().map(|need| Arc::clone(&need.update))
    }
}

impl Run<'_> {
    pub(super) async fn patch_one(
        &mut self,
        ring: &Ring,
        member: &Member,
        known: &Rings,
        (row, until): (&mut HostRow, Option<Timestamp>),
    ) -> Result<(), Failure> {
        let seen = self.look(member).await?;
        let checks = checks(&seen);
        let lacked = self.lacked(ring, known, &seen).await?;
        let (new, why) = self.take_in(ring, member, &seen, (lacked.as_slice(), &checks));
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
        if !Box::pin(self.carried_out(ring, member, (&seen, ready.as_slice()), (&mut *row, until)))
            .await?
        {
            return Ok(());
        }
        let names = ready.iter().flat_map(|one| one.names()).collect();
        self.proven(ring, member, row, (checks, names)).await
    }

    /// Remembers what a look says. Answers which controls do not pass that did before the last patch, and
    /// what is wrong with the host.
    fn take_in(
        &mut self,
        ring: &Ring,
        member: &Member,
        seen: &Seen,
        (lacked, checks): (&[Lacked], &Checks),
    ) -> (Vec<Arc<str>>, Option<String>) {
        let names: BTreeSet<Arc<str>> = lacked.iter().flat_map(Lacked::names).collect();
        let accepted = accepted(seen);
        let stand = |update: &str| {
            if accepted.contains(update) {
                Stand::Gone
            } else {
                patching::stand(installed(seen), update)
            }
        };
        let unnamed = lacked.iter().any(|one| one.needs.is_empty());
        let lacks = Lacks { updates: &names, unnamed, stand: &stand };
        let now = self.holder.world.clock.now();
        let needs = lacked.iter().flat_map(|one| &one.needs);
        let remembered = self.hosts.entry(member.target.to_string()).or_default();
        remembered.wants = needs.map(|need| Arc::clone(&need.package)).collect();
        let new = remembered.looked(now, &lacks, checks);
        let why = remembered.failed.as_ref().map(|(_, why)| why.clone());
        self.note(ring, member, seen);
        (new, why)
    }

    /// Has a plan carried out that brings updates; whether it was, and a new look proved it.
    async fn carried_out(
        &self,
        ring: &Ring,
        member: &Member,
        (seen, ready): (&Seen, &[&Lacked]),
        (row, until): (&mut HostRow, Option<Timestamp>),
    ) -> Result<bool, Failure> {
        let mut keys: Vec<Key> = ready.iter().map(|one| one.key).collect();
        keys.sort_unstable();
        let held: Versions = ready.iter().flat_map(|one| one.held.clone()).collect();
        let plan = self.plan(member, seen, &keys, &held).await?;
        row.plan = Some(plan.to_string());
        // What somebody asks for outside the window, the practice has not said yes to.
        let said_yes = ring.approval == Approval::Automatic && until.is_some();
        if said_yes {
            self.say_yes(plan).await?;
        }
        (self.say)(&format!("{}: plan {}", member.name, plans::short(plan)));
        let voice = said_yes.then(|| self.voice().name);
        let window = until.map(|until| Window { until, voice });
        let window = window.as_ref();
        match apply::apply(self.holder, self.who, plan, self.say, true, window).await {
            Ok(_) => Ok(true),
            Err(Failure::NotDone(problem)) if problem.code == "not-approved" => {
                row.result = Came::NeedsYes;
                row.because = problem.message;
                Ok(false)
            }
            Err(Failure::NotDone(problem)) if is_stale(&problem) => {
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
        (before, names): (Checks, Vec<Arc<str>>),
    ) -> Result<(), Failure> {
        let seen = self.look(member).await?;
        let after = checks(&seen);
        let now = self.holder.world.clock.now();
        let remembered = self.hosts.entry(member.target.to_string()).or_default();
        remembered.patched(now, names.into_iter(), (&before, &after));
        let failed = remembered.failed.clone();
        self.note(ring, member, &seen);
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
            let (needs, left) = match patching::needs(&seen.look, finding) {
                Ok(needs) => (needs, None),
                Err(problem) => (Vec::new(), Some(problem.message)),
            };
            let mut held = Versions::new();
            let because = match left.or_else(|| self.said_no(seen, finding.key)) {
                Some(because) => because,
                None => self.held(ring, known, (finding, needs.as_slice()), &mut held).await?,
            };
            let to = |need: &Need| {
                format!("{} {}", need.name, held.get(&need.name).unwrap_or(&need.floor))
            };
            let row = UpdateRow {
                key: finding.key.to_string(),
                title: finding.title.clone(),
                to: needs.iter().map(to).collect(),
                ready: because.is_empty(),
                because,
            };
            lacked.push(Lacked { key: finding.key, needs, held, row });
        }
        Ok(lacked)
    }

    /// Why an update has to wait; empty where it does not. What a ring gets is what held in the one
    /// before: the package, and its version.
    async fn held(
        &self,
        ring: &Ring,
        known: &Rings,
        (finding, needs): (&Finding, &[Need]),
        held: &mut Versions,
    ) -> Result<String, Failure> {
        let now = self.holder.world.clock.now();
        let seen = self.first_seen(finding.key).await?.unwrap_or(now);
        for need in needs {
            match self.practice.soaked(ring, &need.update, seen, known, now) {
                Soaked::Yes => {}
                waits @ (Soaked::At { .. } | Soaked::After { .. }) => return Ok(waits.to_string()),
            }
            let all = (self.members.as_slice(), &self.hosts);
            match patching::version(&self.practice, ring, all, need, now) {
                Ok(Some(version)) => {
                    held.insert(Arc::clone(&need.name), version);
                }
                Ok(None) => {}
                Err(waits) => return Ok(waits.to_string()),
            }
        }
        Ok(String::new())
    }

    /// Notes what a host has of packages that hosts of any ring lack an update of. Of the last ring
    /// nobody asks that.
    fn note(&mut self, ring: &Ring, member: &Member, seen: &Seen) {
        if self.practice.rings.last().is_some_and(|last| last.name == ring.name) {
            return;
        }
        let now = self.holder.world.clock.now();
        let wanted = self.hosts.values().flat_map(|host| host.wants.iter().cloned()).collect();
        let remembered = self.hosts.entry(member.target.to_string()).or_default();
        patching::note(&mut remembered.held, installed(seen), &wanted, now);
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

    /// The plan that waits for these findings already and does the same, else a new one.
    async fn plan(
        &self,
        member: &Member,
        seen: &Seen,
        keys: &[Key],
        held: &Versions,
    ) -> Result<Digest, Failure> {
        let findings = seen.assessment.findings.iter();
        let mut findings: Vec<&Finding> = findings.filter(|one| keys.contains(&one.key)).collect();
        // In the order of a plan.
        findings.sort_by_key(|one| one.key);
        let (look, judged) = (&seen.look, &seen.assessment.controls);
        let remedies = fix::host::remedies_to(look, judged, &findings, Tool::Shell, held)?;
        let view = self.holder.view();
        let known = view.plans.iter().find(|plan| {
            let mut findings = plan.findings.clone();
            findings.sort_unstable();
            matches!(plan.state, PlanState::Waiting | PlanState::Approved)
                && plan.target == member.target
                && findings == keys
                && plan.steps.iter().map(|step| &step.code).eq(remedies.iter().map(code))
        });
        if let Some(plan) = known {
            return Ok(plan.id);
        }
        let names = keys.iter().map(ToString::to_string).collect();
        let target = member.target.clone();
        let how = (Tool::Shell, held);
        let done = plans::propose_to(self.holder, self.who, target, names, how).await?;
        done.plan.ok_or_else(|| {
            Failure::Ours(Problem::new("plan-document", "what was planned has no name"))
        })
    }

    /// Who speaks where the practice says yes.
    fn voice(&self) -> Person {
        Person { name: format!("{}{}", plans::PRACTICE, self.practice.id) }
    }

    /// The practice says yes to a plan of its own ring, once.
    async fn say_yes(&self, plan: Digest) -> Result<(), Failure> {
        let (voice, recorded) = (self.voice(), plans::find(self.holder, plan).await?);
        let spoke = recorded.voices().any(|one| same_person(&one.who, &voice.name));
        if !spoke {
            plans::say(self.holder, &voice, plan, None).await?;
        }
        Ok(())
    }
}

fn code(remedy: &Remedy) -> &String {
    &remedy.rendered.code
}

/// Whether a plan cannot be carried out as it stands, which is nothing that failed: what it brings may
/// not be on offer any more, and a newer one has to hold elsewhere first.
fn is_stale(problem: &Problem) -> bool {
    // Where it could not be taken back, somebody has to look.
    let why = problem.message.split_once("everything was taken back: ");
    AGAIN.contains(&problem.code.as_str()) || why.is_some_and(|(_, why)| why.contains(NOT_ON_OFFER))
}

/// Every package that was seen on a host.
fn installed(seen: &Seen) -> impl Iterator<Item = &Component> {
    seen.look.components().map(|(_, component)| component)
}

/// What the controls of a host come to.
fn checks(seen: &Seen) -> Checks {
    let controls = seen.look.host.iter().flat_map(|host| &host.controls.list);
    let controls: Vec<_> = controls.collect();
    let results = seen.assessment.controls.iter().filter_map(|one| {
        controls.get(one.control).map(|control| (&control.id, one.judgement.result))
    });
    Checks::of(&seen.assessment.findings, results)
}

/// Updates that somebody accepted to be without: the host will not get them.
fn accepted(seen: &Seen) -> BTreeSet<Arc<str>> {
    let findings = seen.assessment.findings.iter().filter(|one| one.state == State::Accepted);
    let needs = findings.filter_map(|finding| patching::needs(&seen.look, finding).ok());
    needs.flatten().map(|need| need.update).collect()
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
    row.not_assessed.extend(running.hidden_because().map(|(reason, _)| reason));
    if running.cut {
        row.not_assessed.push("there are more processes than are looked at".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_on_offer_any_more_is_stale_where_everything_was_taken_back() {
        let stale = |message: &str| is_stale(&Problem::new("not-done", message));
        let gone = format!("failed: libc6 {NOT_ON_OFFER} 2 any more");
        let back = "`package-updates` could not be set, and everything was taken back: ";
        assert!(stale(&format!("{back}{gone}")));
        assert!(!stale(&format!("{back}failed: the disk is full")));
        assert!(!stale(&format!("`package-updates` could not be taken back: {gone}")));
        assert!(AGAIN.iter().all(|code| is_stale(&Problem::new(code, "whatever it is"))));
    }
}
