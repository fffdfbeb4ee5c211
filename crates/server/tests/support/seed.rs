//! What the desk of the tests shows at first: two hosts, a repository and a folder.

#[path = "seed_events.rs"]
mod events;
#[path = "seed_findings.rs"]
mod findings;
#[path = "seed_hosts.rs"]
mod hosts;
#[path = "seed_mending.rs"]
mod mending;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use holdfast_engine::affected::{Affected, AssetRow, Page, TeamRow};
use holdfast_engine::desk::{
    AppetiteView, AssetDetail, AssetView, ControlRow, Detail, EntryDetail, EntryRow, EventRow,
    FindingView, GapView, LineView, MendingView, PackageRow, PlanState, PlanView, SettingRow, View,
};
use holdfast_engine::document::{NotAssessedRow, PlaceRow, ProblemRow};
use holdfast_model::{
    Approval, Asset, AssetId, AssetKind, Coverage, Digest, Exposure, FindingKind, Key, Needed,
    Observation, Place, Port, Severity, Standing, State, Timestamp, Tool,
};

use super::{deeds, entry};

/// What the desk begins with.
pub struct Seed {
    pub view: View,
    pub details: BTreeMap<Key, Detail>,
    pub assets: BTreeMap<String, Arc<AssetDetail>>,
    pub entries: Vec<EntryDetail>,
    pub events: Vec<EventRow>,
}

/// The day on which all of this happens.
pub fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T06:00:00Z").unwrap_or_default()
}

/// Who is affected: one host of payments, whatever is asked about.
pub fn affected(id: &str, page: Page) -> Affected {
    let row = AssetRow {
        team: "payments".into(),
        asset: "host:4f".into(),
        name: "web-1".into(),
        standing: Standing::Deployed,
        subject: "pkg:cargo/time".into(),
        version: "0.1.43".into(),
        fixed_in: Some("0.2.23".into()),
        path: "Cargo.lock".into(),
        place: "Cargo.lock:7:1".into(),
    };
    Affected {
        schema: "holdfast/advisories-affected/1",
        weakness: id.into(),
        aliases: Vec::new(),
        title: "A hole".to_owned(),
        severity: Severity::Soon,
        exploited: false,
        withdrawn: false,
        packages: Vec::new(),
        total: 1,
        bounded: false,
        teams: vec![TeamRow { team: "payments".into(), assets: 1 }],
        assets: [row].into_iter().skip(page.after).take(page.limit).collect(),
        next: None,
        problems: Vec::new(),
    }
}

/// So many hours before.
pub fn hours_ago(hours: i64) -> Timestamp {
    Timestamp(now().0 - hours * 3_600_000)
}

fn asset(id: &str, kind: AssetKind, name: &str, team: &str, exposure: Exposure) -> Asset {
    let mut asset = Asset::new(AssetId(id.into()), kind, name, team);
    asset.exposure = exposure;
    asset
}

/// Looked at, and nothing found.
pub fn empty() -> Seed {
    let host = asset(WEB, AssetKind::Host, "web-1", "operations", Exposure::Internet);
    let mut view = view(vec![host], Vec::new());
    view.gaps = Vec::new();
    view.half_mended_days = None;
    view.half_mended_of = 0;
    for line in &mut view.appetite.lines {
        line.open = 0;
        line.week = 0;
        line.examples = Vec::new();
    }
    view.entries = 3;
    let assets = BTreeMap::from([(WEB.to_owned(), Arc::new(host_detail(&[])))]);
    Seed { view, details: BTreeMap::new(), assets, entries: entries(3), events: Vec::new() }
}

pub const WEB: &str = "host:6f1d8f0e0a6b4c55a1f2c9d3e4b7a810";
pub const DATABASE: &str = "host:0b7c2d9a51e84f07b3a6d8c1f2e49a33";
pub const SHOP: &str = "repository:git.example/acme/shop";
pub const NOTES: &str = "folder:6f1d8f0e0a6b4c55a1f2c9d3e4b7a810:/home/user/notes";

/// Everything that can be shown, and generated findings up to that many.
pub fn full(most: usize) -> Seed {
    let assets = vec![
        asset(SHOP, AssetKind::Repository, "acme/shop", "payments", Exposure::Internet),
        asset(DATABASE, AssetKind::Host, "db-1", "operations", Exposure::Internal),
        asset(NOTES, AssetKind::Folder, "notes", "alice", Exposure::Unknown),
        asset(WEB, AssetKind::Host, "web-1", "operations", Exposure::Internet),
    ];
    let (mut findings, details) = findings::written(&assets);
    findings::fill(&mut findings, &assets, most);
    findings.sort_by_key(|row| (!row.open, std::cmp::Reverse(row.row.severity), row.due, row.key));
    let plans = plans(&mut findings);
    let mut view = view(assets, findings);
    view.plans = plans;
    view.entries = 60;
    view.announcements = events::announcements();
    view.cases = events::cases();
    view.channels = events::channels();
    view.mending = mending::mending();
    let failing: Vec<&FindingView> = view
        .findings
        .iter()
        .filter(|row| row.row.kind == FindingKind::Control && &*row.asset == WEB)
        .collect();
    let web = host_detail(&failing);
    let shop = AssetDetail {
        at: hours_ago(1),
        coverage: Some(Coverage::Full),
        packages: packages("Rust", "Cargo.lock", 212),
        ..AssetDetail::default()
    };
    let assets = BTreeMap::from([
        (WEB.to_owned(), Arc::new(web)),
        (DATABASE.to_owned(), Arc::new(host_detail(&[]))),
        (SHOP.to_owned(), Arc::new(shop)),
        (NOTES.to_owned(), Arc::new(AssetDetail { at: hours_ago(1), ..AssetDetail::default() })),
    ]);
    let events = events::rows(&view.cases, most.max(400));
    Seed { view, details, assets, entries: entries(60), events }
}

fn view(assets: Vec<Asset>, findings: Vec<FindingView>) -> View {
    let rows: Vec<AssetView> = assets
        .into_iter()
        .map(|asset| {
            let mut open = BTreeMap::new();
            for row in findings.iter().filter(|row| row.open && row.asset == asset.id.0) {
                *open.entry(row.row.severity).or_insert(0) += 1;
            }
            AssetView { looks: vec![look(&asset, open.values().sum())], asset, open, gaps: 0 }
        })
        .collect();
    View {
        at: hours_ago(1),
        entries: 60,
        zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap_or(jiff::tz::TimeZone::UTC),
        demo: false,
        next_look: Some(now()),
        advisories: 248_115,
        starter: 57,
        gaps: gaps(),
        problems: vec![ProblemRow {
            code: "sshd-syntax".to_owned(),
            message: "expected a value after `ListenAddress`".to_owned(),
            place: Some(PlaceRow {
                path: "/etc/ssh/sshd_config.d/60-vpn.conf".into(),
                line: 2,
                column: 1,
            }),
            help: "write the address, or remove the line".to_owned(),
        }],
        plans: Vec::new(),
        cases: Vec::new(),
        announcements: Vec::new(),
        mending: MendingView::default(),
        channels: Vec::new(),
        appetite: appetite(&findings),
        checkpoint: format!(
            "holdfast.example/record\n60\n{}\n\n— holdfast.example/record AbCd\n",
            "q83vEjRWeJA=".repeat(3)
        ),
        half_mended_days: Some(6.0),
        half_mended_of: 41,
        assets: rows,
        hosts: hosts::hosts(),
        findings,
    }
}

fn look(asset: &Asset, open: u64) -> Observation {
    let host = asset.kind == AssetKind::Host;
    Observation {
        asset: asset.id.clone(),
        standing: if host { Standing::Deployed } else { Standing::Trunk },
        sensor: if host { "host" } else { "folder" }.to_owned(),
        at: hours_ago(1),
        coverage: if host { Coverage::Partial } else { Coverage::Full },
        revision: (!host).then(|| "3df7512c9b1e".to_owned()),
        digest: Digest::of(asset.name.as_bytes()),
        advisories: Digest::of(b"advisories"),
        components: 212,
        open,
        not_assessed: 3,
        controls: None,
    }
}

fn gaps() -> Vec<GapView> {
    let gap = |number: u8, subject: &str, reason: &str, closes_with: &str, asset: &str| GapView {
        row: NotAssessedRow {
            key: Key([number; 16]).to_string(),
            kind: FindingKind::Control,
            subject: subject.into(),
            reason: reason.to_owned(),
            closes_with: closes_with.to_owned(),
            place: None,
            asset: None,
            asset_id: None,
        },
        asset: asset.to_owned(),
    };
    vec![
        gap(1, "/etc/shadow", "only root may read it", "root", "web-1"),
        gap(2, "key Defaults logfile in /etc/sudoers", "only root may read it", "root", "web-1"),
        gap(3, "Go packages", "there is no feed for Go", "holdfast advisories sync", "acme/shop"),
    ]
}

fn appetite(findings: &[FindingView]) -> AppetiteView {
    let line = |name: &str, when: &str, deed: &str, week: u64| {
        let mine = findings.iter().filter(|row| {
            row.row.decision.as_ref().is_some_and(|decision| decision.line == name) && row.open
        });
        LineView {
            name: name.to_owned(),
            when: when.to_owned(),
            deed: deed.to_owned(),
            open: mine.clone().count() as u64,
            week,
            examples: mine.take(3).map(|row| (row.key, row.row.title.clone())).collect(),
        }
    };
    AppetiteView {
        name: "standard".to_owned(),
        file: "rules/appetite/standard.yaml".to_owned(),
        lines: vec![
            line(
                "exploited",
                "it is being exploited",
                "block, tell somebody at once and open a ticket; mend it within 1 day",
                1,
            ),
            line(
                "urgent",
                "its severity is now",
                "block and open a ticket; mend it within 7 days",
                3,
            ),
            line(
                "new in a change",
                "a change brings it in and its severity is soon",
                "block; mend it within 14 days",
                0,
            ),
            line("on trunk", "its severity is soon", "open a ticket; mend it within 14 days", 9),
            line("the rest", "anything else", "show it; mend it within 90 days", 4),
        ],
        approvals: vec![
            "A change needs one person's yes, other than the author's.".to_owned(),
            "A change in the ring `production` needs two.".to_owned(),
        ],
        could_not_check: "What could not be checked is shown as a warning.".to_owned(),
    }
}

fn packages(ecosystem: &str, path: &str, count: usize) -> Vec<PackageRow> {
    (0..count)
        .map(|number| PackageRow {
            ecosystem: ecosystem.to_owned(),
            name: format!("{}-{number:03}", findings::NAMES[number % findings::NAMES.len()]).into(),
            version: format!("{}.{}.0", number % 9, number % 31),
            place: format!("{path}:{}:1", number * 4 + 1),
        })
        .collect()
}

/// What each control says of a host: those that fail, and one of each other result.
fn controls(failing: &[&FindingView]) -> Vec<ControlRow> {
    let mut controls: Vec<ControlRow> = failing
        .iter()
        .map(|row| ControlRow {
            control: row.row.weakness.clone(),
            title: row.row.title.clone(),
            resource: row.row.subject.to_string(),
            result: "fail",
            evidence: format!(
                "found otherwise at {}",
                row.row.place.as_ref().map_or("the running system", |place| &place.path)
            ),
            finding: Some(row.key),
        })
        .collect();
    let others = [
        (
            "cron-permissions",
            "Only root may change what runs by the clock",
            "file /etc/crontab",
            "pass",
            "owner `root`, mode `0600`",
        ),
        (
            "shadow-permissions",
            "Nobody but root reads the password hashes",
            "file /etc/shadow",
            "not assessed",
            "only root may read it",
        ),
        (
            "time-synchronised",
            "The clock is kept right",
            "any of time service",
            "not applicable",
            "a container takes its clock from its host",
        ),
    ];
    controls.extend(others.into_iter().map(|(control, title, resource, result, evidence)| {
        ControlRow {
            control: control.into(),
            title: title.to_owned(),
            resource: resource.to_owned(),
            result,
            evidence: evidence.to_owned(),
            finding: None,
        }
    }));
    controls
}

fn host_detail(failing: &[&FindingView]) -> AssetDetail {
    let setting = |resource: &str, aspect: &str, value: &str, place: &str| SettingRow {
        resource: resource.to_owned(),
        aspect: aspect.to_owned(),
        value: value.to_owned(),
        place: place.to_owned(),
    };
    let port = |address: [u8; 4], port: u16| Port {
        protocol: "tcp".into(),
        address: IpAddr::from(address),
        port,
        place: Place::start_of("/proc/net/tcp"),
    };
    AssetDetail {
        at: hours_ago(1),
        coverage: Some(Coverage::Partial),
        packages: packages("Debian 12", "/var/lib/dpkg/status", 180),
        settings: vec![
            setting("sysctl net.ipv4.ip_forward", "running", "1", ""),
            setting("sysctl net.ipv4.ip_forward", "boot", "0", "/etc/sysctl.d/90-router.conf:2:1"),
            setting(
                "sshd PermitRootLogin",
                "value",
                "yes",
                "/etc/ssh/sshd_config.d/50-cloud.conf:3:1",
            ),
            setting("file /etc/shadow", "mode", "0640", "/etc/shadow:1:1"),
        ],
        controls: controls(failing),
        ports: vec![port([0, 0, 0, 0], 22), port([0, 0, 0, 0], 443), port([127, 0, 0, 1], 5432)],
        traits: vec!["container: no, `/.dockerenv` is not there".to_owned(), "efi: yes".to_owned()],
    }
}

/// One plan in each state; the newest, which waits, belongs to the first control.
fn plans(findings: &mut [FindingView]) -> Vec<PlanView> {
    let states = [
        PlanState::Waiting,
        PlanState::Approved,
        PlanState::ToConfirm,
        PlanState::Running,
        PlanState::Done,
        PlanState::Failed,
        PlanState::Undone,
        PlanState::Refused,
        PlanState::Expired,
        PlanState::Unknown,
    ];
    let mut plans = Vec::new();
    for (number, state) in states.into_iter().enumerate() {
        let id = Digest::of(format!("plan {number}").as_bytes());
        let mine = findings
            .iter_mut()
            .filter(|row| row.row.kind == FindingKind::Control && row.unplannable.is_none())
            .nth(number % 3);
        let Some(mine) = mine else { continue };
        let at = hours_ago(2 + 5 * i64::try_from(number).unwrap_or(0));
        let tool = if number % 2 == 0 { Tool::Ansible } else { Tool::Shell };
        let (key, title) = (mine.key, format!("Mend: {}", mine.row.title));
        let mut plan = deeds::plan(id, "alice", "web-1", &[key], &title, tool, at);
        plan.state = state;
        if state == PlanState::Waiting {
            mine.plan = Some(id);
            plan.needed = Needed { people: 2, one_person: false };
            "two people other than the author have to say yes".clone_into(&mut plan.missing);
        } else {
            let (yes, because) = match state {
                PlanState::Refused => (false, "db-1 routes for the cluster"),
                _ => (true, ""),
            };
            let because = because.to_owned();
            plan.voices.push(Approval { plan: id, who: "bob".to_owned(), yes, because, at });
            plan.missing.clear();
        }
        if matches!(state, PlanState::ToConfirm) {
            plan.confirm_by = Some(Timestamp(now().0 + 240_000));
            for step in &mut plan.steps {
                step.lockout = true;
                "sshd -t".clone_into(&mut step.precheck);
            }
        }
        if !matches!(
            state,
            PlanState::Waiting | PlanState::Approved | PlanState::Refused | PlanState::Expired
        ) {
            plan.log = vec!["TASK [net-forwarding]".to_owned(), "changed: [localhost]".to_owned()];
        }
        plans.push(plan);
    }
    plans
}

fn entries(count: u64) -> Vec<EntryDetail> {
    (0..count)
        .map(|seq| {
            let (kind, why, about) = match seq % 4 {
                0 => ("look", "looked at everything", "web-1"),
                1 => {
                    ("transition", "seen for the first time", "anyone may log in as root over ssh")
                }
                2 => ("decision", "the line `on trunk` decided", "time 0.1.43 can crash a process"),
                _ => ("plan", "planned by alice", "web-1"),
            };
            let at = hours_ago(i64::try_from(count - seq).unwrap_or(1));
            let row = EntryRow {
                seq,
                kind,
                happened: at,
                noted: at,
                who: if seq % 4 == 3 { "alice" } else { "holdfast" }.to_owned(),
                why: why.to_owned(),
                about: about.to_owned(),
                standing: (seq % 4 == 1).then_some(Standing::Deployed),
            };
            entry(row, format!("{{\n  \"kind\": \"{kind}\",\n  \"because\": \"{why}\"\n}}"))
        })
        .collect()
}

/// When something of that severity is due, and which line says so.
fn decided(severity: Severity, exploited: bool) -> (u32, &'static str) {
    match severity {
        _ if exploited => (1, "exploited"),
        Severity::Now => (7, "urgent"),
        Severity::Soon => (14, "on trunk"),
        Severity::WhenYouCan => (90, "the rest"),
    }
}

/// Whether a state counts as open, for rows that are written by hand.
fn is_open(state: State) -> bool {
    state.is_open()
}
