//! The findings of the desk of the tests: some written by hand, as they would really be, and as
//! many generated ones as a test wants.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_engine::desk::{Detail, FindingView, Fix, SourceLine, SourceLines, ToldView};
use holdfast_engine::disturbance::Disturbance;
use holdfast_engine::document::FindingRow;
use holdfast_model::{
    Asset, AssetKind, Decision, Digest, Do, Finding, FindingKind, FixKind, Instance, Key, LocalKey,
    Locus, Outcome, Place, Severity, SeverityStep, Standing, State, Transition, Weakness,
    WeaknessId, Witness,
};

use super::super::deeds;
use super::{DATABASE, SHOP, WEB, decided, hours_ago, is_open};

/// Names of packages.
pub const NAMES: [&str; 12] = [
    "openssl",
    "time",
    "lodash",
    "requests",
    "libxml2",
    "golang.org/x/net",
    "serde",
    "minimist",
    "urllib3",
    "curl",
    "zlib",
    "left-pad",
];

/// What is said of a finding that is written by hand.
struct Written<'a> {
    asset: &'a str,
    kind: FindingKind,
    weakness: &'a str,
    title: &'a str,
    subject: &'a str,
    version: Option<&'a str>,
    fixed_in: Option<&'a str>,
    at: (&'a str, u32),
    severity: Severity,
    exploited: bool,
    state: State,
    hours: i64,
}

const WRITTEN: &[Written<'static>] = &[
    Written {
        asset: WEB,
        kind: FindingKind::Package,
        weakness: "CVE-2022-0778",
        title: "openssl 3.0.11 has a hole that is being exploited",
        subject: "pkg:deb/debian/openssl",
        version: Some("3.0.11-1~deb12u2"),
        fixed_in: Some("3.0.15-1~deb12u1"),
        at: ("/var/lib/dpkg/status", 8412),
        severity: Severity::Now,
        exploited: true,
        state: State::Open,
        hours: 19,
    },
    Written {
        asset: WEB,
        kind: FindingKind::Control,
        weakness: "ssh-root-login",
        title: "anyone may log in as root over ssh",
        subject: "sshd PermitRootLogin",
        version: Some("yes"),
        fixed_in: Some("no"),
        at: ("/etc/ssh/sshd_config.d/50-cloud.conf", 3),
        severity: Severity::Now,
        exploited: false,
        state: State::Open,
        hours: 50,
    },
    Written {
        asset: WEB,
        kind: FindingKind::Control,
        weakness: "net-forwarding",
        title: "this host routes packets for others",
        subject: "sysctl net.ipv4.ip_forward",
        version: Some("1"),
        fixed_in: Some("0"),
        at: ("/etc/sysctl.d/90-router.conf", 2),
        severity: Severity::Soon,
        exploited: false,
        state: State::Open,
        hours: 200,
    },
    Written {
        asset: DATABASE,
        kind: FindingKind::Control,
        weakness: "sudo-log",
        title: "nobody can see what was done with sudo",
        subject: "key Defaults logfile in /etc/sudoers",
        version: Some("no line"),
        fixed_in: Some("a line"),
        at: ("/etc/sudoers", 9),
        severity: Severity::WhenYouCan,
        exploited: false,
        state: State::Open,
        hours: 700,
    },
    Written {
        asset: DATABASE,
        kind: FindingKind::Control,
        weakness: "firewall",
        title: "no firewall starts with this host",
        subject: "any of firewall",
        version: Some("missing service nftables.service; or package ufw and service ufw.service"),
        fixed_in: Some(
            "package nftables present and service nftables.service on; or package ufw present and \
             service ufw.service on",
        ),
        at: ("any of firewall", 1),
        severity: Severity::Soon,
        exploited: false,
        state: State::Open,
        hours: 60,
    },
    Written {
        asset: SHOP,
        kind: FindingKind::Package,
        weakness: "CVE-2020-26235",
        title: "time 0.1.43 can crash a process that reads its environment",
        subject: "pkg:cargo/time",
        version: Some("0.1.43"),
        fixed_in: Some("0.2.23"),
        at: ("Cargo.lock", 1843),
        severity: Severity::Soon,
        exploited: false,
        state: State::Open,
        hours: 90,
    },
    Written {
        asset: SHOP,
        kind: FindingKind::Package,
        weakness: "CVE-2021-44906",
        title: "minimist 1.2.5 lets input change every object's prototype",
        subject: "pkg:npm/minimist",
        version: Some("1.2.5"),
        fixed_in: Some("1.2.6"),
        at: ("web/package-lock.json", 3310),
        severity: Severity::Now,
        exploited: false,
        state: State::Unproven,
        hours: 300,
    },
    Written {
        asset: SHOP,
        kind: FindingKind::Package,
        weakness: "RUSTSEC-2021-0139",
        title: "nobody maintains ansi_term any more",
        subject: "pkg:cargo/ansi_term",
        version: Some("0.12.1"),
        fixed_in: None,
        at: ("Cargo.lock", 31),
        severity: Severity::WhenYouCan,
        exploited: false,
        state: State::Accepted,
        hours: 900,
    },
    Written {
        asset: WEB,
        kind: FindingKind::Control,
        weakness: "core-dumps",
        title: "crashed programs leave their memory on disk",
        subject: "key * hard core in /etc/security/limits.conf",
        version: Some("no line"),
        fixed_in: Some("0"),
        at: ("/etc/security/limits.conf", 1),
        severity: Severity::Soon,
        exploited: false,
        state: State::Fixed,
        hours: 400,
    },
    Written {
        asset: SHOP,
        kind: FindingKind::Guardrail,
        weakness: "acceptance-expired",
        title: "the acceptance of CVE-2019-10744 ended yesterday <b>&amp;</b>",
        subject: ".holdfast/accepted.yaml",
        version: None,
        fixed_in: None,
        at: (".holdfast/accepted.yaml", 4),
        severity: Severity::Soon,
        exploited: false,
        state: State::Open,
        hours: 20,
    },
];

/// The findings that are written by hand, with everything that is told of each.
pub fn written(assets: &[Asset]) -> (Vec<FindingView>, BTreeMap<Key, Detail>) {
    let mut rows = Vec::new();
    let mut details = BTreeMap::new();
    for one in WRITTEN {
        let Some(asset) = assets.iter().find(|asset| &*asset.id.0 == one.asset) else { continue };
        let row = row(one, asset);
        details.insert(row.key, detail(one, &row));
        rows.push(row);
    }
    (rows, details)
}

fn fix_of(one: &Written<'_>) -> FixKind {
    match one.kind {
        FindingKind::Control => FixKind::Risky,
        _ if one.fixed_in.is_some() => FixKind::Safe,
        _ => FixKind::None,
    }
}

fn step_of(one: &Written<'_>) -> SeverityStep {
    let because = "the score of its advisory is 7.5 of 10".to_owned();
    SeverityStep { severity: one.severity, because }
}

fn row(one: &Written<'_>, asset: &Asset) -> FindingView {
    let weakness = WeaknessId(one.weakness.into());
    let host = asset.kind == AssetKind::Host;
    let (path, line): (Arc<str>, u32) = (one.at.0.into(), one.at.1);
    let locus = Locus::File { path: Arc::clone(&path), item: one.subject.into() };
    let local = LocalKey::new(one.kind, &weakness, &locus);
    let (days, name) = decided(one.severity, one.exploited);
    let first_seen = hours_ago(one.hours);
    let due = Some(first_seen.plus_days(days));
    let finding = Finding {
        key: Key::new(&asset.id, local),
        local,
        kind: one.kind,
        weakness: Weakness {
            id: weakness,
            aliases: vec![format!("GHSA-{}", one.weakness.to_lowercase()).into()],
            title: one.title.to_owned(),
            cvss: Some(7.5),
            epss: None,
            exploited: one.exploited,
            informational: None,
            malicious: false,
            epss_at: None,
            published_by: vec!["starter".into()],
        },
        locus,
        title: one.title.to_owned(),
        severity: one.severity,
        severity_steps: vec![step_of(one)],
        standing: if host { Standing::Deployed } else { Standing::Trunk },
        subject: one.subject.into(),
        instances: vec![Instance {
            version: one.version.map(Into::into),
            place: Place { path, line, column: 1 },
            fixed_in: one.fixed_in.map(Into::into),
        }],
        witnesses: vec![Witness { engine: "holdfast".into(), name: one.weakness.into() }],
        direct: Some(true),
        dev: false,
        fix: fix_of(one),
        state: one.state,
        decision: Some(Decision {
            deeds: vec![Do::Block, Do::Ticket],
            due,
            team: asset.team.clone(),
            line: name.to_owned(),
            reasons: vec![format!("its severity is {}", one.severity.word())],
            appetite: Digest::of(b"standard"),
        }),
        layers: Vec::new(),
    };
    let row = FindingRow::new(&finding, &asset.id, &asset.name);
    let haystack =
        format!("{} {} {} {} {}", one.title, one.weakness, one.subject, asset.name, asset.team)
            .to_lowercase();
    FindingView {
        key: finding.key,
        row,
        asset: Arc::clone(&asset.id.0),
        open: is_open(one.state),
        first_seen,
        last_seen: hours_ago(1),
        since: first_seen,
        due,
        plan: None,
        unplannable: (one.kind != FindingKind::Control)
            .then(|| "only controls of this host are planned from here".to_owned()),
        disturbs: Disturbance::Unknown,
        haystack,
    }
}

fn told(row: &FindingView) -> Vec<ToldView> {
    vec![ToldView {
        channel: "tickets".to_owned(),
        id: "SHOP-17<b>".to_owned(),
        address: "https://jira.example/browse/SHOP-17".to_owned(),
        words: "it arrived".to_owned(),
        at: row.first_seen,
    }]
}

fn detail(one: &Written<'_>, row: &FindingView) -> Detail {
    let mut detail = deeds::plain(row);
    detail.told = told(row);
    detail.why = vec![
        "This host is reachable from the internet.".to_owned(),
        format!("It is to be mended within {} days.", decided(one.severity, one.exploited).0),
    ];
    let lines = (one.at.1.saturating_sub(2).max(1)..one.at.1 + 2).map(|number| SourceLine {
        number,
        text: match (number == one.at.1, one.kind) {
            (false, _) => "# left by the image builder".to_owned(),
            (true, FindingKind::Control) => one.subject.replace("sshd ", "") + " yes",
            (true, _) => format!("name = \"{}\"  # <script>", row.row.name()),
        },
        marked: number == one.at.1,
    });
    if one.at.0 != one.subject {
        detail.sources = vec![SourceLines { path: one.at.0.into(), lines: lines.collect() }];
    }
    if one.kind == FindingKind::Control {
        let fix = |form, text: &str, undo: &str| Fix {
            form,
            text: text.to_owned(),
            undo: undo.to_owned(),
            effects: vec!["The ssh server reads its files again; open sessions stay.".to_owned()],
        };
        detail.fixes = vec![
            fix(
                "ansible",
                "- name: ssh-root-login\n  ansible.builtin.copy:\n    dest: /etc/ssh/sshd_config.d/00-holdfast.conf\n    content: |\n      PermitRootLogin no\n",
                "- ansible.builtin.file:\n    path: /etc/ssh/sshd_config.d/00-holdfast.conf\n    state: absent\n",
            ),
            fix(
                "shell",
                "printf 'PermitRootLogin no\\n' > /etc/ssh/sshd_config.d/00-holdfast.conf\nsystemctl reload ssh\n",
                "rm /etc/ssh/sshd_config.d/00-holdfast.conf\nsystemctl reload ssh\n",
            ),
        ];
    } else if let (Some(version), Some(fixed)) = (one.version, one.fixed_in) {
        detail.fixes = vec![Fix {
            form: "diff",
            text: format!(
                "-{} = \"{version}\"\n+{} = \"{fixed}\"\n",
                row.row.name(),
                row.row.name()
            ),
            undo: String::new(),
            effects: Vec::new(),
        }];
    }
    if !row.open {
        let to = row.row.state;
        detail.history.push((
            9,
            Transition {
                key: row.key,
                standing: row.row.standing,
                from: Some(State::Open),
                to,
                outcome: (to == State::Fixed).then_some(Outcome::Fixed),
                other: None,
                at: hours_ago(2),
                because: "the same check passes".to_owned(),
            },
        ));
    }
    detail
}

/// Adds findings until there are that many: packages of every asset, mostly open.
pub fn fill(rows: &mut Vec<FindingView>, assets: &[Asset], most: usize) {
    let severities = [Severity::WhenYouCan, Severity::Soon, Severity::Soon, Severity::Now];
    let mut number = 0;
    while rows.len() < most {
        let name = NAMES[number % NAMES.len()];
        let asset = &assets[number % assets.len()];
        let weakness = format!("CVE-{}-{}", 2015 + number % 11, 10_000 + number);
        let title = format!("{name} {}.{}.0 has a known problem", number % 7, number % 40);
        let severity = severities[number / 3 % severities.len()];
        let one = Written {
            asset: WEB,
            kind: if number % 10 == 9 { FindingKind::Secret } else { FindingKind::Package },
            weakness: &weakness,
            title: &title,
            subject: &format!("pkg:npm/{name}"),
            version: Some("1.2.3"),
            fixed_in: Some("1.2.4"),
            at: ("package-lock.json", u32::try_from(number).unwrap_or(0) + 1),
            severity,
            exploited: false,
            state: if number % 8 == 7 { State::Fixed } else { State::Open },
            hours: i64::try_from(number % 2000).unwrap_or(0) + 1,
        };
        rows.push(row(&one, asset));
        number += 1;
    }
}
