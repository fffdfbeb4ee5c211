//! Goals: "half of everything urgent is mended within 7 days by the end of the year".
//!
//! People read "goal", code and folders say objective. Knows spells and how goals are written;
//! must not know who is to blame.
//!
//! A goal looks at the spells that began before the end of its last day (and not before `since`,
//! where it says one), cut at that end, so that its verdict no longer changes afterwards. The
//! share that is mended within the wanted time is the Kaplan–Meier estimate: what is still open
//! counts for as long as it was watched.

mod read;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use holdfast_model::{Digest, Timestamp};
use holdfast_rulefile::{Condition, Field, FieldValue, Kind, Schema, Truth};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::spell::{End, Profile, Spell, days};
use crate::survival::{Curve, Estimate, Time};
use crate::words::{counted, percent};

/// Every goal that came along, as an example: its file below the root of the project, and the whole of
/// it.
pub const OBJECTIVES: &[(&str, &str)] = &[(
    "rules/objective/urgent-in-a-week.yaml",
    include_str!("../../../rules/objective/urgent-in-a-week.yaml"),
)];

/// How many fixes a verdict needs.
///
/// It is the number from which the interval of a share reaches at most [`WIDEST`] to each side,
/// even where the share is one half and the interval at its widest: z² · ½ · ½ / 0.22² = 19.8.
pub const FIXES_NEEDED: usize = 20;

/// How far the interval of a share may reach to each side of it.
pub const WIDEST: f64 = 0.22;

/// What the conditions of goals may ask: the words of our rules for acting, as far as a finding's
/// history knows them.
pub const SCHEMA: Schema<'static> = Schema {
    fields: &[
        field("finding.kind", Kind::Enum(KINDS), "the kind of finding"),
        field("finding.severity", Kind::Ordered(&["when you can", "soon", "now"]), "its urgency"),
        field("finding.exploited", Kind::Bool, "known to be exploited"),
        field("finding.direct", Kind::Bool, "asked for by the project itself"),
        field("finding.dev", Kind::Bool, "used only while developing"),
        field("finding.fix", Kind::Enum(&["safe", "risky", "none"]), "the known fix"),
        field("finding.weakness", Kind::Text, "the name of the known problem"),
        field("finding.subject", Kind::Text, "the package"),
        field("look.standing", Kind::Enum(&["trunk", "deployed"]), "the copy looked at"),
    ],
};

const KINDS: &[&str] =
    &["package", "control", "code", "secret", "guardrail", "feed", "event", "foreign"];

const fn field(name: &'static str, kind: Kind, help: &'static str) -> Field {
    Field::new(name, kind, help)
}

/// A length of time as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Within {
    hours: u32,
}

impl Within {
    /// In days.
    pub fn days(self) -> f64 {
        f64::from(self.hours) / 24.0
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = match self.hours {
            hours if hours % 24 == 0 => (hours / 24, "day"),
            hours => (hours, "hour"),
        };
        write!(f, "{count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}

/// A goal.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// Its name in commands and addresses.
    pub id: String,
    /// What it wants, as a sentence.
    pub title: String,
    /// Which findings it is about; `None` for all of them.
    pub of: Option<Condition>,
    /// Whose findings it is about; `None` for everybody's.
    pub team: Option<String>,
    /// The wanted share, above 0 and at most 1.
    pub share: f64,
    /// The wanted time.
    pub within: Within,
    /// The first day that counts; `None` for everything that is recorded.
    pub since: Option<Date>,
    /// The last day.
    pub by: Date,
    /// The file that it was read from.
    pub digest: Digest,
}

/// What is said of a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is met; before its last day: so far.
    Kept,
    /// Its last day is over, and it is not met.
    Missed,
    /// There is time left, and it is not met yet (or not surely).
    OnTheWay,
    /// Too few findings are mended, or have outlived the wanted time, to say anything.
    NotEnough,
}

impl Verdict {
    /// The words for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Missed => "missed",
            Self::OnTheWay => "on the way",
            Self::NotEnough => "not enough data",
        }
    }
}

/// How a goal stands at some time.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The share that is mended within the wanted time, with its interval.
    pub share: Estimate,
    /// How many spells it is about.
    pub spells: usize,
    /// How many were mended within the wanted time.
    pub in_time: usize,
    /// How many were mended later, or were not mended when the wanted time was over.
    pub too_late: usize,
    /// How many are open, and their wanted time is not over.
    pub waiting: usize,
    /// How many it is about only because nobody knows what its condition asks.
    pub unclear: usize,
    /// The verdict as a sentence.
    pub sentence: String,
}

impl Goal {
    /// Whether it is about a finding. Unknown where a field that decides is not known.
    pub fn covers(&self, profile: &Profile) -> Truth {
        let team = self.team.as_ref().is_none_or(|team| **team == *profile.team);
        let of = self.of.as_ref().map_or(Truth::Yes, |of| of.holds(&|name| value(name, profile)));
        Truth::of(team).and(of)
    }

    /// What it wants, in a sentence without a final stop.
    pub fn in_words(&self) -> String {
        let team = self.team.as_ref().map(|team| format!(" of {team}")).unwrap_or_default();
        let of = self.of.as_ref().map(|of| format!(" where `{of}`")).unwrap_or_default();
        let share = percent(self.share);
        let since = self.since.map(|day| format!("from {day} ")).unwrap_or_default();
        let (within, by) = (self.within, self.by);
        format!("Of all findings{team}{of}, {share} are mended within {within}, {since}until {by}")
    }

    /// Judges it by what is known at `now`. `zone` says when its days begin and end.
    ///
    /// The interval decides: with its lower end at the wanted share or above the goal is kept.
    /// After the last day the estimate itself decides where the interval holds the wanted share,
    /// and the sentence says that it was close.
    pub fn judge(&self, spells: &[Spell], zone: &TimeZone, now: Timestamp) -> Judgement {
        let end = Timestamp::end_of(self.by, zone).unwrap_or(Timestamp(i64::MAX));
        let start = self.since.and_then(|day| day.yesterday().ok());
        let start = start.and_then(|day| Timestamp::end_of(day, zone));
        let cut = now.min(end);
        let mut counts = Counts::default();
        let mut times = Vec::new();
        for spell in spells {
            let began = spell.from >= start.unwrap_or(Timestamp(i64::MIN));
            if !began || spell.from >= cut || spell.entry >= cut {
                continue;
            }
            match self.covers(&spell.profile) {
                Truth::Yes => {}
                Truth::No => continue,
                // Never silently left out: what may be urgent counts.
                Truth::Unknown => counts.unclear += 1,
            }
            times.push(counts.add(spell, self.within.days(), cut));
        }
        let curve = Curve::of(times.iter().copied());
        let share = curve.left_after(self.within.days()).rest();
        let over = now >= end;
        let verdict = match () {
            () if counts.told() < FIXES_NEEDED => Verdict::NotEnough,
            () if share.low >= self.share => Verdict::Kept,
            () if over && share.high >= self.share && share.share >= self.share => Verdict::Kept,
            () if over => Verdict::Missed,
            () => Verdict::OnTheWay,
        };
        Judgement {
            verdict,
            share,
            spells: times.len(),
            in_time: counts.in_time,
            too_late: counts.too_late,
            waiting: counts.waiting,
            unclear: counts.unclear,
            sentence: self.sentence(verdict, share, &counts, over),
        }
    }

    fn sentence(&self, verdict: Verdict, share: Estimate, counts: &Counts, over: bool) -> String {
        let by = self.by;
        let wanted = percent(self.share);
        let within = self.within;
        let found = format!(
            "{} is mended within {within} ({} to {})",
            percent(share.share),
            percent(share.low),
            percent(share.high)
        );
        let close = share.low < self.share && self.share <= share.high;
        let mut text = match verdict {
            Verdict::NotEnough => {
                let told = counts.told();
                let fixes = format!("{told} of about {FIXES_NEEDED} fixes");
                let late = counts.too_late;
                let detail = match (late, counts.waiting) {
                    (0, 0) => String::new(),
                    (late, 0) => format!("; {late} not within {within}"),
                    (0, open) => format!("; {open} still open, with time left"),
                    (late, open) => {
                        format!("; {late} not within {within}, {open} still open, with time left")
                    }
                };
                format!("not enough data: {fixes}{detail}")
            }
            Verdict::Kept if over => format!("kept: {found}, and {wanted} was wanted by {by}"),
            Verdict::Kept => format!("kept so far: {found}, and {wanted} is wanted by {by}"),
            Verdict::Missed => format!("missed: {found}, and {wanted} was wanted by {by}"),
            Verdict::OnTheWay => format!("on the way: {found}, and {wanted} is wanted by {by}"),
        };
        if over && close && verdict != Verdict::NotEnough {
            text.push_str("; it was close");
        }
        if counts.unclear > 0 {
            let unclear = counted(counts.unclear, "finding");
            let verb = if counts.unclear == 1 { "is" } else { "are" };
            // Writing to a string cannot fail.
            let _ = write!(text, "; {unclear} {verb} counted though not everything asked is known");
        }
        text
    }
}

/// What became of the spells of a goal.
#[derive(Debug, Default)]
struct Counts {
    in_time: usize,
    too_late: usize,
    waiting: usize,
    unclear: usize,
}

impl Counts {
    /// Whose fate in the wanted time is known.
    fn told(&self) -> usize {
        self.in_time + self.too_late
    }

    /// Counts a spell as it was known at `cut`.
    fn add(&mut self, spell: &Spell, wanted: f64, cut: Timestamp) -> Time {
        let mended = spell.mended() && spell.to <= cut;
        let took = days(spell.from, spell.to.min(cut));
        let late_entry = days(spell.from, spell.entry);
        match () {
            // It came under watch after the wanted time, and says nothing about it.
            () if late_entry >= wanted && late_entry > 0.0 => {}
            () if mended && took <= wanted => self.in_time += 1,
            () if took > wanted => self.too_late += 1,
            () if spell.end == End::Open || spell.to > cut => self.waiting += 1,
            // Accepted, or no longer watched.
            () => {}
        }
        Time::late(late_entry, took, mended)
    }
}

/// The value of a field; `None` where it is not known.
fn value<'p>(name: &str, profile: &'p Profile) -> Option<FieldValue<'p>> {
    Some(match name {
        "finding.kind" => FieldValue::text(profile.kind.word()),
        "finding.severity" => FieldValue::text(profile.severity.word()),
        "finding.exploited" => FieldValue::Bool(profile.exploited),
        "finding.direct" => FieldValue::Bool(profile.direct?),
        "finding.dev" => FieldValue::Bool(profile.dev),
        "finding.fix" => FieldValue::text(profile.fix.word()),
        "finding.weakness" => {
            let names = std::iter::once(&profile.weakness.0).chain(&profile.aliases);
            FieldValue::Texts(names.map(|name| Cow::Borrowed(&**name)).collect())
        }
        "finding.subject" => FieldValue::text(&*profile.subject),
        "look.standing" => FieldValue::text(profile.standing.word()),
        _ => return None,
    })
}
