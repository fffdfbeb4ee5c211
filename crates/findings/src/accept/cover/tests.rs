use std::slice::from_ref;

use holdfast_model::{Key, Locus, Place};

use super::*;
use crate::accept::present;
use crate::testing::{asset, finding, with_versions};
use crate::{Presence, join};

const NOW: Timestamp = Timestamp(1_000_000);
const TERMS: Terms<'_> = Terms { now: NOW, zone: &TimeZone::UTC, one_person: false };
const SOLO: Terms<'_> = Terms { one_person: true, ..TERMS };

fn acceptance(covers: &str) -> Acceptance {
    Acceptance {
        covers: covers.into(),
        subject: "".into(),
        reason: "no way in".to_owned(),
        owner: "payments".to_owned(),
        approver: Some("ada".to_owned()),
        until: NOW.plus_days(1),
        anchor: None,
        request: false,
        place: Place { path: ".holdfast/accepted.yaml".into(), line: 3, column: 3 },
    }
}

fn anchored(covers: &str, versions: &[&str]) -> Acceptance {
    let versions = crate::testing::versions(versions);
    Acceptance { anchor: Some(Anchor::Versions(versions)), ..acceptance(covers) }
}

fn time() -> Finding {
    finding("CVE-1", "time", "Cargo.lock")
}

/// The states after the matcher, and what it says.
fn covered(
    list: &[Finding],
    acceptances: &[Acceptance],
    terms: &Terms<'_>,
) -> (Vec<State>, Covered) {
    let mut list = list.to_vec();
    let covered = cover(&mut list, acceptances, terms);
    (list.iter().map(|one| one.state).collect(), covered)
}

fn ids(covered: &Covered) -> Vec<&str> {
    covered.told.iter().map(|told| told.guardrail.id).collect()
}

#[test]
fn by_key_and_by_name_with_subject() {
    let findings = [time(), finding("CVE-1", "ring", "Cargo.lock")];
    let by_key = acceptance(&findings[0].local.to_string());
    let (states, told) = covered(&findings, &[by_key], &TERMS);
    assert_eq!(states, [State::Accepted, State::Open]);
    assert_eq!((told.used.len(), told.told.len()), (1, 0));
    assert_eq!(
        told.notes[&findings[0].local],
        "accepted until 1970-01-02 by payments, approved by ada: no way in"
    );
    let mut by_name = acceptance("CVE-1");
    assert_eq!(covered(&findings, from_ref(&by_name), &TERMS).0, [State::Accepted; 2]);
    by_name.subject = "pkg:cargo/ring".into();
    assert_eq!(covered(&findings, &[by_name], &TERMS).0, [State::Open, State::Accepted]);
}

#[test]
fn a_name_that_changed_since_still_covers() {
    let old = finding("GHSA-1", "time", "Cargo.lock");
    let mut new = time();
    new.weakness.aliases = vec!["GHSA-1".into()];
    for covers in [old.local.to_string(), "GHSA-1".to_owned(), "CVE-1".to_owned()] {
        let (states, _) = covered(from_ref(&new), &[acceptance(&covers)], &TERMS);
        assert_eq!(states, [State::Accepted], "{covers}");
    }
}

#[test]
fn the_last_day_is_whole_and_the_next_is_not() {
    let ends = acceptance("CVE-1");
    let just_before = Terms { now: Timestamp(ends.until.0 - 1), ..TERMS };
    assert_eq!(covered(&[time()], from_ref(&ends), &just_before).0, [State::Accepted]);
    let at = Terms { now: ends.until, ..TERMS };
    let (states, told) = covered(&[time()], &[ends], &at);
    assert_eq!(states, [State::Open]);
    assert_eq!((told.expired.len(), ids(&told)), (1, vec!["acceptance-expired"]));
    assert_eq!(told.notes[&time().local], "the acceptance ended on 1970-01-02");
}

#[test]
fn the_day_is_shown_as_it_was_written_in_every_zone() {
    for zone in ["Pacific/Auckland", "Europe/Berlin", "America/Los_Angeles"] {
        let zone = TimeZone::get(zone).unwrap();
        let until = Timestamp::end_of(jiff::civil::date(2027, 1, 31), &zone).unwrap();
        let one = Acceptance { until, ..acceptance("CVE-1") };
        let terms = Terms { now: until, zone: &zone, one_person: false };
        let (_, told) = covered(&[time()], &[one], &terms);
        assert_eq!(told.notes[&time().local], "the acceptance ended on 2027-01-31");
    }
}

#[test]
fn an_owner_does_not_approve_alone_unless_one_person_may() {
    for approver in [None, Some("payments"), Some(" @Payments"), Some("")] {
        let alone = Acceptance { approver: approver.map(str::to_owned), ..acceptance("CVE-1") };
        let (states, told) = covered(&[time()], from_ref(&alone), &TERMS);
        assert_eq!((states, ids(&told)), (vec![State::Open], vec!["acceptance-unapproved"]));
        assert_eq!((told.unapproved.len(), told.used.len()), (1, 0));
        let (states, told) = covered(&[time()], &[alone], &SOLO);
        assert_eq!((states, ids(&told)), (vec![State::Accepted], Vec::new()));
        assert!(told.by_one.contains(&time().local));
        assert!(told.notes[&time().local].contains("approved by one"));
    }
    assert!(covered(&[time()], &[acceptance("CVE-1")], &SOLO).1.by_one.is_empty());
}

#[test]
fn every_version_must_be_anchored() {
    let two = with_versions("CVE-1", "time", "Cargo.lock", &["0.1.43", "0.2.0"]);
    let both = anchored("CVE-1", &["0.1.43", "0.2.0"]);
    assert_eq!(covered(from_ref(&two), &[both], &TERMS).0, [State::Accepted]);
    let (states, told) = covered(from_ref(&two), &[anchored("CVE-1", &["0.1.43"])], &TERMS);
    assert_eq!((states, ids(&told)), (vec![State::Open], vec!["acceptance-outgrown"]));
    assert_eq!(
        told.notes[&two.local],
        "the acceptance ended: it was for 0.1.43, and 0.2.0 is there now"
    );
    let fewer = with_versions("CVE-1", "time", "Cargo.lock", &["0.2.0"]);
    let both = anchored("CVE-1", &["0.1.43", "0.2.0"]);
    assert_eq!(covered(&[fewer], &[both], &TERMS).0, [State::Accepted]);
}

#[test]
fn one_that_covers_here_and_is_outgrown_there_is_both() {
    let other = with_versions("CVE-1", "time", "b/Cargo.lock", &["2.0.0"]);
    let (states, told) = covered(&[time(), other], &[anchored("CVE-1", &["1.0.0"])], &TERMS);
    assert_eq!(states, [State::Accepted, State::Open]);
    assert_eq!((told.used.len(), told.anchor_broken.len(), told.unused.len()), (1, 1, 0));
}

#[test]
fn a_second_acceptance_covers_where_the_first_does_not() {
    let ended = Acceptance { until: NOW, ..acceptance("CVE-1") };
    let (states, told) = covered(&[time()], &[ended, acceptance("CVE-1")], &TERMS);
    assert_eq!(states, [State::Accepted]);
    assert!(told.notes[&time().local].starts_with("accepted until"));
    assert_eq!((told.expired.len(), told.used.len()), (1, 1));
}

#[test]
fn what_covers_nothing_is_told_only_by_a_complete_look() {
    let (_, told) = covered(&[time()], &[acceptance("CVE-2"), acceptance("K7")], &TERMS);
    let (sightings, unread) = told.report(true);
    let titles: Vec<&str> = sightings.iter().map(|s| s.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "the acceptance of `CVE-2` covers nothing",
            "the acceptance of `K7` covers nothing; keys are written in full",
        ]
    );
    assert_eq!(unread, []);
    let (sightings, unread) = told.report(false);
    assert_eq!(sightings, []);
    assert_eq!(unread.len(), 1);
    assert_eq!(unread[0].scope, Scope::Path(".holdfast/accepted.yaml".into()));
}

#[test]
fn guardrails_are_findings_at_the_item() {
    let mut ended = Acceptance { until: NOW, ..acceptance("CVE-1") };
    ended.subject = "pkg:cargo/time".into();
    let (_, told) = covered(&[time()], from_ref(&ended), &TERMS);
    let findings = join(&asset(), holdfast_model::Standing::Trunk, told.report(true).0);
    assert_eq!(findings.len(), 1);
    let one = &findings[0];
    assert_eq!(&*one.weakness.id.0, "acceptance-expired");
    assert_eq!(one.place().map(|place| place.line), Some(3));
    let expected =
        Locus::File { path: ".holdfast/accepted.yaml".into(), item: "CVE-1 pkg:cargo/time".into() };
    assert_eq!(one.locus, expected);
    assert_eq!(one.key, Key::new(&asset(), one.local));
    // Extended, it is fixed in place; removed, it is gone; of anything else it says nothing.
    assert_eq!(present(&[ended], &one.locus), Some(Presence::There(Vec::new())));
    assert_eq!(present(&[], &one.locus), Some(Presence::Gone));
    assert_eq!(present(&[], &time().locus), None);
}

#[test]
fn ids_are_unique() {
    let ids: BTreeSet<&str> = GUARDRAILS.iter().map(|one| one.id).collect();
    assert_eq!(ids.len(), GUARDRAILS.len());
}

/// A comment asks within narrow bounds, even where one person may approve.
#[test]
fn a_comment_neither_accepts_what_is_urgent_nor_for_long() {
    let comment = |days| Acceptance {
        approver: None,
        until: NOW.plus_days(days),
        request: true,
        ..acceptance("CVE-1")
    };
    let state = |days, severity| {
        let mut found = vec![Finding { severity, ..finding("CVE-1", "time", "Cargo.lock") }];
        let alone = Terms { one_person: true, ..TERMS };
        cover(&mut found, &[comment(days)], &alone);
        found[0].state
    };
    assert_eq!(state(90, Severity::Soon), State::Accepted);
    assert_eq!(state(91, Severity::Soon), State::Open);
    assert_eq!(state(90, Severity::Now), State::Open);
}
