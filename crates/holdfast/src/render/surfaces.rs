//! The same finding on every surface, from one value: terminal, JSON, SARIF, Markdown, console.
//! One snapshot shows them side by side, so that no surface says something else than the others.

use std::sync::Arc;

use holdfast_engine::desk::{Detail, FindingView, View};
use holdfast_engine::disturbance::Disturbance;
use holdfast_engine::document::{
    AgainstRow, AssetRow, DecisionRow, FindingRow, InstanceRow, PlaceRow, Report,
};
use holdfast_model::{
    AssetId, Coverage, Digest, Do, FindingKind, Key, Severity, SeverityStep, Standing, State,
    Timestamp, Transition, Verdict, Witness,
};
use holdfast_server::page;

use super::style::Style;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn place() -> PlaceRow {
    PlaceRow { path: "/etc/ssh/sshd_config.d/50-cloud.conf".into(), line: 2, column: 1 }
}

fn row() -> FindingRow {
    let found: Option<Arc<str>> = Some("yes".into());
    let wanted: Option<Arc<str>> = Some("no".into());
    FindingRow {
        key: Key([7; 16]).to_string(),
        local_key: holdfast_model::LocalKey([9; 16]).to_string(),
        kind: FindingKind::Control,
        weakness: "root-login".into(),
        aliases: Vec::new(),
        title: "root may log in over ssh".to_owned(),
        severity: Severity::Soon,
        severity_steps: vec![SeverityStep {
            severity: Severity::Soon,
            because: "its control says so".to_owned(),
        }],
        state: State::Open,
        standing: Standing::Deployed,
        asset: "web-1".to_owned(),
        asset_id: AssetId("host:example".into()),
        subject: "sshd PermitRootLogin".into(),
        version: found.clone(),
        fixed_in: wanted.clone(),
        place: Some(place()),
        instances: vec![InstanceRow { version: found, place: Some(place()), fixed_in: wanted }],
        witnesses: vec![Witness { engine: "holdfast".into(), name: "root-login".into() }],
        direct: None,
        dev: false,
        fix: "risky",
        decision: Some(DecisionRow {
            deeds: vec![Do::Ticket],
            due: Some(NOW.plus_days(14).to_string()),
            team: "platform".to_owned(),
            line: "on trunk".to_owned(),
            reasons: vec!["finding.severity is soon".to_owned()],
        }),
        layers: Vec::new(),
    }
}

pub fn report() -> Report {
    Report {
        schema: "holdfast/up/1",
        at: NOW.to_string(),
        assets: vec![AssetRow {
            id: "host:example".to_owned(),
            name: "web-1".to_owned(),
            kind: "host",
            standing: Standing::Deployed,
            coverage: Coverage::Full,
            revision: None,
            packages: 212,
            settings: 61,
            os: None,
        }],
        against: AgainstRow { advisories: 1205, starter: 69, synced: Some(NOW.to_string()) },
        appetite: "standard".to_owned(),
        findings: vec![row()],
        alerts: Vec::new(),
        not_assessed: Vec::new(),
        problems: Vec::new(),
        verdict: Verdict::Pass,
        details: Vec::new(),
        took_ms: 1400,
        path: None,
        only: Vec::new(),
        old: None,
    }
}

fn finding() -> FindingView {
    FindingView {
        key: Key([7; 16]),
        row: row(),
        asset: "host:example".into(),
        open: true,
        first_seen: NOW,
        last_seen: NOW,
        since: NOW,
        due: Some(NOW.plus_days(14)),
        plan: None,
        unplannable: None,
        disturbs: Disturbance::MayLockOut,
        haystack: String::new(),
    }
}

fn console() -> String {
    let finding = finding();
    let detail = Detail {
        finding: finding.clone(),
        why: vec!["Root is the one name that every guesser knows.".to_owned()],
        sources: Vec::new(),
        lines: vec!["on trunk: finding.severity is soon".to_owned()],
        fixes: Vec::new(),
        history: vec![(
            3,
            Transition {
                key: Key([7; 16]),
                standing: Standing::Deployed,
                from: None,
                to: State::Open,
                outcome: None,
                other: None,
                at: NOW,
                because: "seen for the first time".to_owned(),
            },
        )],
        plans: Vec::new(),
        told: Vec::new(),
        acceptance: String::new(),
        acceptance_waits: None,
        unacceptable: None,
    };
    let view = view(finding);
    let asked = page::Ctx {
        person: Some(holdfast_engine::desk::Person { name: "ana".to_owned() }),
        form_token: "form".to_owned(),
        path: "/findings/x".to_owned(),
        now: NOW,
        demo: false,
        notice: None,
        change: 1,
    };
    words(&page::finding(&asked, &view, &detail, None).into_string())
}

/// A round that saw one finding.
fn view(finding: FindingView) -> View {
    View {
        at: NOW,
        demo: false,
        cases: Vec::new(),
        announcements: Vec::new(),
        mending: holdfast_engine::desk::MendingView::default(),
        channels: Vec::new(),
        entries: 4,
        zone: jiff::tz::TimeZone::UTC,
        next_look: None,
        advisories: 1205,
        starter: 69,
        assets: Vec::new(),
        hosts: Vec::new(),
        findings: vec![finding],
        gaps: Vec::new(),
        problems: Vec::new(),
        plans: Vec::new(),
        appetite: holdfast_engine::desk::AppetiteView::default(),
        checkpoint: Digest([0; 32]).to_string(),
        half_mended_days: None,
        half_mended_of: 1,
    }
}

/// What a person reads of a page: its main part without marks, one line for each piece.
fn words(html: &str) -> String {
    let main = html.split_once("<main").map_or(html, |(_, rest)| rest);
    let main = main.split_once("</main>").map_or(main, |(main, _)| main);
    let mut out = Vec::new();
    for piece in main.split('<').skip(1) {
        let text = piece.split_once('>').map_or("", |(_, text)| text).trim();
        if !text.is_empty() {
            out.push(text.to_owned());
        }
    }
    out.join("\n")
}

#[test]
fn one_finding_says_the_same_on_every_surface() {
    let report = report();
    let style = Style { colour: false, width: 100 };
    let surfaces = [
        ("terminal", super::human::report(&report, &style)),
        ("json", super::json(&report)),
        ("sarif", super::sarif::report(&report)),
        ("markdown", super::markdown::report(&report)),
        ("console", console()),
    ];
    for (name, text) in &surfaces {
        assert!(text.contains("root may log in over ssh"), "{name}: {text}");
        assert!(text.contains("50-cloud.conf"), "{name}: {text}");
    }
    // Programs get the values, people the sentence; pages and tables write its marks in their way.
    for (name, text) in surfaces.iter().filter(|(name, _)| *name != "json") {
        let plain: String = text.chars().filter(|one| !"`\\\n".contains(*one)).collect();
        let plain = plain.replace("foundyes, wantedno", "found yes, wanted no");
        assert!(plain.contains("found yes, wanted no"), "{name}: {text}");
    }
    let all: Vec<String> =
        surfaces.iter().map(|(name, text)| format!("===== {name}\n{}", text.trim_end())).collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

/// Two long lists would hide what is wrong, and no line is wider than the terminal.
#[test]
fn of_a_long_list_only_what_should_not_be_there_is_named() {
    let mut report = report();
    let many: Vec<String> = (0..30).map(|n| format!("cipher-{n:02}@openssh.example")).collect();
    let row = &mut report.findings[0];
    row.version = Some(format!("{},3des-cbc", many.join(",")).into());
    row.fixed_in = Some(format!("only {}", many.join(", ")).into());
    assert_eq!(row.mends().unwrap(), "found `3des-cbc`, which is not wanted");
    row.version = Some(format!("{},3des-cbc,arcfour", many.join(",")).into());
    let two = "found `3des-cbc` and `arcfour`, which are not wanted";
    assert_eq!(row.mends().unwrap(), two);
    // What is no such list is shown as it is, over several lines where it is long.
    row.fixed_in = Some(many.join(" or ").into());
    row.version = Some("a".into());
    let said = super::human::report(&report, &Style { colour: false, width: 100 });
    assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
    assert!(said.lines().any(|line| line.trim_start().starts_with("holdfast fix ")), "{said}");
}
