//! Every page over one state of the desk, as it is now, and with hostile words wherever others write.

use holdfast_engine::desk::{Body, Person, View};
use holdfast_model::{Actor, Timestamp, Went};
use holdfast_server::page::{
    self, AnnouncementsQuery, AssetQuery, CasesQuery, Ctx, FindingsQuery, SignIn, TimelineQuery,
};

use crate::support::seed::{self, Seed};

/// A page with a name for messages.
pub struct Made {
    pub name: String,
    /// The path at which it stands.
    pub path: String,
    pub html: String,
}

/// For whom pages are made.
pub fn ctx(path: &str, name: &str) -> Ctx {
    Ctx {
        person: (!name.is_empty()).then(|| Person { name: name.to_owned() }),
        form_token: "token".to_owned(),
        path: path.to_owned(),
        now: seed::now(),
        demo: false,
        notice: Some("the plan was made".to_owned()),
        change: 7,
    }
}

/// Every page.
#[expect(clippy::too_many_lines, reason = "a list of what is made up or asked")]
pub fn of(seed: &Seed, who: &str, now: Timestamp) -> Vec<Made> {
    let view = &seed.view;
    let mut all = Vec::new();
    let mut add = |path: &str, make: &dyn Fn(&Ctx) -> maud::Markup| {
        let ctx = Ctx { now, ..ctx(path.split('?').next().unwrap(), who) };
        let html = make(&ctx).into_string();
        all.push(Made { name: path.to_owned(), path: ctx.path, html });
    };
    add("/", &|ctx| page::today(ctx, view));
    for query in queries() {
        add(&query.address(1), &|ctx| page::findings(ctx, view, &query));
    }
    for detail in seed.details.values() {
        let path = format!("/findings/{}", detail.finding.key);
        for form in [None, Some("shell"), Some("unheard-of")] {
            add(&path, &|ctx| page::finding(ctx, view, detail, form));
        }
    }
    add("/assets", &|ctx| page::assets(ctx, view));
    for asset in &view.assets {
        let seen = seed.assets.get(&*asset.asset.id.0);
        for tab in ["", "controls", "packages", "settings", "ports", "gaps", "looks", "unheard-of"]
        {
            let query = AssetQuery { tab: Some(tab.to_owned()), ..AssetQuery::default() };
            add("/assets/x", &|ctx| {
                page::asset(ctx, view, asset, seen.map(|seen| &**seen), &query)
            });
        }
        add("/assets/x", &|ctx| page::asset(ctx, view, asset, None, &AssetQuery::default()));
    }
    add("/plans", &|ctx| page::plans(ctx, view));
    for plan in &view.plans {
        add(&format!("/plans/{}", plan.id), &|ctx| page::plan(ctx, view, plan));
    }
    for query in spans() {
        add(&query.address(1), &|ctx| page::timeline(ctx, view, &seed.events, &query));
    }
    add("/timeline", &|ctx| page::timeline(ctx, view, &[], &TimelineQuery::default()));
    for show in [None, Some("answered".to_owned()), Some(HOSTILE.to_owned())] {
        for page in [None, Some("9".to_owned())] {
            let query = CasesQuery { show: show.clone(), page };
            add("/cases", &|ctx| page::cases(ctx, view, &query));
        }
    }
    for case in &view.cases {
        for page in [None, Some("2".to_owned())] {
            let query = CasesQuery { show: None, page };
            add("/cases/x", &|ctx| page::case(ctx, view, case, &query));
        }
    }
    for id in [None, Some("41".to_owned()), Some(HOSTILE.to_owned())] {
        let query = AnnouncementsQuery { id, page: None };
        add("/announcements", &|ctx| page::announcements(ctx, view, &query));
    }
    add("/mending", &|ctx| page::mending(ctx, view));
    add("/settings", &|ctx| page::settings(ctx, view));
    add("/settings", &|ctx| page::settings(&Ctx { demo: true, ..ctx.clone() }, view));
    add("/rules", &|ctx| page::appetite(ctx, view));
    let rows: Vec<_> = seed.entries.iter().rev().map(|entry| entry.row.clone()).collect();
    add("/record", &|ctx| page::record(ctx, view, &rows, None));
    add("/record?below=3", &|ctx| page::record(ctx, view, &[], Some(3)));
    for entry in seed.entries.iter().take(3) {
        add(&format!("/record/{}", entry.row.seq), &|ctx| page::entry(ctx, entry));
        let mut gone = entry.clone();
        (gone.body, gone.holds) = (Body::Redacted, false);
        add(&format!("/record/{}", entry.row.seq), &|ctx| page::entry(ctx, &gone));
    }
    add("/nowhere", &|ctx| {
        page::message(ctx, "Not found", "there is no such page", Some(("/", "Today")))
    });
    for (link, wrong) in [(None, false), (None, true), (Some("secret".to_owned()), false)] {
        let sign_in = SignIn { link, to: "/plans".to_owned(), wrong, too_many: false };
        add("/sign-in", &|ctx| page::sign_in(ctx, &sign_in));
    }
    all
}

fn queries() -> Vec<FindingsQuery> {
    let query = |state: &str, severity: &str, q: &str| FindingsQuery {
        state: Some(state.to_owned()),
        severity: Some(severity.to_owned()),
        q: Some(q.to_owned()),
        stage: Some("production".to_owned()),
        ..FindingsQuery::default()
    };
    vec![
        FindingsQuery::default(),
        FindingsQuery { state: Some("any".to_owned()), ..FindingsQuery::default() },
        FindingsQuery { page: Some("99".to_owned()), ..FindingsQuery::default() },
        query("open", "now", "sudo"),
        query(HOSTILE, HOSTILE, HOSTILE),
    ]
}

fn spans() -> Vec<TimelineQuery> {
    let query = |since: &str, only: &str, q: &str| TimelineQuery {
        since: Some(since.to_owned()),
        only: Some(only.to_owned()),
        q: Some(q.to_owned()),
        ..TimelineQuery::default()
    };
    vec![
        TimelineQuery::default(),
        query("1h", "", ""),
        query("7d", "alerts", ""),
        query("7d", "failed", "invalid user"),
        TimelineQuery { page: Some("99".to_owned()), ..query("7d", "", "") },
        TimelineQuery { who: Some(HOSTILE.to_owned()), ..query(HOSTILE, HOSTILE, HOSTILE) },
        TimelineQuery { who: Some(HOSTILE.to_owned()), ..TimelineQuery::default() },
    ]
}

/// Words that break out of text, of attributes and of reading order, and control what shows them.
pub const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\u{202e}\u{2066}\u{0}\u{1b}[2J\u{200b}";

/// The desk with hostile words wherever others write.
pub fn hostile() -> Seed {
    let mut seed = seed::full(12);
    poison_view(&mut seed.view);
    let findings = seed.view.findings.clone();
    for detail in seed.details.values_mut() {
        if let Some(finding) = findings.iter().find(|one| one.key == detail.finding.key) {
            detail.finding = finding.clone();
        }
        detail.plans.clone_from(&seed.view.plans);
        for words in detail.why.iter_mut().chain(&mut detail.lines) {
            words.push_str(HOSTILE);
        }
        for source in &mut detail.sources {
            source.path = HOSTILE.into();
            source.lines.iter_mut().for_each(|line| line.text.push_str(HOSTILE));
        }
        for fix in &mut detail.fixes {
            fix.text.push_str(HOSTILE);
            HOSTILE.clone_into(&mut fix.undo);
            fix.effects.push(HOSTILE.to_owned());
        }
        detail.history.iter_mut().for_each(|(_, step)| step.because.push_str(HOSTILE));
        HOSTILE.clone_into(&mut detail.acceptance);
        detail.acceptance_waits = Some(HOSTILE.to_owned());
    }
    for seen in seed.assets.values_mut() {
        let mut one = (**seen).clone();
        for row in &mut one.packages {
            (row.name, row.version, row.place) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
        }
        for row in &mut one.settings {
            (row.resource, row.value, row.place) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
        }
        for row in &mut one.controls {
            (row.title, row.resource, row.evidence) =
                (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
        }
        one.traits.push(HOSTILE.to_owned());
        *seen = one.into();
    }
    for entry in &mut seed.entries {
        (entry.row.who, entry.row.why, entry.row.about) =
            (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
        entry.body = Body::Json(HOSTILE.to_owned());
        HOSTILE.clone_into(&mut entry.proof);
    }
    for row in &mut seed.events {
        poison_actor(&mut row.actor);
        (row.action, row.place) = (HOSTILE.to_owned(), HOSTILE.to_owned());
        (row.from, row.failed, row.log) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
        row.targets.iter_mut().for_each(|target| *target = HOSTILE.into());
        row.alert.iter_mut().for_each(|alert| HOSTILE.clone_into(&mut alert.title));
        row.case.iter_mut().for_each(|case| *case = HOSTILE.into());
    }
    seed
}

fn poison_actor(actor: &mut Actor) {
    (actor.key, actor.name, actor.session) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
}

fn poison_events(view: &mut View) {
    for row in &mut view.cases {
        let case = &mut row.case;
        poison_actor(&mut case.actor);
        (case.title, case.owner) = (HOSTILE.to_owned(), HOSTILE.to_owned());
        (case.id, case.family) = (HOSTILE.into(), HOSTILE.into());
        for alert in &mut case.alerts {
            (alert.title, alert.although) = (HOSTILE.to_owned(), HOSTILE.to_owned());
            alert.rule = HOSTILE.into();
            let event = &mut alert.event;
            poison_actor(&mut event.actor);
            (event.action, event.account) = (HOSTILE.into(), HOSTILE.into());
            (event.region, event.from, event.agent) =
                (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
            event.targets = vec![HOSTILE.into(); 5];
            event.place.path = HOSTILE.into();
            event.went = Went::Failed(HOSTILE.into());
        }
        row.answered.iter_mut().for_each(|(who, _, because)| {
            (*who, *because) = (HOSTILE.to_owned(), HOSTILE.to_owned());
        });
    }
    for row in &mut view.announcements {
        HOSTILE.clone_into(&mut row.told);
        let said = &mut row.announcement;
        (said.by, said.who, said.because) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
        (said.what, said.on) = (vec![HOSTILE.into(); 12], vec![HOSTILE.into()]);
        said.approver.iter_mut().for_each(|other| HOSTILE.clone_into(other));
    }
    for channel in &mut view.channels {
        (channel.name, channel.preview) = (HOSTILE.into(), HOSTILE.into());
        channel.teams.push(HOSTILE.to_owned());
        channel.last.iter_mut().for_each(|(_, words)| HOSTILE.clone_into(words));
    }
    let mending = &mut view.mending;
    (mending.half, mending.flattery) = (HOSTILE.into(), HOSTILE.into());
    mending.curve = format!("<svg class=\"curve\">{HOSTILE}</svg>");
    for group in &mut mending.groups {
        (group.name, group.median, group.mean) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
    }
    for goal in &mut mending.goals {
        (goal.title, goal.sentence) = (HOSTILE.into(), HOSTILE.into());
    }
}

fn poison_view(view: &mut View) {
    poison_events(view);
    for asset in &mut view.assets {
        (asset.asset.name, asset.asset.team) = (HOSTILE.to_owned(), HOSTILE.to_owned());
        (asset.asset.ring, asset.asset.labels) =
            (Some(HOSTILE.to_owned()), vec![HOSTILE.to_owned()]);
        asset.asset.id.0 = format!("{}{HOSTILE}", asset.asset.id.0).into();
    }
    for finding in &mut view.findings {
        let row = &mut finding.row;
        (row.title, row.asset) = (HOSTILE.to_owned(), HOSTILE.to_owned());
        (row.weakness, row.subject) = (HOSTILE.into(), HOSTILE.into());
        (row.version, row.fixed_in) = (Some(HOSTILE.into()), Some(HOSTILE.into()));
        row.aliases.push(format!("{HOSTILE}2").into());
        row.place.iter_mut().for_each(|place| place.path = HOSTILE.into());
        let places = row.instances.iter_mut().filter_map(|instance| instance.place.as_mut());
        places.for_each(|place| place.path = HOSTILE.into());
        row.witnesses
            .iter_mut()
            .for_each(|one| (one.engine, one.name) = (HOSTILE.into(), HOSTILE.into()));
        row.severity_steps.iter_mut().for_each(|step| HOSTILE.clone_into(&mut step.because));
        if let Some(decision) = &mut row.decision {
            (decision.team, decision.line) = (HOSTILE.to_owned(), HOSTILE.to_owned());
            decision.reasons.push(HOSTILE.to_owned());
        }
        finding.asset = HOSTILE.into();
        finding.unplannable = finding.unplannable.as_ref().map(|_| HOSTILE.to_owned());
    }
    for plan in &mut view.plans {
        (plan.title, plan.asset, plan.author) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
        (plan.risk, plan.restart, plan.missing) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
        plan.log.push(HOSTILE.to_owned());
        for step in &mut plan.steps {
            (step.title, step.code, step.undo) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
            HOSTILE.clone_into(&mut step.precheck);
        }
        plan.voices
            .iter_mut()
            .for_each(|one| (one.who, one.because) = (HOSTILE.into(), HOSTILE.into()));
    }
    for line in &mut view.appetite.lines {
        (line.name, line.when, line.deed) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
        line.examples.iter_mut().for_each(|(_, title)| HOSTILE.clone_into(title));
    }
    view.appetite.approvals.push(HOSTILE.to_owned());
    (view.appetite.name, view.appetite.file) = (HOSTILE.to_owned(), HOSTILE.to_owned());
    for gap in &mut view.gaps {
        (gap.row.reason, gap.row.subject) = (HOSTILE.to_owned(), HOSTILE.into());
        (gap.asset, gap.row.closes_with) = (HOSTILE.to_owned(), format!("holdfast {HOSTILE}"));
    }
    for problem in &mut view.problems {
        (problem.message, problem.help) = (HOSTILE.to_owned(), HOSTILE.to_owned());
    }
    HOSTILE.clone_into(&mut view.checkpoint);
}
