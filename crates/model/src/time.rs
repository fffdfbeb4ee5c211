//! Times are UTC milliseconds; rooms get them as arguments and never ask a clock.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads an RFC 3339 time, or a date, which means its first instant in UTC.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Some(Self(time.as_millisecond()));
        }
        let date: jiff::civil::Date = text.parse().ok()?;
        let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(zoned.timestamp().as_millisecond()))
    }

    /// The end (24:00) of a civil date in a zone: dates that people write include their day.
    pub fn end_of(date: jiff::civil::Date, zone: &jiff::tz::TimeZone) -> Option<Self> {
        let zoned = date.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
        Some(Self(zoned.timestamp().as_millisecond()))
    }

    /// Later by whole days of 24 hours.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(i64::from(days) * 86_400_000))
    }

    /// The civil date in UTC, as `2026-11-21`.
    pub fn date(self) -> String {
        self.to_string().split('T').next().unwrap_or_default().to_owned()
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, to the second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        write!(f, "{}", time.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_ends_at_midnight_of_its_zone() {
        let date = jiff::civil::date(2027, 1, 31);
        let utc = Timestamp::end_of(date, &jiff::tz::TimeZone::UTC);
        assert_eq!(utc.map(|t| t.to_string()).as_deref(), Some("2027-02-01T00:00:00Z"));
        let berlin = jiff::tz::TimeZone::get("Europe/Berlin").ok();
        let end = berlin.and_then(|zone| Timestamp::end_of(date, &zone));
        assert_eq!(end.map(|t| t.to_string()).as_deref(), Some("2027-01-31T23:00:00Z"));
    }

    #[test]
    fn both_forms_are_read() {
        assert_eq!(Timestamp::parse("1970-01-02"), Some(Timestamp(86_400_000)));
        assert_eq!(Timestamp::parse("1970-01-01T00:00:01Z"), Some(Timestamp(1000)));
        assert_eq!(Timestamp::parse("soon"), None);
    }
}
