//! Requests to accept, written as a comment beside what they are about:
//!
//! ```text
//! # holdfast:accept CVE-2026-0001 until 2027-01-31 because the parser is never reached
//! ```
//!
//! A comment is written by whoever writes the code: it asks, and somebody else has to say yes. It
//! holds only below `now`, and for at most 90 days.

use std::cell::LazyCell;
use std::sync::Arc;

use holdfast_model::{Acceptance, Lines, Problem, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::normal;

/// What begins a request.
pub const MARK: &str = "holdfast:accept";
/// Comments of more than so many requests are not read further.
const MOST: usize = 100;
/// What may end a comment on its line.
const ENDS: [&str; 3] = ["*/", "-->", "#}"];
/// How it is written, for help.
const FORM: &str = "write `holdfast:accept ID until 2027-01-31 because REASON`";

/// Reads the requests of a file. `team` is the asset's, which answers for them.
pub fn requests(
    path: &Arc<str>,
    text: &str,
    team: &str,
    zone: &TimeZone,
) -> (Vec<Acceptance>, Vec<Problem>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let lines = LazyCell::new(|| Lines::new(text.as_bytes()));
    for at in memchr::memmem::find_iter(text.as_bytes(), MARK).take(MOST) {
        let rest = text.get(at + MARK.len()..).unwrap_or_default();
        let rest = rest.lines().next().unwrap_or_default();
        // A word that only begins so, such as this mark in prose with something behind it.
        if !rest.starts_with([' ', '\t']) {
            continue;
        }
        let place = lines.place(path, at);
        match one(rest, zone) {
            Ok((covers, until, reason)) => found.push(Acceptance {
                covers: normal(covers),
                subject: "".into(),
                reason: reason.to_owned(),
                owner: team.to_owned(),
                approver: None,
                until,
                anchor: None,
                request: true,
                place,
            }),
            Err(what) => {
                let line = lines.text(place.line);
                let length = MARK.chars().count();
                problems.push(
                    Problem::at("accept-request", place, what).help(FORM).excerpt(&line, length),
                );
            }
        }
    }
    (found, problems)
}

/// What a request covers, until when, and why.
fn one<'t>(rest: &'t str, zone: &TimeZone) -> Result<(&'t str, Timestamp, &'t str), String> {
    let rest = ENDS.iter().fold(rest.trim(), |rest, end| rest.trim_end_matches(end).trim_end());
    let (covers, rest) =
        rest.split_once(char::is_whitespace).ok_or("a request names nothing but an id")?;
    let rest = rest.trim_start().strip_prefix("until ").ok_or("a request says no last day")?;
    let rest = rest.trim_start();
    let (day, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let date = day.parse::<Date>().ok().filter(|date| date.to_string() == day);
    let until = date
        .and_then(|date| Timestamp::end_of(date, zone))
        .ok_or_else(|| format!("`{day}` is not a date"))?;
    let reason = rest.trim_start().strip_prefix("because ").map(str::trim).unwrap_or_default();
    if reason.is_empty() {
        return Err("a request gives no reason".to_owned());
    }
    Ok((covers, until, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Acceptance>, Vec<Problem>) {
        requests(&"requirements.txt".into(), text, "payments", &TimeZone::UTC)
    }

    #[test]
    fn a_comment_is_a_request_of_the_team() {
        let text =
            "flask==1.0  # holdfast:accept CVE-2026-1 until 2027-01-31 because not reached\n";
        let (found, problems) = read(text);
        assert!(problems.is_empty(), "{problems:?}");
        let one = &found[0];
        assert_eq!((&*one.covers, one.reason.as_str()), ("CVE-2026-1", "not reached"));
        assert_eq!((one.owner.as_str(), &one.approver, one.request), ("payments", &None, true));
        assert_eq!(one.until.to_string(), "2027-02-01T00:00:00Z");
        assert_eq!((one.place.line, one.place.column), (1, 15));
    }

    #[test]
    fn the_end_of_a_comment_is_no_reason() {
        let (found, _) = read("/* holdfast:accept X until 2027-01-31 because it is old */");
        assert_eq!(found[0].reason, "it is old");
        let (found, _) = read("<!-- holdfast:accept X until 2027-01-31 because it is old -->");
        assert_eq!(found[0].reason, "it is old");
    }

    #[test]
    fn what_is_written_wrongly_says_where() {
        for (text, message) in [
            ("# holdfast:accept CVE-1", "a request names nothing but an id"),
            ("# holdfast:accept CVE-1 because x", "a request says no last day"),
            ("# holdfast:accept CVE-1 until soon because x", "`soon` is not a date"),
            ("# holdfast:accept CVE-1 until 2027-1-31 because x", "`2027-1-31` is not a date"),
            ("# holdfast:accept CVE-1 until 2027-01-31", "a request gives no reason"),
        ] {
            let (found, problems) = read(text);
            assert!(found.is_empty(), "{text}");
            assert_eq!(problems[0].message, message);
            assert_eq!(problems[0].excerpt.as_ref().unwrap().length, 15);
            assert_eq!(problems[0].place.as_ref().unwrap().column, 3);
        }
    }

    #[test]
    fn prose_about_the_mark_is_none() {
        assert_eq!(read("see holdfast:accepting and `holdfast:accept`."), (Vec::new(), Vec::new()));
    }
}
