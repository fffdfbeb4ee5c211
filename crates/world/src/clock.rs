//! The clock: the only place that knows what time it is.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use holdfast_model::{Problem, Timestamp};
use jiff::tz::TimeZone;

/// Tells the time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now.
    fn now(&self) -> Timestamp;
    /// The zone in which people here write dates.
    fn zone(&self) -> TimeZone;
    /// How long this world has been open; never runs backwards, unaffected by `HOLDFAST_NOW`.
    fn elapsed(&self) -> Duration;
}

/// The machine's clock, or the one moment that `HOLDFAST_NOW` names.
#[derive(Debug)]
pub struct SystemClock {
    pinned: Option<Timestamp>,
    /// Found when it is first asked for.
    zone: OnceLock<TimeZone>,
    started: Instant,
}

impl SystemClock {
    /// The machine's clock; with the value of `HOLDFAST_NOW`, that moment for ever.
    pub fn new(pinned: Option<&str>) -> Result<Self, Problem> {
        let pinned = match pinned {
            None => None,
            Some(text) => Some(moment(text)?),
        };
        Ok(Self { pinned, zone: OnceLock::new(), started: Instant::now() })
    }
}

/// Only a full RFC 3339 time pins the clock: a date would leave the hour to chance.
fn moment(text: &str) -> Result<Timestamp, Problem> {
    text.parse::<jiff::Timestamp>().map(|time| Timestamp(time.as_millisecond())).map_err(|_| {
        Problem::new("bad-now", format!("`HOLDFAST_NOW` is no RFC 3339 time: `{text}`"))
            .help("write it as `2026-11-21T09:00:00Z`, or unset the variable")
    })
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        if let Some(pinned) = self.pinned {
            return pinned;
        }
        // A clock before 1970 is a broken clock; the epoch is the least wrong answer.
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn zone(&self) -> TimeZone {
        self.zone
            .get_or_init(|| linked(Path::new(LOCALTIME)).unwrap_or_else(TimeZone::system))
            .clone()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Where the zone of a system is kept (localtime(5)).
const LOCALTIME: &str = "/etc/localtime";

/// The zone that a link into the database names, read without a look at all others in there. `TZ` says
/// more than it, and is left to those who know its forms.
fn linked(path: &Path) -> Option<TimeZone> {
    if std::env::var_os("TZ").is_some() {
        return None;
    }
    let target = std::fs::read_link(path).ok()?;
    let (_, name) = target.to_str()?.split_once("zoneinfo/")?;
    TimeZone::tzif(name, &std::fs::read(path).ok()?).ok()
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct FixedClock {
    now: AtomicI64,
    began: Timestamp,
    zone: TimeZone,
}

impl FixedClock {
    /// Stands at a moment, in UTC.
    pub fn at(now: Timestamp) -> Self {
        Self { now: AtomicI64::new(now.0), began: now, zone: TimeZone::UTC }
    }

    /// The same in another zone.
    #[must_use]
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// Sets it.
    pub fn set(&self, now: Timestamp) {
        self.now.store(now.0, Ordering::SeqCst);
    }

    /// Moves it on, by whole milliseconds.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let now = self.now.load(Ordering::SeqCst);
        self.now.store(now.saturating_add(by), Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn zone(&self) -> TimeZone {
        self.zone.clone()
    }

    fn elapsed(&self) -> Duration {
        let passed = self.now().0.saturating_sub(self.began.0);
        Duration::from_millis(u64::try_from(passed).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_of_a_link_is_that_of_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("localtime");
        let database = Path::new("/usr/share/zoneinfo/Europe/Berlin");
        std::os::unix::fs::symlink(database, &link).unwrap();
        let found = linked(&link).filter(|_| database.exists());
        let wanted = TimeZone::get("Europe/Berlin").ok().filter(|_| found.is_some());
        assert_eq!(found, wanted);
        assert_eq!(linked(&folder.path().join("nothing")), None);
        // A copy does not say its name.
        std::fs::write(folder.path().join("copy"), b"TZif").unwrap();
        assert_eq!(linked(&folder.path().join("copy")), None);
    }

    #[test]
    fn a_pinned_clock_stands_still() {
        let clock = SystemClock::new(Some("2026-11-21T09:00:00+01:00")).unwrap();
        assert_eq!(clock.now().to_string(), "2026-11-21T08:00:00Z");
        assert_eq!(clock.now(), clock.now());
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["soon", "", "2026-11-21", "2026-11-21T09:00:00"] {
            let problem = SystemClock::new(Some(text)).unwrap_err();
            assert_eq!(problem.code, "bad-now", "{text}");
            assert_eq!(problem.message, format!("`HOLDFAST_NOW` is no RFC 3339 time: `{text}`"));
        }
    }

    #[test]
    fn the_machines_clock_is_past_the_writing_of_this_test() {
        let clock = SystemClock::new(None).unwrap();
        assert!(clock.now() > Timestamp::parse("2026-01-01").unwrap());
    }

    #[test]
    fn a_fixed_clock_moves_when_told() {
        let clock = FixedClock::at(Timestamp(1000));
        clock.advance(Duration::from_secs(2));
        assert_eq!((clock.now(), clock.elapsed()), (Timestamp(3000), Duration::from_secs(2)));
        clock.set(Timestamp(0));
        assert_eq!((clock.now(), clock.elapsed()), (Timestamp(0), Duration::ZERO));
    }
}
