//! Times on a page: relative in lists, absolute in records, always with the zone within reach.
//!
//! Knows how a moment is said. Must not know a clock: now is an argument.

use holdfast_model::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::text::counted;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Now, and the zone in which it is said.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
}

impl Clock {
    /// A moment as people near it say it: "2 h ago", "in 3 days"; the full time on hover.
    pub(super) fn near(&self, time: Timestamp) -> Markup {
        element(time, &self.full(time), &self.distance(time))
    }

    /// A moment to the minute, with its zone: "2026-11-20 14:03 CET".
    pub(super) fn absolute(&self, time: Timestamp) -> Markup {
        element(time, &written(time, &TimeZone::UTC), &self.full(time))
    }

    /// The day at whose end something is due; a day ends at 24:00, which is the next day's 0:00.
    pub(super) fn due(&self, due: Timestamp) -> Markup {
        element(due, &self.full(due), &self.due_words(due))
    }

    /// Whether that day is over.
    pub(super) fn is_late(&self, due: Timestamp) -> bool {
        due <= self.now
    }

    /// The words of [`Self::due`].
    fn due_words(&self, due: Timestamp) -> String {
        let last = zoned(Timestamp(due.0.saturating_sub(1)), &self.zone);
        let today = zoned(self.now, &self.zone);
        let days = today.date().until(last.date()).map_or(0, |span| i64::from(span.get_days()));
        if self.is_late(due) {
            let late = counted(u64::try_from((-days).max(1)).unwrap_or(1), "day", "days");
            return format!("{late} late");
        }
        match days {
            ..=0 => "today".to_owned(),
            1 => "tomorrow".to_owned(),
            2..=300 => format!("by {}", last.strftime("%-d %b")),
            _ => format!("by {}", last.strftime("%-d %b %Y")),
        }
    }

    fn full(&self, time: Timestamp) -> String {
        written(time, &self.zone)
    }

    /// How far away a moment is, in one unit.
    pub(super) fn distance(&self, time: Timestamp) -> String {
        let away = time.0.saturating_sub(self.now.0);
        let span = away.saturating_abs();
        let words = match span {
            ..MINUTE if away <= 0 => return "just now".to_owned(),
            ..MINUTE => return "in less than a minute".to_owned(),
            MINUTE..HOUR => format!("{} min", span / MINUTE),
            HOUR..DAY => format!("{} h", span / HOUR),
            _ => counted(u64::try_from(span / DAY).unwrap_or_default(), "day", "days"),
        };
        if away < 0 { format!("{words} ago") } else { format!("in {words}") }
    }

    /// A day of the calendar, for a field in which one is asked for.
    pub(super) fn day(&self, days_from_now: u32) -> String {
        zoned(self.now.plus_days(days_from_now), &self.zone).strftime("%Y-%m-%d").to_string()
    }

    /// A moment on this day: "14:12 CET", or with its date on another one.
    pub(super) fn clock_time(&self, time: Timestamp) -> Markup {
        let (then, now) = (zoned(time, &self.zone), zoned(self.now, &self.zone));
        let form = if then.date() == now.date() { "%H:%M %Z" } else { "%-d %b, %H:%M %Z" };
        element(time, &self.full(time), &then.strftime(form).to_string())
    }
}

/// A moment of the record, to the second, in UTC.
pub(super) fn recorded(time: Timestamp) -> Markup {
    let words = zoned(time, &TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    html! { time datetime=(time) { (words) } }
}

fn written(time: Timestamp, zone: &TimeZone) -> String {
    zoned(time, zone).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

fn zoned(time: Timestamp, zone: &TimeZone) -> jiff::Zoned {
    // What jiff cannot hold (beyond the year 9999) is shown as the beginning of time rather than
    // not at all.
    jiff::Timestamp::from_millisecond(time.0).unwrap_or_default().to_zoned(zone.clone())
}

fn element(time: Timestamp, title: &str, words: &str) -> Markup {
    html! { time datetime=(time) title=(title) { (words) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock {
            now: Timestamp::parse("2026-11-20T13:03:00Z").unwrap(),
            zone: TimeZone::fixed(jiff::tz::offset(1)),
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn distances_have_one_unit() {
        let clock = clock();
        for (time, words) in [
            ("2026-11-20T13:02:30Z", "just now"),
            ("2026-11-20T12:51:00Z", "12 min ago"),
            ("2026-11-20T11:00:00Z", "2 h ago"),
            ("2026-11-19T12:00:00Z", "1 day ago"),
            ("2026-11-23T13:03:00Z", "in 3 days"),
            ("2026-11-20T13:03:20Z", "in less than a minute"),
        ] {
            assert_eq!(clock.distance(at(time)), words, "{time}");
        }
        assert!(clock.distance(Timestamp(i64::MIN)).ends_with("ago"));
        assert!(clock.distance(Timestamp(i64::MAX)).starts_with("in "));
    }

    #[test]
    fn a_day_ends_at_its_midnight() {
        let clock = clock();
        // 23:00 UTC is 24:00 one hour further east.
        for (due, words) in [
            ("2026-11-20T23:00:00Z", "today"),
            ("2026-11-21T23:00:00Z", "tomorrow"),
            ("2026-11-24T23:00:00Z", "by 24 Nov"),
            ("2027-12-24T23:00:00Z", "by 24 Dec 2027"),
            ("2026-11-19T23:00:00Z", "1 day late"),
            ("2026-11-17T23:00:00Z", "3 days late"),
        ] {
            assert_eq!(clock.due_words(at(due)), words, "{due}");
        }
    }

    #[test]
    fn times_carry_their_zone() {
        let clock = clock();
        let shown = clock.absolute(at("2026-11-20T11:00:00Z")).0;
        assert!(shown.contains("2026-11-20 12:00 +01"), "{shown}");
        assert!(shown.contains("datetime=\"2026-11-20T11:00:00Z\""), "{shown}");
        assert!(recorded(at("2026-11-20T11:00:00Z")).0.contains("2026-11-20 11:00:00 UTC"));
        assert_eq!(clock.day(90), "2027-02-18");
    }
}
