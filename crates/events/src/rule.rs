//! A rule: what is asked of a record, and what people are told where it holds.

use std::sync::Arc;

use holdfast_model::{Alert, Event, LogSource, Place, Severity, Timestamp};
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use crate::check::Example;
use crate::detection::{Asked, Mark};

/// One Sigma rule, with what `holdfast:` adds to it.
#[derive(Debug)]
pub struct Rule {
    /// Its `id`; else the stem of its file.
    pub id: Arc<str>,
    /// What happened, as a headline. Where it begins with `Somebody `, that word stands for who
    /// did it.
    pub title: String,
    /// Why it matters.
    pub description: String,
    /// By what its alerts are joined with those of others; else its id.
    pub family: Arc<str>,
    /// How soon somebody should look.
    pub severity: Severity,
    /// Sigma's own word, from which `severity` follows where the rule names none.
    pub level: Option<Level>,
    /// What also looks like this and is well, in words.
    pub falsepositives: Vec<String>,
    /// What to do about it; whatever is `now` has one.
    pub runbook: String,
    /// Pages about it.
    pub references: Vec<String>,
    /// Which records it reads.
    pub source: Source,
    /// Whether it speaks of people only.
    pub person: bool,
    /// The hours of which alone it speaks.
    pub hours: Option<Hours>,
    /// The tests inside it.
    pub examples: Vec<Example>,
    /// Where it begins; the path is the rule's file.
    pub place: Place,
    pub(crate) asked: Asked,
    pub(crate) marks: Vec<Mark>,
}

/// Sigma's five words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For tagging, never for alarm.
    Informational,
    /// Rarely worth a look.
    Low,
    /// Worth a look.
    Medium,
    /// Worth a prompt look.
    High,
    /// An incident until somebody says otherwise.
    Critical,
}

impl Level {
    /// The words, least first.
    pub const WORDS: [&'static str; 5] = ["informational", "low", "medium", "high", "critical"];

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "informational" => Self::Informational,
            "low" => Self::Low,
            "medium" => Self::Medium,
            "high" => Self::High,
            "critical" => Self::Critical,
            _ => return None,
        })
    }

    /// What it means here. `now` wakes somebody, and nobody is woken without being told what to
    /// do: without a runbook the greatest is `soon`. Rules whose authors expect false alarms
    /// (medium and below) wait.
    pub fn severity(self, runbook: bool) -> Severity {
        match self {
            Self::Critical if runbook => Severity::Now,
            Self::Critical | Self::High => Severity::Soon,
            Self::Medium | Self::Low | Self::Informational => Severity::WhenYouCan,
        }
    }
}

/// The log source of a rule: what it does not name may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// `aws`.
    pub product: Option<String>,
    /// `cloudtrail`.
    pub service: Option<String>,
    /// `process_creation`.
    pub category: Option<String>,
}

impl Source {
    /// Whether records of a log are meant.
    pub fn takes(&self, log: LogSource) -> bool {
        let same = |wanted: &Option<String>, is: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(is))
        };
        same(&self.product, log.product)
            && same(&self.service, log.service)
            && same(&self.category, log.category)
    }
}

/// Hours of the day in a place.
#[derive(Debug, Clone)]
pub struct Hours {
    /// The first of them.
    pub from: Time,
    /// The first that is none of them; before `from` where they go over midnight.
    pub until: Time,
    /// Whether all of Saturday and Sunday counts too.
    pub weekend: bool,
    /// Whose clock; the owner's where the rule names none.
    pub zone: Option<TimeZone>,
}

impl Hours {
    /// Whether a time is one of them.
    pub fn hold(&self, at: Timestamp, home: &TimeZone) -> bool {
        let Ok(at) = jiff::Timestamp::from_millisecond(at.0) else { return false };
        let there = self.zone.as_ref().unwrap_or(home).to_datetime(at);
        if self.weekend && matches!(there.weekday(), Weekday::Saturday | Weekday::Sunday) {
            return true;
        }
        let time = there.time();
        if self.from <= self.until {
            self.from <= time && time < self.until
        } else {
            time >= self.from || time < self.until
        }
    }
}

impl Rule {
    /// The file it stands in.
    pub fn file(&self) -> &Arc<str> {
        &self.place.path
    }

    /// Whether what a record does not say by itself fits too: people only, odd hours only.
    pub(crate) fn fits(&self, person: bool, at: Timestamp, home: &TimeZone) -> bool {
        (person || !self.person) && self.hours.as_ref().is_none_or(|hours| hours.hold(at, home))
    }

    /// The alert about an event whose record the rule matched; `None` where the rule speaks of
    /// people only, or of hours only, and this is none. `home` is the owner's time zone.
    pub fn alert(&self, event: Event, home: &TimeZone) -> Option<Alert> {
        self.fits(event.actor.person, event.at, home).then(|| Alert {
            rule: Arc::clone(&self.id),
            title: self.title.clone(),
            family: Arc::clone(&self.family),
            severity: self.severity,
            event,
            expected_by: None,
            although: String::new(),
        })
    }
}
