//! Moments as people say them.

use holdfast_model::{Problem, Timestamp};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// What a unit of a duration is called, and how many milliseconds it has.
const UNITS: [(&str, i64); 6] = [
    ("m", 60_000),
    ("min", 60_000),
    ("h", 3_600_000),
    ("hours", 3_600_000),
    ("d", 86_400_000),
    ("days", 86_400_000),
];

/// Reads an RFC 3339 time, a time of day (the next one in this zone), a date (its end), or a
/// duration from now such as `30m`, `2h`, `3 days`.
///
/// # Errors
///
/// Where it is none of them.
pub fn moment(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Problem> {
    let text = text.trim();
    let read = exact(text)
        .or_else(|| time_of_day(text, now, zone))
        .or_else(|| text.parse::<Date>().ok().and_then(|date| Timestamp::end_of(date, zone)))
        .or_else(|| duration(text).map(|length| Timestamp(now.0.saturating_add(length))));
    read.ok_or_else(|| {
        let shown: String = text.chars().take(60).collect();
        Problem::new("bad-time", format!("`{shown}` is no time"))
            .help("write `2h`, `17:30`, `2027-01-31` or `2027-01-31T17:30:00Z`")
    })
}

fn exact(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp(time.as_millisecond()))
}

fn time_of_day(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let (hour, minute) = text.split_once(':')?;
    let time = Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?;
    let here = jiff::Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone());
    let on = |date: Date| -> Option<Timestamp> {
        let zoned = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
        Some(Timestamp(zoned.timestamp().as_millisecond()))
    };
    on(here.date()).filter(|moment| *moment > now).or_else(|| on(here.date().tomorrow().ok()?))
}

fn duration(text: &str) -> Option<i64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let (number, unit) = (number.parse::<i64>().ok()?, unit.trim());
    let (_, length) =
        UNITS.iter().find(|(name, _)| *name == unit || name.strip_suffix('s') == Some(unit))?;
    number.checked_mul(*length).filter(|length| *length > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        // 2026-11-21T09:00:00Z, ten o'clock in Berlin.
        let now = Timestamp(1_795_251_600_000);
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for (text, read) in [
            ("30m", "2026-11-21T09:30:00Z"),
            ("2h", "2026-11-21T11:00:00Z"),
            ("3 days", "2026-11-24T09:00:00Z"),
            ("1 day", "2026-11-22T09:00:00Z"),
            ("11:15", "2026-11-21T10:15:00Z"),
            ("09:59", "2026-11-22T08:59:00Z"),
            ("2026-11-30", "2026-11-30T23:00:00Z"),
            ("2026-11-21T12:00:00+01:00", "2026-11-21T11:00:00Z"),
        ] {
            assert_eq!(moment(text, now, &zone).unwrap().to_string(), read, "{text}");
        }
        for wrong in
            ["", "soon", "25:00", "2 fortnights", "0h", "-2h", "99999999999999999999h", "é"]
        {
            assert_eq!(moment(wrong, now, &zone).unwrap_err().code, "bad-time", "{wrong}");
        }
    }
}
