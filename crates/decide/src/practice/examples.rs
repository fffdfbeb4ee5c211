//! The tests inside a practice: a time, a ring, what is known of the rings, and what has to come of
//! one update there.

use holdfast_model::{Place, Problem, Timestamp};
use holdfast_rulefile::{Decoder, Node, suggest};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::window::{instant, time_of_day};
use super::{Failed, Practice, Reached, Ring, RingState, Rings, Soaked, Turn};

/// The update that examples are about.
const UPDATE: &str = "example 2";

/// A time of day on a day.
type Civil = (Date, Time);

/// What has to come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The ring gets the update.
    Start,
    /// It does later.
    Wait,
    /// It does not before somebody has looked.
    Stop,
}

impl Then {
    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Wait => "wait",
            Self::Stop => "stop",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Start, Self::Wait, Self::Stop].into_iter().find(|one| one.word() == word)
    }
}

/// One example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticeExample {
    /// When, in the zone of the practice.
    at: Civil,
    /// When the update was first seen; a year before where it is not said.
    seen: Option<Civil>,
    ring: String,
    passed: Vec<(String, Civil)>,
    failed: Vec<(String, Civil)>,
    pending: Vec<String>,
    not_needed: Vec<String>,
    then: Then,
    place: Place,
}

impl PracticeExample {
    pub(super) fn read_all(decoder: &mut Decoder<'_>, node: &Node, rings: &[Ring]) -> Vec<Self> {
        let nodes = decoder.list(node).unwrap_or_default();
        nodes.iter().filter_map(|node| Self::read(decoder, node, rings)).collect()
    }

    fn read(decoder: &mut Decoder<'_>, node: &Node, rings: &[Ring]) -> Option<Self> {
        let mut table = decoder.map(node)?;
        let at = table.required(decoder, "at").and_then(|node| civil(decoder, node));
        let seen = table.optional("seen").and_then(|node| civil(decoder, node));
        let ring = table.required(decoder, "ring").and_then(|node| ring(decoder, node, rings));
        let mut timed = |decoder: &mut Decoder<'_>, key: &'static str| {
            let Some(inner) = table.optional(key).and_then(|node| decoder.map(node)) else {
                return Vec::new();
            };
            let pairs = inner.pairs().iter();
            let read = |(name, time): &(Node, Node)| {
                Some((self::ring(decoder, name, rings)?, civil(decoder, time)?))
            };
            pairs.filter_map(read).collect::<Vec<_>>()
        };
        let passed = timed(decoder, "passed");
        let failed = timed(decoder, "failed");
        let mut named = |decoder: &mut Decoder<'_>, key: &'static str| {
            let items = table.optional(key).and_then(|node| decoder.list(node));
            let items = items.unwrap_or_default().iter();
            items.filter_map(|item| self::ring(decoder, item, rings)).collect::<Vec<_>>()
        };
        let pending = named(decoder, "pending");
        let not_needed = named(decoder, "not_needed");
        let words = [Then::Start.word(), Then::Wait.word(), Then::Stop.word()];
        let then = table
            .required(decoder, "then")
            .and_then(|node| decoder.word(node, &words, Then::parse));
        table.finish(decoder);
        Some(Self {
            at: at?,
            seen,
            ring: ring?,
            passed,
            failed,
            pending,
            not_needed,
            then: then?,
            place: node.place.clone(),
        })
    }

    /// What is known of the rings in it, as a practice is asked.
    fn known(&self, at: Timestamp, zone: &TimeZone) -> Option<Rings> {
        let mut known = Rings::new();
        for name in &self.not_needed {
            known.entry(name.clone()).or_default();
        }
        for name in &self.pending {
            let state = known.entry(name.clone()).or_default();
            state.updates.insert(UPDATE.into(), Reached::Pending);
        }
        for (name, (date, time)) in &self.passed {
            let since = Reached::Since(instant(*date, *time, zone)?);
            known.entry(name.clone()).or_default().updates.insert(UPDATE.into(), since);
        }
        for (name, (date, time)) in &self.failed {
            let failed = Failed { at: instant(*date, *time, zone)?, why: "an example".to_owned() };
            known.entry(name.clone()).or_default().failed = Some(failed);
        }
        for state in known.values_mut() {
            *state = RingState { hosts: 1, looked: Some(at), ..std::mem::take(state) };
        }
        Some(known)
    }

    /// What is wrong with what the practice makes of it; `None` where it comes out as it says.
    fn run(&self, practice: &Practice) -> Option<Problem> {
        let found = self.came_of(practice)?;
        if found == self.then {
            return None;
        }
        let message = format!(
            "`{}` comes to {} here, and the example says {}",
            self.ring,
            found.word(),
            self.then.word()
        );
        let help = "change the example if the rings are right, or the rings if it is right";
        Some(Problem::at("rule-test", self.place.clone(), message).help(help))
    }

    fn came_of(&self, practice: &Practice) -> Option<Then> {
        let zone = practice.zone(&TimeZone::UTC);
        let at = instant(self.at.0, self.at.1, &zone)?;
        let seen = match self.seen {
            Some((date, time)) => instant(date, time, &zone)?,
            None => Timestamp(at.0.saturating_sub(365 * 86_400_000)),
        };
        let known = self.known(at, &zone)?;
        let ring = practice.ring(&self.ring)?;
        Some(match practice.turn(ring, &known, at, &zone, false) {
            Turn::Stopped { .. } => Then::Stop,
            Turn::Wait { .. } => Then::Wait,
            Turn::Open(_) => match practice.soaked(ring, UPDATE, seen, &known, at) {
                Soaked::Yes => Then::Start,
                Soaked::At { .. } | Soaked::After { .. } => Then::Wait,
            },
        })
    }
}

/// `2026-03-10 02:30`.
fn civil(decoder: &mut Decoder<'_>, node: &Node) -> Option<Civil> {
    let text = decoder.text(node)?;
    let read = || {
        let (date, time) = text.trim().split_once(' ')?;
        Some((date.parse::<Date>().ok()?, time_of_day(time)?))
    };
    let civil = read();
    if civil.is_none() {
        let shown: String = text.chars().take(60).collect();
        let help = "write a day and a time of day, such as \"2026-03-10 02:30\"";
        decoder.refuse("rule-value", node, format!("`{shown}` is no time"), help);
    }
    civil
}

/// A ring of this file.
fn ring(decoder: &mut Decoder<'_>, node: &Node, rings: &[Ring]) -> Option<String> {
    let text = decoder.text(node)?;
    if rings.iter().any(|ring| ring.name == text) {
        return Some(text.to_owned());
    }
    let names = rings.iter().map(|ring| ring.name.as_str());
    let help = suggest(text, names).map_or_else(
        || "write the name of a ring of this file".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    let shown: String = text.chars().take(60).collect();
    decoder.refuse("rule-value", node, format!("no ring is called `{shown}`"), help);
    None
}

/// Runs the examples of a practice; one without examples is refused.
pub fn run_practice_tests(practice: &Practice) -> Vec<Problem> {
    if practice.examples.is_empty() {
        let message = format!("`{}` has no examples", practice.id);
        let help = "add `tests:` with `{at: \"2026-03-10 02:30\", ring: …, then: start}`";
        return vec![Problem::at("practice-untested", practice.place.clone(), message).help(help)];
    }
    practice.examples.iter().filter_map(|example| example.run(practice)).collect()
}
