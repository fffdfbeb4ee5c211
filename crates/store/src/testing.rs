//! What the tests inside this crate share.

use holdfast_model::{
    Asset, AssetId, AssetKind, Component, Coverage, Decision, Digest, Do, Ecosystem, Finding,
    FindingKind, FixKind, Key, Known, LocalKey, Locus, Observation, Origin, Place, Severity,
    Standing, State, Timestamp, Transition, Weakness, WeaknessId,
};

use crate::look::{Decided, LookCommit};

pub(crate) fn component(name: &str, version: &str) -> Component {
    Component {
        ecosystem: Ecosystem::new("cargo"),
        name: name.into(),
        version: Some(version.into()),
        place: Place { path: "Cargo.lock".into(), line: 3, column: 1 },
        direct: None,
        dev: false,
        origin: Origin::Feed(None),
        source: None,
        module: None,
        integrity: None,
    }
}

/// A look at which so many findings were seen for the first time, each decided about: every third
/// one is due on another day than the others.
pub(crate) fn look(findings: usize) -> LookCommit {
    let asset = Asset::new(AssetId("host:1".into()), AssetKind::Host, "till", "payments");
    let at = Timestamp(5);
    let known: Vec<Known> = (0..findings)
        .map(|n| Known {
            finding: finding(&asset.id, n),
            first_seen: at,
            last_seen: Timestamp(7),
            since: at,
        })
        .collect();
    let step = |known: &Known| Transition {
        key: known.finding.key,
        standing: Standing::Deployed,
        from: None,
        to: State::Open,
        outcome: None,
        other: None,
        at,
        because: "seen for the \"first\" time".to_owned(),
    };
    let decided = |known: &Known| {
        let Finding { key, weakness, decision, .. } = &known.finding;
        Some(Decided { key: *key, weakness: weakness.id.clone(), decision: decision.clone()? })
    };
    LookCommit {
        observation: Observation {
            asset: asset.id.clone(),
            standing: Standing::Deployed,
            sensor: "host".to_owned(),
            at,
            coverage: Coverage::Full,
            revision: None,
            digest: Digest::of(b"seen"),
            advisories: Digest::of(b"advisories"),
            components: 0,
            open: findings as u64,
            not_assessed: 0,
            controls: None,
        },
        transitions: known.iter().map(step).collect(),
        decisions: known.iter().filter_map(decided).collect(),
        known,
        not_assessed: Vec::new(),
        components: Vec::new(),
        who: "ada".to_owned(),
        asset,
    }
}

fn finding(asset: &AssetId, n: usize) -> Finding {
    let weakness = WeaknessId(format!("CVE-2026-{n}").into());
    let locus = Locus::Asset { respect: "whole".into() };
    let local = LocalKey::new(FindingKind::Foreign, &weakness, &locus);
    let due = Timestamp(if n.is_multiple_of(3) { 1 } else { 2 });
    Finding {
        key: Key::new(asset, local),
        local,
        kind: FindingKind::Foreign,
        weakness: Weakness {
            id: weakness,
            aliases: Vec::new(),
            title: "a \\ weakness".to_owned(),
            cvss: Some(7.1),
            epss: None,
            exploited: false,
            informational: None,
            malicious: false,
            epss_at: None,
            published_by: vec!["scanner".into()],
        },
        locus,
        title: "a weakness".to_owned(),
        severity: Severity::Soon,
        severity_steps: Vec::new(),
        standing: Standing::Deployed,
        subject: "till".into(),
        instances: Vec::new(),
        witnesses: Vec::new(),
        direct: None,
        dev: false,
        fix: FixKind::None,
        state: State::Open,
        decision: Some(Decision {
            deeds: vec![Do::Ticket, Do::Inform],
            due: Some(due),
            team: "payments".to_owned(),
            line: "soon".to_owned(),
            reasons: vec!["it is \"soon\"".to_owned(), "and known".to_owned()],
            appetite: Digest::of(b"appetite"),
        }),
        layers: Vec::new(),
    }
}
