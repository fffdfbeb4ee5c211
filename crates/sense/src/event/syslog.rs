//! The beginning of a line of syslog: when, on which host, by which program.
//!
//! Knows the traditional form (RFC 3164, as rsyslog and syslog-ng write it to files) and the one
//! with RFC 3339 times; must not know what programs write.

use holdfast_model::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// What a log leaves out of its times.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    year: i16,
    month: i8,
    zone: TimeZone,
}

/// Dates that exist in leap years only are looked for in so many years.
const LEAP: i16 = 8;

impl Clock {
    /// `reference` is when the log was last written.
    pub(super) fn new(reference: Timestamp, zone: &TimeZone) -> Self {
        let instant = jiff::Timestamp::from_millisecond(reference.0).unwrap_or_default();
        let civil = zone.to_datetime(instant);
        Self { year: civil.year(), month: civil.month(), zone: zone.clone() }
    }

    /// A local time as an instant. Of an hour that comes twice the first one is meant; one that
    /// clocks jump over is counted from before the jump.
    pub(super) fn instant(&self, at: DateTime) -> Option<Timestamp> {
        let zoned = self.zone.to_ambiguous_zoned(at).compatible().ok()?;
        Some(Timestamp(zoned.timestamp().as_millisecond()))
    }

    /// A local time without year. A month after that of the reference is of the year before.
    fn without_year(&self, month: i8, day: i8, time: Time) -> Option<Timestamp> {
        let latest = if month > self.month { self.year - 1 } else { self.year };
        let date = (0..=LEAP).find_map(|back| Date::new(latest - back, month, day).ok())?;
        self.instant(date.to_datetime(time))
    }

    /// A local time as apt and dpkg write it, `2026-11-21 08:42:18`, with any number of spaces.
    pub(super) fn local(&self, text: &str) -> Option<Timestamp> {
        let (date, time) = text.trim().split_once(' ')?;
        let date: Date = date.parse().ok()?;
        self.instant(date.to_datetime(clock_time(time.trim())?))
    }
}

/// The beginning of a line and what follows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) at: Timestamp,
    pub(super) host: &'a str,
    /// Empty where the line names no program.
    pub(super) process: &'a str,
    /// Empty where the line has none.
    pub(super) pid: &'a str,
    pub(super) message: &'a str,
}

/// Why a line has no beginning that can be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoHead {
    /// It does not begin with a time.
    Time,
    /// Nothing follows the time.
    Rest,
}

/// Reads the beginning of a line.
pub(super) fn head<'a>(line: &'a str, clock: &Clock) -> Result<Head<'a>, NoHead> {
    let line = without_priority(line);
    let (at, rest) = rfc_3339(line).or_else(|| traditional(line, clock)).ok_or(NoHead::Time)?;
    let (host, rest) = rest.split_once(' ').ok_or(NoHead::Rest)?;
    if host.is_empty() {
        return Err(NoHead::Rest);
    }
    let (process, pid, message) = tag(rest);
    Ok(Head { at, host, process, pid, message })
}

/// Relays keep `<34>` before the line.
fn without_priority(line: &str) -> &str {
    let number = |text: &str| text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
    match line.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((priority, rest)) if number(priority) => rest,
        _ => line,
    }
}

fn rfc_3339(line: &str) -> Option<(Timestamp, &str)> {
    let (time, rest) = line.split_once(' ')?;
    // Without the letter it would be a date, which is no time.
    let at = time.contains('T').then(|| Timestamp::parse(time)).flatten()?;
    Some((at, rest))
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn traditional<'a>(line: &'a str, clock: &Clock) -> Option<(Timestamp, &'a str)> {
    let (month, rest) = line.split_once(' ')?;
    let month = (1..).zip(MONTHS).find(|(_, name)| *name == month)?.0;
    let (day, rest) = rest.trim_start_matches(' ').split_once(' ')?;
    let (time, rest) = rest.split_once(' ')?;
    let at = clock.without_year(month, digits(day)?, clock_time(time)?)?;
    Some((at, rest))
}

/// `12:11:15`, with or without a fraction.
fn clock_time(text: &str) -> Option<Time> {
    let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = text.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || fraction.len() > 9 {
        return None;
    }
    let digits_of = format!("{fraction:0<9}");
    let nanosecond: i32 = digits_of.parse().ok()?;
    Time::new(digits(hour)?, digits(minute)?, digits(second)?, nanosecond).ok()
}

/// One or two digits.
fn digits(text: &str) -> Option<i8> {
    let plain = matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// `sshd[2271]: message`, `sudo: message`.
fn tag(rest: &str) -> (&str, &str, &str) {
    let (word, message) = rest.split_once(' ').unwrap_or((rest, ""));
    let Some(tag) = word.strip_suffix(':').filter(|tag| !tag.is_empty()) else {
        return ("", "", rest);
    };
    let (process, pid) = match tag.strip_suffix(']').and_then(|tag| tag.rsplit_once('[')) {
        Some((process, pid)) => (process, pid),
        None => (tag, ""),
    };
    (process, pid, message.trim_start())
}

/// Whether a line begins as one of syslog.
pub(super) fn is_line(line: &[u8]) -> bool {
    let clock = Clock { year: 2024, month: 12, zone: TimeZone::UTC };
    let text = String::from_utf8_lossy(line);
    head(&text, &clock).is_ok_and(|head| !head.process.is_empty())
}

/// What rsyslog folded: `message repeated 3 times: [ the message]`.
pub(super) fn unfold(message: &str) -> Option<(u32, &str)> {
    let (count, rest) = message.strip_prefix("message repeated ")?.split_once(" times: [")?;
    Some((count.parse().ok()?, rest.strip_suffix(']')?.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(reference: &str, zone: &str) -> Clock {
        Clock::new(Timestamp::parse(reference).unwrap(), &TimeZone::get(zone).unwrap())
    }

    fn at(line: &str, clock: &Clock) -> String {
        head(line, clock).unwrap().at.to_string()
    }

    #[test]
    fn years_and_zones_come_from_the_reference() {
        let berlin = clock("2026-03-05T10:00:00Z", "Europe/Berlin");
        let line = |date: &str| format!("{date} 12:11:15 web-1 sshd[1]: x");
        assert_eq!(at(&line("Mar  5"), &berlin), "2026-03-05T11:11:15Z");
        assert_eq!(at(&line("Jan 31"), &berlin), "2026-01-31T11:11:15Z");
        // A later day of this month stays where it says; a later month was last year.
        assert_eq!(at(&line("Mar 31"), &berlin), "2026-03-31T10:11:15Z");
        assert_eq!(at(&line("Dec 31"), &berlin), "2025-12-31T11:11:15Z");
        // Only leap years have this day.
        assert_eq!(at(&line("Feb 29"), &berlin), "2024-02-29T11:11:15Z");
        // The reference is a new year in its own zone.
        let tokyo = clock("2025-12-31T15:30:00Z", "Asia/Tokyo");
        assert_eq!(at(&line("Jan  1"), &tokyo), "2026-01-01T03:11:15Z");
        // 02:30 came twice, and once it did not come.
        let twice = "Oct 25 02:30:00 web-1 x: y";
        assert_eq!(
            at(twice, &clock("2026-11-01T00:00:00Z", "Europe/Berlin")),
            "2026-10-25T00:30:00Z"
        );
        let never = "Mar 29 02:30:00 web-1 x: y";
        assert_eq!(
            at(never, &clock("2026-04-01T00:00:00Z", "Europe/Berlin")),
            "2026-03-29T01:30:00Z"
        );
    }

    #[test]
    fn both_forms_are_taken_apart() {
        let utc = clock("2026-11-21T00:00:00Z", "UTC");
        for line in [
            "2026-11-10T12:11:15.123456+01:00 web-1 sshd[22]: Accepted x",
            "<38>2026-11-10T11:11:15.123Z web-1 sshd[22]: Accepted x",
        ] {
            let head = head(line, &utc).unwrap();
            assert_eq!(head.at, Timestamp(1_794_309_075_123));
            assert_eq!((head.host, head.process, head.pid), ("web-1", "sshd", "22"));
            assert_eq!(head.message, "Accepted x");
        }
        let folded = head("Nov 10 11:11:15 web-1 last message repeated 2 times", &utc).unwrap();
        assert_eq!((folded.process, folded.message), ("", "last message repeated 2 times"));
        assert_eq!(head("Nov 31 11:11:15 web-1 x: y", &utc), Err(NoHead::Time));
        assert_eq!(head("Nov 10 11:11:75 web-1 x: y", &utc), Err(NoHead::Time));
        assert_eq!(head("Nov 10 11:11:15 web-1", &utc), Err(NoHead::Rest));
        assert_eq!(head("2026-11-10 11:11:15 web-1 x: y", &utc), Err(NoHead::Time));
        assert!(!is_line(b"Nov 10 11:11:15 web-1 no program"));
    }

    #[test]
    fn folded_lines_are_unfolded() {
        assert_eq!(unfold("message repeated 3 times: [ Failed x]"), Some((3, "Failed x")));
        assert_eq!(unfold("message repeated x times: [ Failed x]"), None);
    }
}
