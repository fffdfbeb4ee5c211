//! Planning changes of hosts, saying yes and no, and accepting findings of hosts.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_act::{Consent, Draft, Proposal, same_person};
use holdfast_decide::needed;
use holdfast_model::{
    Acceptance, Anchor, Approval, Digest, Finding, Key, Place, Problem, Step, Target, Timestamp,
    Tool,
};
use holdfast_store::{Entry, EntryKind, PlanRecord, Store};
use holdfast_world::World;

use super::access::is_of_practice;
use super::seen::look_at;
use super::{Holder, blocking};
use crate::accept::is_named;
use crate::cycle;
use crate::desk::{Done, Person, PlanState, PlanView, StepView};
use crate::failure::Failure;
use crate::fix::host::Versions;
use crate::settings::{Chosen, Settings};
use crate::{fix, host, hosts, record};

/// For how many days a plan may be approved and carried out.
const VALID_DAYS: u32 = 7;
/// How the name begins by which a practice says yes.
pub(super) const PRACTICE: &str = "practice ";

/// Plans a change that mends findings of one host.
pub(super) async fn propose(
    holder: &Holder,
    who: &Person,
    keys: &[Key],
    tool: Tool,
) -> Result<Done, Failure> {
    let view = crate::desk::Desk::view(holder);
    let mut assets: Vec<&Arc<str>> =
        view.findings.iter().filter(|one| keys.contains(&one.key)).map(|one| &one.asset).collect();
    assets.sort_unstable();
    assets.dedup();
    let [asset] = assets.as_slice() else {
        let problem = Problem::new("several-hosts", "a plan is for the findings of one host");
        return Err(problem.help("plan for one host at a time").into());
    };
    let Some(target) = host::target_of(&holder.world, asset) else {
        let message = format!("`{asset}` is no host that is reached from here");
        let problem = Problem::new("not-a-host", message);
        return Err(problem.help("what stands in files is mended by: holdfast fix KEY").into());
    };
    let names = keys.iter().map(ToString::to_string).collect();
    propose_at(holder, who, target, names, tool).await
}

/// Looks at a host and plans a change that mends the findings of these names.
pub(super) async fn propose_at(
    holder: &Holder,
    who: &Person,
    target: Target,
    names: Vec<String>,
    tool: Tool,
) -> Result<Done, Failure> {
    propose_to(holder, who, target, names, (tool, &Versions::new())).await
}

/// The same, where some packages are brought to the version that held elsewhere.
pub(super) async fn propose_to(
    holder: &Holder,
    who: &Person,
    target: Target,
    names: Vec<String>,
    (tool, held): (Tool, &Versions),
) -> Result<Done, Failure> {
    let _work = holder.work.lock().await;
    let seen = look_at(holder, &target).await?;
    seen.is_reached()?;
    let mut chosen: Vec<&Finding> = Vec::new();
    for name in &names {
        let found: Vec<&Finding> =
            seen.assessment.findings.iter().filter(|finding| is_named(finding, name)).collect();
        if found.is_empty() {
            let message = format!("nothing on {} is called `{name}` now", seen.look.asset.name);
            let problem = Problem::new("unknown-finding", message);
            return Err(problem.help("see what is found: holdfast audit").into());
        }
        chosen.extend(found);
    }
    chosen.sort_by_key(|finding| finding.key);
    chosen.dedup_by_key(|finding| finding.key);
    let (look, judged) = (&seen.look, &seen.assessment.controls);
    let remedies = fix::host::remedies_to(look, judged, &chosen, tool, held)?;
    let titles: Vec<&str> = remedies.iter().map(|one| one.control.title.as_str()).collect();
    let title = titles.join("; ");
    let now = holder.world.clock.now();
    let needed = needed(&seen.gathered.settings.appetite, &seen.look.asset);
    let proposal = Proposal::new(Draft {
        plan: fix::host::plan(remedies),
        asset: seen.look.asset.id.clone(),
        target,
        author: who.name.clone(),
        title,
        findings: chosen.iter().map(|finding| finding.key).collect(),
        needed,
        proposed: now,
        expires: now.plus_days(VALID_DAYS),
    })?;
    let digest = proposal.digest();
    let mut random = record::random(&holder.world)?;
    holder
        .store
        .plan_propose(&document(&proposal)?, now, &mut random)
        .await
        .map_err(|error| record::ours(&error))?;
    let short = short(digest);
    let message = if needed.one_person {
        format!("Planned as {short}; under these rules you may approve it yourself.")
    } else {
        format!("Planned as {short}; {}.", proposal.consent(&[], needed, now).in_words())
    };
    Ok(Done { message, plan: Some(digest), secret: None })
}

/// A plan's name for people: the beginning of its digest.
pub(super) fn short(digest: Digest) -> String {
    digest.to_string().chars().take(8).collect()
}

fn document(proposal: &Proposal) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(proposal).map_err(|error| {
        Failure::Ours(Problem::new("plan-document", format!("a plan cannot be written: {error}")))
    })
}

/// A plan of the record.
pub(super) struct Recorded {
    pub(super) proposal: Proposal,
    pub(super) record: PlanRecord,
}

impl Recorded {
    /// What was said of it by people, and by whoever said no. A practice's yes is one for its window,
    /// and counts there alone.
    pub(super) fn approvals(&self) -> Vec<Approval> {
        self.approvals_with(None)
    }

    /// The same in the window of the practice that speaks by this name.
    pub(super) fn approvals_with(&self, practice: Option<&str>) -> Vec<Approval> {
        let counts = |voice: &&Approval| {
            !voice.yes
                || !is_of_practice(&voice.who)
                || practice.is_some_and(|name| same_person(name, &voice.who))
        };
        self.voices().filter(counts).cloned().collect()
    }

    /// Everything that was ever said of it.
    pub(super) fn voices(&self) -> impl Iterator<Item = &Approval> {
        self.record.approvals.iter().map(|(_, approval)| approval)
    }
}

/// The plan of a digest.
pub(super) async fn find(holder: &Holder, plan: Digest) -> Result<Recorded, Failure> {
    let record = holder.store.plan(plan).await.map_err(|error| record::ours(&error))?;
    let Some(record) = record else {
        let message = format!("there is no plan {}", short(plan));
        return Err(Problem::new("unknown-plan", message)
            .help("list them: holdfast plan list")
            .into());
    };
    let proposal = Proposal::read(&record.document)?;
    Ok(Recorded { proposal, record })
}

/// What is asked for today, which may be stricter than when it was planned.
pub(super) async fn needed_now(
    holder: &Holder,
    settings: &Settings,
    proposal: &Proposal,
) -> Result<holdfast_model::Needed, Failure> {
    // As the settings say it now, and not as the last look recorded it.
    let (target, config) = (proposal.target(), &settings.config);
    let asset = hosts::identity(&holder.world, &holder.store, target, config).await?;
    Ok(needed(&settings.appetite, &asset))
}

/// The settings by which is judged now.
pub(super) async fn settings_now(holder: &Holder) -> Result<Settings, Failure> {
    let (world, data, options) =
        (holder.world.clone(), holder.data.clone(), holder.options.clone());
    let gathered = blocking(move || cycle::prepare(&world, &data, &options)).await??;
    Ok(gathered.settings)
}

/// Says yes (`refusal` is `None`) or no to a plan.
pub(super) async fn say(
    holder: &Holder,
    who: &Person,
    plan: Digest,
    refusal: Option<String>,
) -> Result<Done, Failure> {
    let recorded = find(holder, plan).await?;
    let settings = settings_now(holder).await?;
    let needed = needed_now(holder, &settings, &recorded.proposal).await?;
    let now = holder.world.clock.now();
    let proposal = &recorded.proposal;
    let own = same_person(proposal.author(), &who.name);
    match proposal.consent(&recorded.approvals(), needed, now) {
        Consent::Given { .. } if refusal.is_none() => {
            let message = "It was approved already.".to_owned();
            return Ok(Done { message, plan: Some(plan), secret: None });
        }
        consent @ (Consent::Refused { .. } | Consent::Expired) => {
            let problem = Problem::new("plan-over", consent.in_words());
            return Err(Failure::NotDone(problem.help("plan again, once you agree")));
        }
        Consent::Given { .. } | Consent::Waiting { .. } => {}
    }
    let alone = needed.one_person && proposal.needed().one_person;
    if refusal.is_none() && own && !alone {
        let message = "you planned it; somebody else has to say yes";
        let help = "ask a colleague to look at it and to approve it";
        return Err(Failure::NotDone(Problem::new("own-plan", message).help(help)));
    }
    let approval = Approval {
        plan,
        who: who.name.clone(),
        yes: refusal.is_none(),
        because: refusal.unwrap_or_default(),
        at: now,
    };
    let mut random = record::random(&holder.world)?;
    let yes = approval.yes;
    holder
        .store
        .approval_put(&approval, now, &mut random)
        .await
        .map_err(|error| record::ours(&error))?;
    let after = find(holder, plan).await?;
    let message = match after.proposal.consent(&after.approvals(), needed, now) {
        _ if !yes => "Refused. It will not be carried out.".to_owned(),
        Consent::Given { by_one: true, .. } => "Approved by one. It may be carried out.".to_owned(),
        Consent::Given { .. } => "Approved. It may be carried out.".to_owned(),
        other => format!("Noted; {}.", other.in_words()),
    };
    Ok(Done { message, plan: Some(plan), secret: None })
}

/// Every plan of a record, newest first, for those who do not hold it.
///
/// # Errors
///
/// Where the record or the settings of the folder cannot be read.
pub async fn recorded_plans(
    world: &World,
    data: &std::path::Path,
    chosen: Option<&Chosen>,
) -> Result<Vec<PlanView>, Failure> {
    let Some(store) = record::reader(data).await? else { return Ok(Vec::new()) };
    let folder = crate::sensors::open(world, std::path::Path::new("."))?;
    let settings = crate::settings::read(&folder.tree, chosen, &world.clock.zone())?;
    all(&store, &settings, &BTreeMap::new(), world.clock.now()).await
}

/// Every plan, newest first. `running` are the lines of what is being carried out.
pub(super) async fn all(
    store: &Store,
    settings: &Settings,
    running: &BTreeMap<Digest, Vec<String>>,
    now: Timestamp,
) -> Result<Vec<PlanView>, Failure> {
    let records = store.plans().await.map_err(|error| record::ours(&error))?;
    let assets = store.assets().await.map_err(|error| record::ours(&error))?;
    let mut views: Vec<PlanView> = records
        .into_iter()
        // A document that cannot be read is found by `ledger verify`; the others are shown.
        .filter_map(|record| {
            let proposal = Proposal::read(&record.document).ok()?;
            let asset = assets.iter().find(|asset| asset.id == *proposal.asset());
            let needed = asset.map_or(proposal.needed(), |asset| needed(&settings.appetite, asset));
            let name = asset.map_or_else(|| proposal.asset().to_string(), |one| one.name.clone());
            let log = running.get(&proposal.digest()).cloned();
            let within_s = super::apply::within_s(settings);
            Some(one(Recorded { proposal, record }, needed, name, log, within_s, now))
        })
        .collect();
    // The record gives them in the order in which they were planned.
    views.reverse();
    Ok(views)
}

fn one(
    recorded: Recorded,
    needed: holdfast_model::Needed,
    asset: String,
    running: Option<Vec<String>>,
    within_s: u32,
    now: Timestamp,
) -> PlanView {
    let consent = recorded.proposal.consent(&recorded.approvals(), needed, now);
    let voices = recorded.voices().cloned().collect();
    let Recorded { proposal, record } = recorded;
    let (state, confirm_by, said) =
        super::apply::state_of(&record.acts, running.is_some(), within_s);
    let missing = consent.in_words();
    let state = state.unwrap_or(match &consent {
        Consent::Waiting { .. } => PlanState::Waiting,
        Consent::Given { .. } => PlanState::Approved,
        Consent::Refused { .. } => PlanState::Refused,
        Consent::Expired => PlanState::Expired,
    });
    let missing = if state == PlanState::Waiting { missing } else { String::new() };
    let plan = proposal.plan();
    let effects = plan.effects();
    PlanView {
        id: proposal.digest(),
        title: proposal.title().to_owned(),
        asset,
        target: proposal.target().clone(),
        author: proposal.author().to_owned(),
        proposed: proposal.proposed(),
        expires: proposal.expires(),
        state,
        steps: plan.steps().iter().filter_map(step).collect(),
        restart: effects.restart.to_string(),
        interruption: effects.interruption.to_string(),
        slowdown: effects.slowdown.to_string(),
        risk: effects.risk.to_string(),
        needed,
        voices,
        missing,
        findings: proposal.findings().to_vec(),
        confirm_by,
        log: running.unwrap_or(said),
    }
}

fn step(step: &Step) -> Option<StepView> {
    let Step::Change(change) = step else { return None };
    let resources: Vec<&str> = change.resources.iter().map(|one| &**one).collect();
    Some(StepView {
        title: format!("{}: {}", change.control, resources.join(", ")),
        tool: change.tool,
        code: change.code.clone(),
        undo: change.undo.clone(),
        precheck: change.precheck.clone(),
        lockout: change.lockout,
    })
}

/// Accepts a finding until the end of a day. What stands in files is accepted in the tree that
/// carries it; of a host, the record keeps it.
pub(super) async fn accept(
    holder: &Holder,
    who: &Person,
    key: Key,
    until: jiff::civil::Date,
    because: &str,
) -> Result<Done, Failure> {
    let finding = open_finding(holder, key).await?;
    let settings = settings_now(holder).await?;
    let now = holder.world.clock.now();
    let end = Timestamp::end_of(until, &settings.zone).filter(|end| *end > now);
    let Some(end) = end else {
        let problem = Problem::new("day-over", format!("{until} is over"));
        return Err(problem.help("name a day to come").into());
    };
    if because.trim().is_empty() {
        let problem = Problem::new("no-reason", "an acceptance needs a reason");
        return Err(problem.help("say why").into());
    }
    if waiting_acceptance(holder, key).await?.is_some() {
        let problem = Problem::new("not-possible", "an acceptance of it waits for somebody's yes");
        return Err(problem.help("ask a colleague to look at it").into());
    }
    let view = crate::desk::Desk::view(holder);
    let asset = view.findings.iter().find(|one| one.key == key).map(|one| Arc::clone(&one.asset));
    let target = asset.as_deref().and_then(|asset| host::target_of(&holder.world, asset));
    let (Some(asset), Some(target)) = (asset, target) else {
        let command = format!("holdfast accept {key} --until {until} --because TEXT");
        let problem = Problem::new("accept-in-tree", "it is accepted in the tree that carries it");
        return Err(problem.help(command).into());
    };
    let mut versions: Vec<Arc<str>> =
        finding.instances.iter().filter_map(|instance| instance.version.clone()).collect();
    versions.sort();
    versions.dedup();
    let alone = settings.appetite.one_person;
    let acceptance = Acceptance {
        covers: finding.local.to_string().into(),
        subject: "".into(),
        reason: because.trim().to_owned(),
        owner: who.name.clone(),
        approver: alone.then(|| who.name.clone()),
        until: end,
        anchor: Some(Anchor::Versions(versions)),
        request: false,
        place: Place::start_of(cycle::record_path(&holdfast_model::AssetId(asset))),
    };
    put_acceptance(holder, who, &acceptance, &target).await?;
    let message = if alone {
        format!("Accepted until {until}, approved by one.")
    } else {
        format!("Noted until {until}; somebody else has to say yes before it counts.")
    };
    Ok(Done { message, ..Done::default() })
}

async fn open_finding(holder: &Holder, key: Key) -> Result<Finding, Failure> {
    let known = holder.store.finding(key).await.map_err(|error| record::ours(&error))?;
    let open = known.into_iter().map(|one| one.finding).find(|finding| finding.state.is_open());
    open.ok_or_else(|| {
        let problem = Problem::new("not-open", "this finding is not open any more");
        problem.help("look at it: it may have been mended meanwhile").into()
    })
}

async fn put_acceptance(
    holder: &Holder,
    who: &Person,
    acceptance: &Acceptance,
    target: &Target,
) -> Result<(), Failure> {
    let now = holder.world.clock.now();
    let payload = serde_json::to_value(acceptance)
        .map_err(|error| Failure::Ours(Problem::new("acceptance-document", error.to_string())))?;
    let entry = Entry {
        kind: EntryKind::Acceptance,
        happened: now,
        who: who.name.clone(),
        why: acceptance.reason.clone(),
        payload,
    };
    let mut random = record::random(&holder.world)?;
    holder
        .store
        .append(vec![entry], now, &mut random)
        .await
        .map_err(|error| record::ours(&error))?;
    // The next look at its host makes it count; it begins at once.
    if let Target::Root(_) | Target::Ssh(_) = target {
        let _work = holder.work.lock().await;
        return look_at(holder, target).await.map(|_| ());
    }
    let say: super::Say = Arc::new(|_| {});
    holder.look(&say).await.map(|_| ())
}

/// Says yes to an acceptance that somebody else asked for.
pub(super) async fn approve_acceptance(
    holder: &Holder,
    who: &Person,
    key: Key,
) -> Result<Done, Failure> {
    let Some(mut acceptance) = waiting_acceptance(holder, key).await? else {
        let problem = Problem::new("nothing-to-approve", "no acceptance of this finding waits");
        return Err(problem.help("accept it first").into());
    };
    let settings = settings_now(holder).await?;
    if same_person(&acceptance.owner, &who.name) && !settings.appetite.one_person {
        let message = "you asked for it; somebody else has to say yes";
        let problem = Problem::new("own-acceptance", message);
        return Err(Failure::NotDone(problem.help("ask a colleague to look at it")));
    }
    acceptance.approver = Some(who.name.clone());
    let view = crate::desk::Desk::view(holder);
    let listed = view.findings.iter().find(|one| one.key == key);
    let target = listed.and_then(|one| host::target_of(&holder.world, &one.asset));
    put_acceptance(holder, who, &acceptance, &target.unwrap_or(Target::Local)).await?;
    Ok(Done { message: "Approved; it counts now.".to_owned(), ..Done::default() })
}

/// The newest acceptance of a finding of a host, where nobody has approved it yet and its last day is
/// still to come.
async fn waiting_acceptance(holder: &Holder, key: Key) -> Result<Option<Acceptance>, Failure> {
    let now = holder.world.clock.now();
    let newest = newest_acceptance(holder, key).await?;
    Ok(newest.filter(|one| one.approver.is_none() && one.until > now))
}

/// The newest acceptance of a finding of a host.
pub(super) async fn newest_acceptance(
    holder: &Holder,
    key: Key,
) -> Result<Option<Acceptance>, Failure> {
    let known = holder.store.finding(key).await.map_err(|error| record::ours(&error))?;
    let Some(local) = known.first().map(|one| one.finding.local.to_string()) else {
        return Ok(None);
    };
    let view = crate::desk::Desk::view(holder);
    let Some(asset) = view.findings.iter().find(|one| one.key == key).map(|one| &one.asset) else {
        return Ok(None);
    };
    let own =
        cycle::accepted_on(&holder.store, &holdfast_model::AssetId(Arc::clone(asset))).await?;
    Ok(own.into_iter().find(|one| *one.covers == *local))
}
