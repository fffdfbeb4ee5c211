//! What the tests share: a world of looks made from small numbers, and seeded bytes.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod journey;

use std::path::Path;

use holdfast_model::{
    Acceptance, Approval, Asset, AssetId, AssetKind, Component, Coverage, Decision, Digest, Do,
    Ecosystem, Finding, FindingKind, FixKind, Instance, Key, Known, LocalKey, Locus, ManagedHost,
    NotAssessed, Observation, Origin, Outcome, Place, Severity, SeverityStep, Standing, State,
    Timestamp, Transition, Weakness, WeaknessId, Witness,
};
use holdfast_store::{
    Act, ActBegin, ActEnd, ActResult, Committed, Decided, LookCommit, Store, StoreError,
    StoreOptions,
};
use serde_json::{Value, json};

pub const DAY: i64 = 86_400_000;
/// 2026-11-20T00:00:00Z.
pub const START: i64 = 1_795_132_800_000;

pub fn at(ms: i64) -> Timestamp {
    Timestamp(START + ms)
}

/// SplitMix64 as a source of bytes: equal seeds give equal stores.
pub fn bytes(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed;
    move |out: &mut [u8]| {
        for byte in out {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = (z >> 56) as u8;
        }
    }
}

pub async fn open(dir: &Path) -> Store {
    Store::create_or_open(dir, at(0), &mut bytes(1)).await.unwrap()
}

pub async fn open_with(dir: &Path, options: StoreOptions) -> Result<Store, StoreError> {
    Store::create_or_open_with(dir, at(0), &mut bytes(1), options).await
}

pub fn asset(name: &str) -> Asset {
    let id = AssetId(format!("repository:forge.example/{name}").into());
    Asset::new(id, AssetKind::Repository, name, "payments")
}

pub fn managed(address: &str) -> ManagedHost {
    ManagedHost {
        address: address.into(),
        name: address.trim_start_matches("ssh://").to_owned(),
        team: Some("payments".to_owned()),
        labels: vec!["group:web".to_owned(), "service:shop".to_owned()],
    }
}

pub fn component(name: &str, version: &str) -> Component {
    Component {
        ecosystem: Ecosystem::new("cargo"),
        name: name.into(),
        version: Some(version.into()),
        place: Place { path: "Cargo.lock".into(), line: 7, column: 9 },
        direct: Some(true),
        dev: false,
        origin: Origin::Feed(Some("registry+https://index.example/crates".into())),
        source: None,
        module: None,
        integrity: None,
    }
}

pub fn finding(asset: &Asset, standing: Standing, n: u32, state: State) -> Finding {
    let id = WeaknessId(format!("CVE-2026-{n:05}").into());
    let purl = format!("pkg:cargo/package-{n}");
    let locus = Locus::LanguagePackage { purl: purl.as_str().into(), path: "Cargo.lock".into() };
    let local = LocalKey::new(FindingKind::Package, &id, &locus);
    let place = Place { path: "Cargo.lock".into(), line: n + 1, column: 9 };
    Finding {
        key: Key::new(&asset.id, local),
        local,
        kind: FindingKind::Package,
        weakness: Weakness {
            id,
            aliases: vec![format!("RUSTSEC-2026-{n:04}").into()],
            title: "a \"quoted\" title,\nwith a line's end and ümlauts".to_owned(),
            cvss: Some(f64::from(n % 100) / 10.0 + 0.1),
            epss: Some(0.1 + 0.2 + f64::from(n) / 1e7),
            exploited: n.is_multiple_of(7),
            informational: None,
            malicious: false,
            epss_at: None,
            published_by: vec!["starter".into()],
        },
        locus,
        title: format!("package-{n} has a hole"),
        severity: if n.is_multiple_of(3) { Severity::Now } else { Severity::Soon },
        severity_steps: vec![SeverityStep { severity: Severity::Soon, because: "cvss".into() }],
        standing,
        subject: purl.into(),
        instances: vec![Instance { version: Some("1.0.0".into()), place, fixed_in: None }],
        witnesses: vec![Witness { engine: "holdfast".into(), name: format!("R-{n}").into() }],
        direct: Some(true),
        dev: false,
        fix: FixKind::Safe,
        state,
        decision: n.is_multiple_of(2).then(|| Decision {
            deeds: vec![Do::Block, Do::Ticket],
            due: Some(at(14 * DAY)),
            team: "payments".to_owned(),
            line: "on trunk".to_owned(),
            reasons: vec!["finding.severity is soon".to_owned()],
            appetite: Digest::of(b"standard"),
        }),
        layers: Vec::new(),
    }
}

pub fn gap(asset: &Asset, n: u32) -> NotAssessed {
    let locus = Locus::Asset { respect: format!("respect {n}").into() };
    let local = LocalKey::new(FindingKind::Package, &WeaknessId("gap".into()), &locus);
    NotAssessed {
        key: Key::new(&asset.id, local),
        kind: FindingKind::Package,
        locus,
        subject: format!("Go packages {n}").into(),
        reason: "there is no feed".to_owned(),
        closes_with: "holdfast advisories sync".to_owned(),
        place: None,
    }
}

pub fn acceptance(covers: &str) -> Acceptance {
    Acceptance {
        covers: covers.into(),
        subject: "".into(),
        reason: "not reachable".to_owned(),
        owner: "ada".to_owned(),
        approver: Some("grace".to_owned()),
        until: at(30 * DAY),
        anchor: None,
        request: false,
        place: Place::start_of(".holdfast/accepted.yaml"),
    }
}

/// What an asset looks like: which components, which findings are open, which gaps there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub asset: &'static str,
    pub standing: Standing,
    pub coverage: Coverage,
    pub components: Vec<u32>,
    pub open: Vec<u32>,
    pub gaps: Vec<u32>,
    pub time: i64,
}

pub fn picture(components: u32, open: &[u32], time: i64) -> Picture {
    Picture {
        asset: "shop",
        standing: Standing::Trunk,
        coverage: Coverage::Full,
        components: (0..components).collect(),
        open: open.to_vec(),
        gaps: vec![1],
        time,
    }
}

fn step(
    picture: &Picture,
    key: Key,
    from: Option<State>,
    to: State,
    outcome: Option<Outcome>,
) -> Transition {
    Transition {
        key,
        standing: picture.standing,
        from,
        to,
        outcome,
        other: None,
        at: at(picture.time),
        because: format!("it became {}", to.word()),
    }
}

/// A look as `engine` would make it: steps and documents against what the store knows.
pub async fn look(store: &Store, picture: &Picture) -> LookCommit {
    let asset = asset(picture.asset);
    let now = at(picture.time);
    let mut known = store.known(&asset.id, picture.standing).await.unwrap();
    let mut changed = Vec::new();
    let mut transitions = Vec::new();
    for n in &picture.open {
        let finding = finding(&asset, picture.standing, *n, State::Open);
        let before = known.remove(&finding.key);
        let from = before.as_ref().map(|known| known.finding.state);
        if from == Some(State::Open) {
            continue;
        }
        let outcome = from.map(|_| Outcome::Reopened);
        transitions.push(step(picture, finding.key, from, State::Open, outcome));
        let first_seen = before.map_or(now, |known| known.first_seen);
        changed.push(Known { finding, first_seen, last_seen: now, since: now });
    }
    let full = picture.coverage == Coverage::Full;
    for (key, mut known) in
        known.into_iter().filter(|(_, known)| full && known.finding.state.is_open())
    {
        known.finding.state = State::Fixed;
        known.since = now;
        let before = Some(State::Open);
        transitions.push(step(picture, key, before, State::Fixed, Some(Outcome::Fixed)));
        changed.push(known);
    }
    let digest = format!("{:?}", Picture { time: 0, ..picture.clone() });
    LookCommit {
        observation: Observation {
            asset: asset.id.clone(),
            standing: picture.standing,
            sensor: "folder".to_owned(),
            at: now,
            coverage: picture.coverage,
            revision: Some(format!("{:040x}", picture.time)),
            digest: Digest::of(digest.as_bytes()),
            advisories: Digest::of(b"advisories"),
            components: picture.components.len() as u64,
            open: picture.open.len() as u64,
            not_assessed: picture.gaps.len() as u64,
            controls: None,
        },
        known: changed,
        transitions,
        not_assessed: picture.gaps.iter().map(|n| gap(&asset, *n)).collect(),
        components: picture
            .components
            .iter()
            .map(|n| component(&format!("package-{n}"), "1.0.0"))
            .collect(),
        decisions: Vec::new(),
        who: "ada".to_owned(),
        asset,
    }
}

/// What is decided of findings, as a look brings it.
pub fn decided(known: &[Known]) -> Vec<Decided> {
    let decided = |known: &Known| {
        let Finding { key, weakness, decision, .. } = &known.finding;
        Some(Decided { key: *key, weakness: weakness.id.clone(), decision: decision.clone()? })
    };
    known.iter().filter_map(decided).collect()
}

pub async fn commit(store: &Store, picture: &Picture) -> Result<Committed, StoreError> {
    let look = look(store, picture).await;
    let seed = u64::try_from(picture.time).unwrap() + 77;
    store.commit_look(look, at(picture.time), &mut bytes(seed)).await
}

pub async fn whole(store: &Store) {
    let report = store.verify(None).await.unwrap();
    assert_eq!(report.broken, [], "the record is whole");
}

/// A document as the room that plans would write it, as far as the store reads it; its digest.
/// It expires after seven days.
pub fn proposal(n: u32) -> (Digest, Value) {
    let digest = Digest::of(&n.to_be_bytes());
    let document = json!({
        "title": format!("plan {n}"),
        "author": "ada",
        "asset": "host:0123",
        "digest": digest,
        "proposed": at(0),
        "expires": at(7 * DAY),
        "plan": {"steps": [{"change": {"control": "ssh", "lockout": true}}], "b": 1, "a": [2.5]},
    });
    (digest, document)
}

pub fn approval(plan: Digest, who: &str, yes: bool, time: i64) -> Approval {
    let because = if yes { "" } else { "not today" }.to_owned();
    Approval { plan, who: who.to_owned(), yes, because, at: at(time) }
}

pub fn begin(plan: Digest, act: Act, time: i64) -> ActBegin {
    ActBegin { plan, act, once: format!("once {time}"), who: "grace".to_owned(), at: at(time) }
}

pub fn end(plan: Digest, result: ActResult, time: i64) -> ActEnd {
    let log = vec!["one line".to_owned(), "another".to_owned()];
    ActEnd {
        plan,
        result,
        log,
        who: "holdfast".to_owned(),
        why: "it ended".to_owned(),
        at: at(time),
    }
}
