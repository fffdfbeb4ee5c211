//! Patching: what a practice says of each host tonight, carried out by a plan as any change is, and
//! proven by a new look.
//!
//! Which ring may begin, and which update held long enough, is `decide`'s to say; what an update does,
//! the plan's. Nothing here runs anything by itself.

mod memory;
mod one;

use std::sync::Arc;

use holdfast_decide::Practice;
use holdfast_decide::practice::{Ring, Turn};
use holdfast_model::{Place, Problem, Target, Timestamp};
use holdfast_rulefile::Config;
use jiff::tz::TimeZone;

use super::{Holder, Say, blocking};
use crate::cycle;
use crate::desk::Person;
use crate::failure::Failure;
use crate::patching::{self, Asked, Came, HostRow, Hosts, Member, Patched};
use crate::practices::Practices;
use crate::settings::Settings;
use crate::{host, hosts, record};

/// One run over all rings.
struct Run<'h> {
    holder: &'h Holder,
    who: &'h Person,
    say: &'h Say,
    asked: &'h Asked,
    practice: Practice,
    zone: TimeZone,
    members: Vec<Member>,
    /// Hosts of the record that are in no ring of the practice.
    without: Vec<Member>,
    hosts: Hosts,
}

impl Holder {
    /// Patches the hosts whose turn it is, ring after ring.
    ///
    /// # Errors
    ///
    /// Where no practice is chosen, it cannot be used, or the record cannot. What goes wrong on one
    /// host is told with it.
    pub async fn patch(&self, who: &Person, asked: &Asked, say: &Say) -> Result<Patched, Failure> {
        // What is remembered is read at the beginning and written whole.
        let _turn = self.patching.lock().await;
        // Each holds looks and plans of its own, which are large.
        let patched = Box::pin(rounds(self, who, asked, say)).await;
        // Also after an error: something may have been recorded before it.
        let mut beside = Vec::new();
        if let Err(failure) = self.refresh_now().await {
            beside = self.tell_beside(&failure);
        }
        let patched = patched?;
        if let Some(round) = self.last_round() {
            beside.extend(self.ask_beside(&round.folder.settings).await);
        }
        for problem in &beside {
            say(&problem.message);
        }
        Ok(patched)
    }

    /// The same for `up`, which asks every hour: only where a practice is chosen, and only what is
    /// worth telling.
    ///
    /// # Errors
    ///
    /// As [`Holder::patch`].
    pub async fn patch_by_itself(&self, say: &Say) -> Result<Option<Patched>, Failure> {
        if chosen(self).await?.0.config.host.practice.is_none() {
            return Ok(None);
        }
        let who = Person { name: self.world.host.user.clone() };
        let mut patched = self.patch(&who, &Asked::default(), say).await?;
        patched.hosts.retain(|row| !row.result.is_quiet());
        Ok(Some(patched).filter(|patched| !patched.hosts.is_empty()))
    }
}

impl Holder {
    /// When it is worth to ask [`Holder::patch_by_itself`] again after a time, beside every hour; `None`
    /// where no practice is chosen.
    ///
    /// # Errors
    ///
    /// Where settings or practice cannot be used.
    pub async fn next_patch(&self, after: Timestamp) -> Result<Option<Timestamp>, Failure> {
        let (settings, practices) = chosen(self).await?;
        let Some(name) = settings.config.host.practice.as_deref() else { return Ok(None) };
        let practice = practices.find(name)?;
        Ok(practice.next_turn(after, &practice.zone(&settings.zone)))
    }
}

/// The settings of now, and the practices of the folder.
async fn chosen(holder: &Holder) -> Result<(Settings, Practices), Failure> {
    let (world, data, options) =
        (holder.world.clone(), holder.data.clone(), holder.options.clone());
    blocking(move || {
        let gathered = cycle::prepare(&world, &data, &options)?;
        let practices = Practices::read(Some(&gathered.folder.tree));
        Ok((gathered.settings, practices))
    })
    .await?
}

async fn rounds(
    holder: &Holder,
    who: &Person,
    asked: &Asked,
    say: &Say,
) -> Result<Patched, Failure> {
    let mut run = Run::begin(holder, who, asked, say).await?;
    let at = holder.world.clock.now();
    let mut hosts = Vec::new();
    let rings = run.practice.rings.clone();
    let wanted = |ring: &&Ring| asked.ring.as_ref().is_none_or(|name| *name == ring.name);
    for ring in rings.iter().filter(wanted) {
        let members = run.members.clone();
        for member in members.iter().filter(|member| member.ring == ring.name) {
            say(&format!("{}: {}", ring.name, member.name));
            hosts.push(run.host(ring, member).await?);
        }
    }
    if asked.ring.is_none() {
        hosts.extend(run.without.iter().map(|member| HostRow {
            result: Came::NoRing,
            because: format!(
                "say its ring: holdfast add {} --label ring={}",
                member.target,
                rings.first().map_or("NAME", |ring| &ring.name)
            ),
            ..empty_row(member)
        }));
    }
    Ok(Patched {
        schema: "holdfast/patch/1".to_owned(),
        practice: run.practice.id.to_string(),
        at: at.to_string(),
        dry_run: asked.dry_run,
        hosts,
    })
}

impl<'h> Run<'h> {
    async fn begin(
        holder: &'h Holder,
        who: &'h Person,
        asked: &'h Asked,
        say: &'h Say,
    ) -> Result<Self, Failure> {
        let (settings, practices) = chosen(holder).await?;
        let config = &settings.config;
        let Some(name) = config.host.practice.as_deref() else {
            let problem = Problem::new("practice-none", "no practice is chosen for this host");
            let help =
                "write `practice = \"nightly\"` and a `ring` under `[host]` of holdfast.toml";
            return Err(problem.help(help).into());
        };
        let practice = practices.find(name)?;
        let own = (Target::Local, config.host.asset.ring.as_ref());
        let others = config.host.rings.iter().map(|(target, ring)| (target.clone(), Some(ring)));
        let mut members = Vec::new();
        let mut problems = Vec::new();
        let mut places = config.host.rings_at.iter();
        for (target, ring) in std::iter::once(own).chain(others) {
            let place = if target == Target::Local { None } else { places.next() };
            let Some(ring) = ring.filter(|ring| practice.ring(ring).is_some()) else {
                problems.push(no_ring(&practice, &target, ring, place));
                continue;
            };
            let name = host::identify(&holder.world, &target, config).name;
            members.push(Member { target, name, ring: ring.clone() });
        }
        // A host that nobody knows the ring of would be patched by nobody, and nobody would see it.
        if !problems.is_empty() {
            return Err(problems.into());
        }
        if let Some(ring) = asked.ring.as_ref().filter(|ring| practice.ring(ring).is_none()) {
            return Err(unknown_ring(&practice, ring).into());
        }
        let without = recorded(holder, config, &practice, &mut members).await?;
        let zone = practice.zone(&settings.zone);
        let hosts = memory::read(&holder.store, &practice.id).await?;
        Ok(Self { holder, who, say, asked, practice, zone, members, without, hosts })
    }

    /// One host, whatever comes of it.
    async fn host(&mut self, ring: &Ring, member: &Member) -> Result<HostRow, Failure> {
        let mut row = empty_row(member);
        let known = patching::rings(&self.members, &self.hosts);
        let now = self.holder.world.clock.now();
        let until = match self.practice.turn(ring, &known, now, &self.zone, self.asked.now) {
            Turn::Stopped { because } => {
                row.result = Came::Stopped;
                row.because = because;
                return Ok(row);
            }
            Turn::Wait { until } => {
                row.because = match until {
                    Some(until) => format!("its window opens at {until}"),
                    None => "its window never opens".to_owned(),
                };
                row.until = until.map(|until| until.to_string());
                return Ok(row);
            }
            Turn::Open(until) => until,
        };
        row.until = until.map(|until| until.to_string());
        match Box::pin(self.patch_one(ring, member, &known, (&mut row, until))).await {
            Ok(()) => {}
            Err(failure @ Failure::Ours(_)) => return Err(failure),
            // What is wrong with one host is told with it, and stops the rings behind it.
            Err(failure) => self.failed(ring, member, &mut row, super::problem(failure)).await?,
        }
        Ok(row)
    }
}

/// Adds the hosts that are looked at by schedule and say their ring; the others are returned.
async fn recorded(
    holder: &Holder,
    config: &Config,
    practice: &Practice,
    members: &mut Vec<Member>,
) -> Result<Vec<Member>, Failure> {
    let mut without = Vec::new();
    for managed in holder.store.hosts().await.map_err(|error| record::ours(&error))? {
        let target = Target::Ssh(Arc::clone(&managed.host.address));
        if members.iter().any(|member| member.target == target) {
            continue;
        }
        let asset = hosts::asset(&holder.world, &managed.host, config);
        let member = Member { target, name: asset.name, ring: asset.ring.unwrap_or_default() };
        if practice.ring(&member.ring).is_some() {
            members.push(member);
        } else {
            without.push(member);
        }
    }
    Ok(without)
}

fn empty_row(member: &Member) -> HostRow {
    HostRow {
        target: member.target.to_string(),
        asset: member.name.clone(),
        ring: member.ring.clone(),
        result: Came::Waits,
        because: String::new(),
        until: None,
        updates: Vec::new(),
        plan: None,
        restarts: Vec::new(),
        reboot: false,
        not_assessed: Vec::new(),
    }
}

/// A host of which nobody knows when it is patched.
fn no_ring(
    practice: &Practice,
    target: &Target,
    ring: Option<&String>,
    place: Option<&Place>,
) -> Problem {
    let mut problem = if let Some(ring) = ring {
        unknown_ring(practice, ring)
    } else {
        let message = format!("`{target}` has no ring, and the practice patches rings");
        let problem = Problem::new("practice-no-ring", message);
        problem.help("write `ring = \"NAME\"` under `[host]` of holdfast.toml")
    };
    problem.place = place.cloned();
    problem
}

fn unknown_ring(practice: &Practice, ring: &str) -> Problem {
    let names: Vec<&str> = practice.rings.iter().map(|ring| ring.name.as_str()).collect();
    let help = match holdfast_rulefile::suggest(ring, names.iter().copied()) {
        Some(guess) => format!("did you mean `{guess}`?"),
        None => format!("its rings are {}", names.join(", ")),
    };
    let message = format!("the practice `{}` has no ring called `{ring}`", practice.id);
    Problem::new("practice-no-ring", message).help(help)
}
