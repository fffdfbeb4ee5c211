//! When hosts may be changed: from one time of day to another, on some days, in a time zone.

use std::fmt;

use holdfast_model::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

/// How many days are looked ahead: a clock may jump over the one night of a week.
const LOOKED_AHEAD: usize = 22;

/// The days of the week, as files name them.
pub(super) const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// From one time of day to another; where the other is not later, to that of the next day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    from: Time,
    to: Time,
    /// On which days it begins; on each if empty.
    days: Vec<Weekday>,
}

/// One time that a window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant that is too late.
    pub until: Timestamp,
}

impl Window {
    /// A window; `None` where it would end as it begins. Without days it begins on each.
    pub fn new(from: Time, to: Time, days: Vec<Weekday>) -> Option<Self> {
        (from != to).then_some(Self { from, to, days })
    }

    /// The opening at a time, where it is open then.
    pub fn open_at(&self, now: Timestamp, zone: &TimeZone) -> Option<Opening> {
        let today = date_of(now, zone)?;
        // What began before midnight may still be open.
        let days = [today.yesterday().ok(), Some(today)];
        let mut openings = days.into_iter().flatten().filter_map(|day| self.opening(day, zone));
        openings.find(|one| one.from <= now && now < one.until)
    }

    /// The first opening after a time.
    pub fn next(&self, now: Timestamp, zone: &TimeZone) -> Option<Opening> {
        let mut day = date_of(now, zone)?;
        for _ in 0..LOOKED_AHEAD {
            if let Some(one) = self.opening(day, zone).filter(|one| now < one.from) {
                return Some(one);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The opening that begins on a day. One that the clock jumps over does not open at all; where
    /// it is set back, a window is open for longer.
    fn opening(&self, day: Date, zone: &TimeZone) -> Option<Opening> {
        if !self.days.is_empty() && !self.days.contains(&day.weekday()) {
            return None;
        }
        let last = if self.from < self.to { day } else { day.tomorrow().ok()? };
        let (from, until) = (instant(day, self.from, zone)?, instant(last, self.to, zone)?);
        (from < until).then_some(Opening { from, until })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        write!(f, "{} to {}", clock(self.from), clock(self.to))?;
        if self.days.is_empty() {
            return f.write_str(" every day");
        }
        let named = DAYS.iter().filter(|(_, day)| self.days.contains(day));
        let names: Vec<&str> = named.map(|(name, _)| *name).collect();
        write!(f, " on {}", names.join(", "))
    }
}

fn date_of(now: Timestamp, zone: &TimeZone) -> Option<Date> {
    let time = jiff::Timestamp::from_millisecond(now.0).ok()?;
    Some(time.to_zoned(zone.clone()).date())
}

/// The instant of a time of day; one that the clock jumps over is as much later.
pub(super) fn instant(day: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    let zoned = day.to_datetime(time).to_zoned(zone.clone()).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}

/// Reads `02:00`.
pub(super) fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str| {
        let two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        two.then(|| text.parse::<i8>().ok()).flatten()
    };
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

/// Reads `02:00 to 04:00`.
pub(super) fn times(text: &str) -> Option<(Time, Time)> {
    let (from, to) = text.split_once(" to ")?;
    Some((time_of_day(from)?, time_of_day(to)?))
}
