//! Attestations: what somebody found who looked at a host by themselves, and how long that counts.
//!
//! Knows who said what of which host until when. Must not know the clock (time is an argument), nor
//! which controls only a person can answer. As with acceptances, what is written wrongly counts for
//! nothing.

use std::fmt::Write as _;
use std::sync::Arc;

use holdfast_model::{Place, Problem, Timestamp};
use holdfast_rulefile::{Decoder, Node, Value, yaml};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::write::{quoted, scalar};
use super::{MOST_PROBLEMS, date, spoilt};

/// Where attestations stand, relative to the root.
pub const ATTESTED: &str = ".holdfast/attested.yaml";

/// What somebody found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// The control.
    pub control: Arc<str>,
    /// The host, by its name.
    pub host: Arc<str>,
    /// What was seen.
    pub because: String,
    /// Who looked.
    pub by: String,
    /// The end of the last day on which it counts.
    pub until: Timestamp,
    /// Where it begins.
    pub place: Place,
}

impl Attestation {
    /// The last day on which it counts, as people wrote it.
    pub fn last_day(&self, zone: &TimeZone) -> String {
        match jiff::Timestamp::from_millisecond(self.until.0.saturating_sub(1)) {
            Ok(last) => last.to_zoned(zone.clone()).date().to_string(),
            Err(_) => self.until.date(),
        }
    }
}

/// What is known of a control that only a person can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// Somebody looked, and that counts still.
    Counts(&'a Attestation),
    /// Somebody looked, and the last day is over.
    Over(&'a Attestation),
    /// Nobody ever said anything.
    None,
}

/// What the attestations say of a control on a host: the one that counts longest.
pub fn answer<'a>(
    attestations: &'a [Attestation],
    control: &str,
    host: &str,
    now: Timestamp,
) -> Answer<'a> {
    let of_it = attestations.iter().filter(|one| *one.control == *control && *one.host == *host);
    match of_it.max_by_key(|one| one.until) {
        Some(one) if now < one.until => Answer::Counts(one),
        Some(one) => Answer::Over(one),
        None => Answer::None,
    }
}

/// Reads the attestations of a file: a list of tables. Dates include their day in the team's zone.
/// Every item with a problem is left out, and its neighbours stay.
pub fn read_attested(path: &str, text: &str, zone: &TimeZone) -> (Vec<Attestation>, Vec<Problem>) {
    let path: Arc<str> = path.into();
    let (root, mut problems) = yaml::parse(&path, text);
    // A file in which nothing is attested any more is no problem.
    problems.retain(|problem| problem.code != "rule-empty");
    let mut decoder = Decoder::new(&path, text);
    let items = root.as_ref().filter(|root| root.value != Value::Null);
    let items = items.and_then(|root| decoder.list(root)).unwrap_or_default();
    let spoilt = spoilt(items, &problems);
    let mut out = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let before = decoder.problems().len();
        if before >= MOST_PROBLEMS {
            let message = "there are too many problems before this one to go on";
            let help = "mend those first; from here on nothing is attested";
            problems.push(Problem::at("accept-many", item.place.clone(), message).help(help));
            break;
        }
        let attestation = one(&mut decoder, item, zone);
        let clean = decoder.problems().len() == before && !spoilt.contains(&at);
        out.extend(attestation.filter(|_| clean));
    }
    problems.extend(decoder.finish());
    (out, problems)
}

fn one(decoder: &mut Decoder<'_>, item: &Node, zone: &TimeZone) -> Option<Attestation> {
    let mut table = decoder.map(item)?;
    let control = table.required(decoder, "attest").and_then(|node| decoder.text(node));
    let host = table.required(decoder, "host").and_then(|node| decoder.text(node));
    let because = table.required(decoder, "because").and_then(|node| decoder.text(node));
    let by = table.required(decoder, "by").and_then(|node| decoder.text(node));
    let until = table.required(decoder, "until").and_then(|node| date(decoder, node, zone));
    table.finish(decoder);
    Some(Attestation {
        control: control?.into(),
        host: host?.into(),
        because: because?.to_owned(),
        by: by?.to_owned(),
        until: until?,
        place: item.place.clone(),
    })
}

/// An attestation as somebody makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttestation<'a> {
    /// The control.
    pub control: &'a str,
    /// The host, by its name.
    pub host: &'a str,
    /// What was seen.
    pub because: &'a str,
    /// Who looked.
    pub by: &'a str,
    /// The last day on which it counts.
    pub until: Date,
}

/// The text of the file with one attestation more; `None` for a file that is not there yet. What
/// stands there stays as it is. The result is read again before it is given out.
///
/// # Errors
///
/// `accept-append` where the file is no list of items on lines of their own, or what was added
/// would not be read back as it was meant.
pub fn attest(text: Option<&str>, new: &NewAttestation<'_>) -> Result<String, Box<Problem>> {
    let old = text.unwrap_or_default();
    let after = add(old, new);
    let (before, problems_before) = read_attested(ATTESTED, old, &TimeZone::UTC);
    let (now, problems) = read_attested(ATTESTED, &after, &TimeZone::UTC);
    let kept = now.get(..before.len()).is_some_and(|kept| kept == before);
    let added = now.get(before.len()..).unwrap_or_default();
    let meant = matches!(added, [one] if means(one, new));
    if kept && meant && problems.len() == problems_before.len() {
        return Ok(after);
    }
    let reason = match problems.iter().find(|problem| !problems_before.contains(problem)) {
        Some(problem) => format!(": {}", problem.message),
        None => String::new(),
    };
    let message = format!("the attestation cannot be added to `{ATTESTED}`{reason}");
    let help = "write each attestation on lines of its own, beginning with `- attest:`";
    Err(Box::new(Problem::new("accept-append", message).help(help)))
}

fn means(one: &Attestation, new: &NewAttestation<'_>) -> bool {
    *one.control == *new.control
        && *one.host == *new.host
        && one.because == new.because
        && one.by == new.by
        && Timestamp::end_of(new.until, &TimeZone::UTC) == Some(one.until)
}

fn add(old: &str, new: &NewAttestation<'_>) -> String {
    let end = if old.contains("\r\n") { "\r\n" } else { "\n" };
    // The items of a list stand equally deep, however deep that is.
    let first = old.lines().find(|line| line.trim_start().starts_with("- "));
    let indent = first.and_then(|line| line.split('-').next()).unwrap_or_default();
    let mut out = old.to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push_str(end);
    }
    let lines = [
        ("- attest", scalar(new.control)),
        ("  host", scalar(new.host)),
        ("  because", quoted(new.because)),
        ("  by", scalar(new.by)),
        ("  until", new.until.to_string()),
    ];
    for (key, value) in lines {
        // Writing to a string cannot fail.
        let _ = write!(out, "{indent}{key}: {value}{end}");
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "# who looked\n- attest: locked-room\n  host: web-1\n  because: the door is locked\n  \
                        by: ada\n  until: 2027-01-31\n- attest: locked-room\n  host: web-1\n  by: bob\n  \
                        until: 2027-03-31\n- attest: other\n  host: web-1\n  because: seen\n  by: bob\n  \
                        until: 2026-12-31\n";

    fn here(text: &str) -> (Vec<Attestation>, Vec<Problem>) {
        read_attested(ATTESTED, text, &TimeZone::UTC)
    }

    fn day(text: &str) -> Timestamp {
        Timestamp::end_of(text.parse().unwrap(), &TimeZone::UTC).unwrap()
    }

    #[test]
    fn one_without_a_reason_counts_for_nothing_and_leaves_its_neighbours() {
        let (all, problems) = here(TEXT);
        assert_eq!(all.len(), 2);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].code, "rule-missing-key");
        assert_eq!(problems[0].place.as_ref().map(|at| (at.line, at.column)), Some((7, 3)));
        assert_eq!((all[0].place.line, &*all[0].by), (2, "ada"));
        assert_eq!(all[0].last_day(&TimeZone::UTC), "2027-01-31");
    }

    #[test]
    fn the_last_day_counts_and_the_next_does_not() {
        let (all, _) = here(TEXT);
        let of = |control: &str, host: &str, now| match answer(&all, control, host, now) {
            Answer::Counts(one) => format!("counts {}", one.by),
            Answer::Over(one) => format!("over {}", one.by),
            Answer::None => "none".to_owned(),
        };
        assert_eq!(of("locked-room", "web-1", day("2027-01-30")), "counts ada");
        assert_eq!(of("locked-room", "web-1", day("2027-01-31")), "over ada");
        assert_eq!(of("locked-room", "web-2", day("2027-01-30")), "none");
        assert_eq!(of("else", "web-1", day("2027-01-30")), "none");
        let later = attest(
            Some("- attest: a\n  host: b\n  because: c\n  by: d\n  until: 2027-01-01\n"),
            &NewAttestation { until: jiff::civil::date(2027, 5, 1), ..new() },
        );
        let (both, _) = here(&later.unwrap());
        let found = answer(&both, "a", "b", day("2027-04-01"));
        assert!(matches!(found, Answer::Counts(one) if one.until == day("2027-05-01")));
    }

    fn new() -> NewAttestation<'static> {
        let until = jiff::civil::date(2027, 1, 31);
        NewAttestation { control: "a", host: "b", because: "seen: \"yes\"", by: "ada", until }
    }

    #[test]
    fn what_stands_there_stays() {
        let first = "- attest: a\n  host: b\n  because: \"seen: \\\"yes\\\"\"\n  by: ada\n  \
                     until: 2027-01-31\n";
        assert_eq!(attest(None, &new()).unwrap(), first);
        for old in ["# kept\n", TEXT, "  - attest: x\r\n    host: y\r\n"] {
            assert!(attest(Some(old), &new()).unwrap().starts_with(old));
        }
        for unclear in ["attested: []\n", "[]\n", "- [\n", "text\n"] {
            assert_eq!(attest(Some(unclear), &new()).unwrap_err().code, "accept-append");
        }
        assert!(attest(None, &NewAttestation { because: " ", ..new() }).is_err());
    }

    #[test]
    fn other_shapes_are_problems_and_nothing_is_none() {
        for text in ["", "# all done\n", "[]\n"] {
            assert_eq!(here(text), (Vec::new(), Vec::new()));
        }
        let without = TEXT.replace("until: 2027-01-31", "until: soon");
        assert!(here(&without).1.iter().any(|one| one.code == "accept-date"));
        let twice = TEXT.replace("  by: ada", "  by: ada\n  by: eve");
        assert!(here(&twice).0.iter().all(|one| one.by == "bob"));
        for text in ["attest: a\n", "- a\n", "- [a]\n", "x", "- a: [\n", "\u{0}"] {
            let (all, problems) = here(text);
            assert!(all.is_empty() && !problems.is_empty(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(
            control in "[a-z-]{1,20}", host in "[ -~]{1,20}", because in "\\PC{1,40}",
            by in "[ -~]{1,12}",
        ) {
            let (control, host) = (control.as_str(), host.as_str());
            let new = NewAttestation { control, host, because: &because, by: &by, ..new() };
            let blank = [host, &because, &by].iter().any(|text| text.trim().is_empty());
            match attest(Some("# first\n"), &new) {
                Ok(text) => {
                    prop_assert!(!blank);
                    prop_assert!(means(&here(&text).0[0], &new));
                }
                Err(problem) => prop_assert!(blank, "{problem} {new:?}"),
            }
        }
    }
}
