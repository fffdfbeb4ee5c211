//! What the desk of the tests does when somebody wants something: the rules of the real one about
//! whose word counts, over values in memory.

use holdfast_engine::desk::{
    Action, Detail, Done, EntryRow, FindingView, PlanState, PlanView, StepView, Voice,
};
use holdfast_model::{
    Approval, Digest, Fields, Key, Needed, Outcome, Problem, State, Target, Timestamp, Tool,
    Transition,
};

use super::{Data, deeds_of_events, entry};

type Outcomes = Result<Done, Problem>;

/// One finding whole, as it is now.
pub fn detail(data: &Data, key: Key) -> Option<Detail> {
    let finding = data.view.findings.iter().find(|finding| finding.key == key)?.clone();
    let mut detail = data.details.get(&key).cloned().unwrap_or_else(|| plain(&finding));
    let plans = data.view.plans.iter().filter(|plan| plan.findings.contains(&key));
    detail.plans = plans.cloned().collect();
    if let Some((who, until, because)) = data.asked.get(&key) {
        detail.acceptance = format!(
            "{who} asks to accept it until {until}: {because}. Somebody else's yes is missing."
        );
        detail.acceptance_waits = Some(who.clone());
    }
    detail.finding = finding;
    Some(detail)
}

/// A finding of which nothing was written by hand.
pub fn plain(finding: &FindingView) -> Detail {
    let first = Transition {
        key: finding.key,
        standing: finding.row.standing,
        from: None,
        to: State::Open,
        outcome: None,
        other: None,
        at: finding.first_seen,
        because: "seen for the first time".to_owned(),
    };
    Detail {
        finding: finding.clone(),
        why: vec![format!("{} is in use here.", finding.row.name())],
        sources: Vec::new(),
        lines: vec!["The line `on trunk` decided: its severity is soon.".to_owned()],
        fixes: Vec::new(),
        history: vec![(1, first)],
        plans: Vec::new(),
        told: Vec::new(),
        acceptance: String::new(),
        acceptance_waits: None,
        unacceptable: None,
    }
}

/// Does it, and notes it.
pub fn act(data: &mut Data, who: &str, action: &Action, now: Timestamp) -> Outcomes {
    let done = match action {
        Action::Accept { key, until, because } => accept(data, who, *key, *until, because, now)?,
        Action::ApproveAcceptance { key } => approve_acceptance(data, who, *key, now)?,
        Action::Propose { keys, tool } => propose(data, who, keys, *tool, now)?,
        Action::Approve { plan } => approve(data, who, *plan, now)?,
        Action::Refuse { plan, because } => refuse(data, who, *plan, because, now)?,
        Action::Apply { plan } => apply(data, *plan, now)?,
        Action::Confirm { plan } => {
            move_plan(data, *plan, PlanState::ToConfirm, PlanState::Done, "it stays")?
        }
        Action::Undo { plan } => {
            move_plan(data, *plan, PlanState::Done, PlanState::Undone, "it was taken back")?
        }
        Action::Announce { .. }
        | Action::ApproveAnnouncement { .. }
        | Action::AnswerCase { .. }
        | Action::OwnCase { .. }
        | Action::TestChannel { .. } => deeds_of_events::act(data, who, action, now)?,
        Action::Look => {
            data.view.at = now;
            Done { message: "looked at 4 assets".to_owned(), ..Done::default() }
        }
        Action::ProposeAt { .. }
        | Action::AddHosts { .. }
        | Action::RemoveHost { .. }
        | Action::IssueToken { .. }
        | Action::RevokeToken { .. } => {
            let message = "only the user who holds the data folder may do that";
            return Err(Problem::new("not-permitted", message));
        }
    };
    note(data, who, &done.message, now);
    Ok(done)
}

fn note(data: &mut Data, who: &str, why: &str, now: Timestamp) {
    let row = EntryRow {
        seq: data.view.entries,
        kind: "decision",
        happened: now,
        noted: now,
        who: who.to_owned(),
        why: why.to_owned(),
        about: "web-1".to_owned(),
        standing: None,
    };
    let json = format!("{{\n  \"who\": \"{who}\",\n  \"why\": \"{why}\"\n}}");
    data.entries.push(entry(row, json));
    data.view.entries += 1;
}

fn said(message: &str) -> Done {
    Done { message: message.to_owned(), ..Done::default() }
}

fn finding(data: &mut Data, key: Key) -> Result<&mut FindingView, Problem> {
    let known = data.view.findings.iter_mut().find(|finding| finding.key == key);
    known.ok_or_else(|| Problem::new("unknown-finding", format!("nobody knows a finding `{key}`")))
}

fn accept(
    data: &mut Data,
    who: &str,
    key: Key,
    until: jiff::civil::Date,
    because: &str,
    now: Timestamp,
) -> Outcomes {
    let zone = data.view.zone.clone();
    if !finding(data, key)?.open {
        return Err(Problem::new("not-open", format!("the finding `{key}` is not open any more")));
    }
    let ends = Timestamp::end_of(until, &zone).unwrap_or(now);
    if ends <= now || ends > now.plus_days(365) {
        let message = format!("`{until}` is not within the next year");
        return Err(Problem::new("bad-date", message).help("choose a later day"));
    }
    if because.trim().is_empty() {
        return Err(Problem::new("no-reason", "an acceptance needs a reason"));
    }
    data.asked.insert(key, (who.to_owned(), until, because.to_owned()));
    Ok(said("asked for; somebody else has to say yes"))
}

fn approve_acceptance(data: &mut Data, who: &str, key: Key, now: Timestamp) -> Outcomes {
    match data.asked.get(&key) {
        None => return Err(Problem::new("not-asked", "nobody asks to accept it any more")),
        Some((asked, ..)) if asked == who => {
            return Err(Problem::new(
                "own-acceptance",
                "you asked for it; somebody else has to say yes",
            ));
        }
        Some(_) => {}
    }
    let accepted = finding(data, key)?;
    accepted.open = false;
    accepted.row.state = State::Accepted;
    accepted.since = now;
    data.asked.remove(&key);
    Ok(said("accepted"))
}

fn propose(data: &mut Data, who: &str, keys: &[Key], tool: Tool, now: Timestamp) -> Outcomes {
    let mut fields = Fields::new("test plan").field(tool.word().as_bytes());
    let mut titles = Vec::new();
    let mut asset = String::new();
    for key in keys {
        let found = finding(data, *key)?;
        if let Some(why) = &found.unplannable {
            return Err(Problem::new("unplannable", why.clone()));
        }
        fields.add(&key.0);
        titles.push(found.row.title.clone());
        asset.clone_from(&found.row.asset);
    }
    let id = fields.finish();
    let known = data.view.plans.iter().any(|plan| plan.id == id && !plan.state.is_over());
    if !known {
        let plan = plan(id, who, &asset, keys, &titles.join("; "), tool, now);
        data.view.plans.insert(0, plan);
    }
    for key in keys {
        finding(data, *key)?.plan = Some(id);
    }
    Ok(Done { message: "planned; it waits for a yes".to_owned(), plan: Some(id), secret: None })
}

/// A plan of one step that waits for somebody's yes.
pub fn plan(
    id: Digest,
    author: &str,
    asset: &str,
    findings: &[Key],
    title: &str,
    tool: Tool,
    at: Timestamp,
) -> PlanView {
    let code = "- hosts: all\n  tasks:\n    - name: net-forwarding\n      ansible.posix.sysctl:\n        \
                name: net.ipv4.ip_forward\n        value: \"0\"\n";
    PlanView {
        id,
        title: title.to_owned(),
        asset: asset.to_owned(),
        target: Target::Local,
        author: author.to_owned(),
        proposed: at,
        expires: at.plus_days(7),
        state: PlanState::Waiting,
        steps: vec![StepView {
            title: "net-forwarding: sysctl net.ipv4.ip_forward".to_owned(),
            tool,
            code: code.to_owned(),
            undo: code.replace('0', "1"),
            precheck: String::new(),
            lockout: false,
        }],
        restart: "nothing".to_owned(),
        interruption: "none".to_owned(),
        slowdown: "none".to_owned(),
        risk: "containers and virtual machines on this host lose their route".to_owned(),
        needed: Needed { people: 1, one_person: false },
        voices: Vec::new(),
        missing: "one person other than the author has to say yes".to_owned(),
        findings: findings.to_vec(),
        confirm_by: None,
        log: Vec::new(),
    }
}

fn plan_of(data: &mut Data, id: Digest) -> Result<&mut PlanView, Problem> {
    let known = data.view.plans.iter_mut().find(|plan| plan.id == id);
    known.ok_or_else(|| Problem::new("unknown-plan", "nobody knows this plan"))
}

fn approve(data: &mut Data, who: &str, id: Digest, now: Timestamp) -> Outcomes {
    let plan = plan_of(data, id)?;
    if let Voice::No(why) = plan.voice(who) {
        return Err(Problem::new("no-voice", why));
    }
    let because = String::new();
    plan.voices.push(Approval { plan: id, who: who.to_owned(), yes: true, because, at: now });
    let message = if plan.voices.len() >= usize::from(plan.needed.people) {
        plan.state = PlanState::Approved;
        plan.missing.clear();
        "approved; it may be carried out"
    } else {
        "one more person has to say yes".clone_into(&mut plan.missing);
        "your yes is noted; one more is missing"
    };
    Ok(Done { message: message.to_owned(), plan: Some(id), secret: None })
}

fn refuse(data: &mut Data, who: &str, id: Digest, because: &str, now: Timestamp) -> Outcomes {
    let plan = plan_of(data, id)?;
    if !matches!(plan.state, PlanState::Waiting | PlanState::Approved) {
        return Err(Problem::new("not-waiting", format!("the plan is {}", plan.state.word())));
    }
    let because = because.to_owned();
    plan.voices.push(Approval { plan: id, who: who.to_owned(), yes: false, because, at: now });
    plan.state = PlanState::Refused;
    plan.missing.clear();
    Ok(Done { message: "refused".to_owned(), plan: Some(id), secret: None })
}

fn apply(data: &mut Data, id: Digest, now: Timestamp) -> Outcomes {
    let plan = plan_of(data, id)?;
    if plan.state != PlanState::Approved {
        return Err(Problem::new("not-approved", format!("the plan is {}", plan.state.word())));
    }
    let lockout = plan.steps.iter().any(|step| step.lockout);
    plan.state = if lockout { PlanState::ToConfirm } else { PlanState::Done };
    plan.confirm_by = lockout.then(|| Timestamp(now.0 + 300_000));
    plan.log.push("ok: [localhost] => changed".to_owned());
    for key in plan.findings.clone() {
        let mended = finding(data, key)?;
        let from = Some(mended.row.state);
        mended.open = false;
        mended.row.state = State::Fixed;
        mended.since = now;
        let step = Transition {
            key,
            standing: mended.row.standing,
            from,
            to: State::Fixed,
            outcome: Some(Outcome::Fixed),
            other: None,
            at: now,
            because: "the same control passes".to_owned(),
        };
        let entry = data.view.entries;
        if let Some(detail) = data.details.get_mut(&key) {
            detail.history.push((entry, step));
        }
    }
    Ok(Done { message: "carried out".to_owned(), plan: Some(id), secret: None })
}

fn move_plan(
    data: &mut Data,
    id: Digest,
    from: PlanState,
    to: PlanState,
    message: &str,
) -> Outcomes {
    let plan = plan_of(data, id)?;
    if plan.state != from {
        return Err(Problem::new("not-now", format!("the plan is {}", plan.state.word())));
    }
    plan.state = to;
    plan.confirm_by = None;
    Ok(Done { message: message.to_owned(), plan: Some(id), secret: None })
}
