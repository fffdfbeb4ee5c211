//! Findings and spells for tests.

use std::sync::Arc;

use holdfast_model::{
    AssetId, Finding, FindingKind, FixKind, Key, Known, LocalKey, Locus, Severity, Standing, State,
    Timestamp, Transition, Weakness, WeaknessId,
};

use crate::{End, Profile, Spell};

/// The first instant of a day, counted from 1970.
pub(crate) fn day(day: i64) -> Timestamp {
    Timestamp(day * 86_400_000)
}

pub(crate) fn asset() -> AssetId {
    AssetId("host:x".into())
}

/// An urgent finding that was seen first on one day and is in a state since another.
pub(crate) fn known(name: &str, first_seen: i64, state: State, since: i64) -> Known {
    let id = WeaknessId(name.into());
    let locus = Locus::File { path: "x".into(), item: "".into() };
    let local = LocalKey::new(FindingKind::Package, &id, &locus);
    let finding = Finding {
        key: Key::new(&asset(), local),
        local,
        kind: FindingKind::Package,
        weakness: Weakness {
            id,
            aliases: vec!["GHSA-x".into()],
            title: String::new(),
            cvss: None,
            epss: None,
            exploited: false,
            informational: None,
            malicious: false,
            epss_at: None,
            published_by: Vec::new(),
        },
        locus,
        title: String::new(),
        severity: Severity::Soon,
        severity_steps: Vec::new(),
        standing: Standing::Deployed,
        subject: "pkg:deb/debian/x".into(),
        instances: Vec::new(),
        witnesses: Vec::new(),
        direct: None,
        dev: false,
        fix: FixKind::None,
        state,
        decision: None,
        layers: Vec::new(),
    };
    Known { finding, first_seen: day(first_seen), last_seen: day(since), since: day(since) }
}

pub(crate) fn step(of: &Known, from: Option<State>, to: State, at: i64) -> Transition {
    Transition {
        key: of.finding.key,
        standing: of.finding.standing,
        from,
        to,
        outcome: None,
        other: None,
        at: day(at),
        because: String::new(),
    }
}

/// A spell of a finding of its own that began on a day and took some days.
pub(crate) fn spell(name: &str, team: &str, from: i64, took: i64, end: End) -> Spell {
    let known = known(name, from, State::Open, from);
    Spell {
        profile: Arc::new(Profile::of(&known, &asset(), team)),
        from: day(from),
        entry: day(from),
        to: day(from + took),
        end,
        number: 1,
        reconstructed: false,
    }
}
