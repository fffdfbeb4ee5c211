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

/// An hour of the calendar. One that the clocks run through twice is two, by its offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hour {
    pub(super) date: jiff::civil::Date,
    of_day: i8,
    offset: jiff::tz::Offset,
}

/// The names of a moment's day and hour in a time line.
impl Clock {
    /// The hour in which a moment lies.
    pub(super) fn hour(&self, time: Timestamp) -> Hour {
        let then = zoned(time, &self.zone);
        Hour { date: then.date(), of_day: then.hour(), offset: then.offset() }
    }

    /// "Saturday, 21 November 2026"; nearer days by what people call them.
    pub(super) fn day_words(&self, time: Timestamp) -> String {
        let (then, now) = (zoned(time, &self.zone), zoned(self.now, &self.zone));
        let date = then.strftime("%A, %-d %B %Y");
        match then.date().until(now.date()).map(|span| span.get_days()) {
            Ok(0) => format!("Today, {date}"),
            Ok(1) => format!("Yesterday, {date}"),
            _ => date.to_string(),
        }
    }

    /// "06:00 to 07:00 CET". An hour that the clocks run through twice has two names, by its zone.
    pub(super) fn hour_words(&self, time: Timestamp) -> String {
        let then = zoned(time, &self.zone);
        let hour = u32::try_from(then.hour()).unwrap_or_default();
        format!("{hour:02}:00 to {:02}:00 {}", (hour + 1) % 24, then.strftime("%Z"))
    }

    /// "06:41:07", where day and zone stand above; the full time on hover.
    pub(super) fn second(&self, time: Timestamp) -> Markup {
        let words = zoned(time, &self.zone).strftime("%H:%M:%S").to_string();
        element(time, &self.full(time), &words)
    }

    /// What the clocks here call their zone: "CET".
    pub(super) fn zone_name(&self) -> String {
        zoned(self.now, &self.zone).strftime("%Z").to_string()
    }

    /// A moment for a field that asks for one, so many hours from now, at the full hour.
    pub(super) fn local(&self, hours_from_now: i64) -> String {
        let then = Timestamp(self.now.0.saturating_add(hours_from_now.saturating_mul(HOUR)));
        zoned(then, &self.zone).strftime("%Y-%m-%dT%H:00").to_string()
    }
}

/// How long something took: "12 min", "3 h", "2 days"; less than a minute is "1 min".
pub(super) fn span(from: Timestamp, to: Timestamp) -> String {
    let took = to.0.saturating_sub(from.0).max(MINUTE);
    match took {
        ..HOUR => format!("{} min", took / MINUTE),
        HOUR..DAY => format!("{} h", took / HOUR),
        _ => counted(u64::try_from(took / DAY).unwrap_or_default(), "day", "days"),
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
    fn days_and_hours_have_names() {
        let clock = clock();
        assert_eq!(clock.day_words(at("2026-11-20T12:00:00Z")), "Today, Friday, 20 November 2026");
        // 23:30 UTC is the next day one hour further east.
        assert_eq!(clock.day_words(at("2026-11-19T23:30:00Z")), "Today, Friday, 20 November 2026");
        let yesterday = "Yesterday, Thursday, 19 November 2026";
        assert_eq!(clock.day_words(at("2026-11-19T22:30:00Z")), yesterday);
        assert_eq!(clock.day_words(at("2026-11-14T12:00:00Z")), "Saturday, 14 November 2026");
        assert_eq!(clock.hour_words(at("2026-11-20T22:10:00Z")), "23:00 to 00:00 +01");
        assert_eq!(clock.local(8), "2026-11-20T22:00");
        assert_eq!(span(at("2026-11-20T12:00:00Z"), at("2026-11-20T12:12:59Z")), "12 min");
        assert_eq!(span(at("2026-11-20T12:00:00Z"), at("2026-11-20T12:00:01Z")), "1 min");
        assert_eq!(span(at("2026-11-20T12:00:00Z"), at("2026-11-22T12:00:00Z")), "2 days");
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
