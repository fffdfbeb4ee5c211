//! What is odd about the records of one log although each of them was read: told once for a log,
//! with the first place and how often.
//!
//! Knows times of events and problems of records; knows no format.

use holdfast_model::{Event, Place, Problem, Timestamp};

/// How far ahead of now an event may be, in milliseconds. Clocks differ, and a line without a zone
/// is read as one of ours: a log from the other side of the world is right and hours ahead.
const AHEAD: i64 = 24 * 3_600_000;

/// How much earlier than the event above it one may be, in milliseconds. Local time goes back an
/// hour in autumn, and what is sent to a log may come late.
const BACK: i64 = 2 * 3_600_000;

/// What is odd about the log that is being read. Holds one problem of each kind, however long the
/// log is.
#[derive(Debug)]
pub struct Oddities {
    now: Timestamp,
    /// When the event above happened, in a log that is written in the order of time.
    above: Option<Timestamp>,
    repeated: Option<Tally>,
    future: Option<Tally>,
    back: Option<Tally>,
}

/// The first problem of a kind, and how many there are.
#[derive(Debug)]
struct Tally {
    first: Problem,
    count: u64,
}

impl Oddities {
    /// Begins a log; `now` is when it is read.
    pub fn new(now: Timestamp) -> Self {
        Self { now, above: None, repeated: None, future: None, back: None }
    }

    /// A record of which a key stands twice.
    pub fn repeated(&mut self, problem: Problem) {
        count(&mut self.repeated, || problem);
    }

    /// An event, in the order of the log; `ordered` where the log is written as things happen.
    pub(super) fn happened(&mut self, event: &Event, ordered: bool) {
        if event.at.0 > self.now.0.saturating_add(AHEAD) {
            count(&mut self.future, || future(event));
        }
        if !ordered {
            return;
        }
        if let Some(above) = self.above.replace(event.at)
            && event.at.0 < above.0.saturating_sub(BACK)
        {
            count(&mut self.back, || back(event, above));
        }
    }

    /// What was odd; one problem of each kind.
    pub fn finish(self) -> Vec<Problem> {
        let Self { repeated, future, back, .. } = self;
        let all = [
            (repeated, "records of this log in which a key stands twice"),
            (future, "events of this log that are yet to come"),
            (back, "places of this log at which time goes back"),
        ];
        let told = |(tally, what): (Option<Tally>, &str)| {
            let Tally { mut first, count } = tally?;
            if count > 1 {
                first.message = format!("{}; the first of {count} {what}", first.message);
            }
            Some(first)
        };
        all.into_iter().filter_map(told).collect()
    }
}

fn count(tally: &mut Option<Tally>, problem: impl FnOnce() -> Problem) {
    match tally {
        Some(tally) => tally.count = tally.count.saturating_add(1),
        None => *tally = Some(Tally { first: problem(), count: 1 }),
    }
}

/// A problem of a key at `place`; `why` says which one.
pub(super) fn repeated(place: Place, why: &str) -> Problem {
    Problem::at("event-duplicate-key", place, why)
        .help("look at what wrote it: readers differ in which of the two they believe")
}

fn future(event: &Event) -> Problem {
    let message = format!("this event is dated {}, which is yet to come", event.at);
    Problem::at("event-from-future", event.place.clone(), message)
        .help("look at the clock and the time zone of the system that wrote it")
}

fn back(event: &Event, above: Timestamp) -> Problem {
    let message = format!("this event is dated {}, the one above it {above}", event.at);
    Problem::at("event-out-of-order", event.place.clone(), message).help(
        "events are put in order by their time; look at the clock of the system that wrote it",
    )
}
