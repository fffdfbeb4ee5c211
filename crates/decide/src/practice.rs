//! Ways of working: when hosts get their security updates, ring after ring, and what stops them.
//!
//! Knows windows, rings and what is known of the hosts in them. Must not know how an update is carried
//! out, who the hosts are, or where what is known is kept; time and zone are arguments.

mod examples;
mod read;
mod window;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use holdfast_model::{Place, Timestamp};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::due::Due;

pub use examples::{PracticeExample, run_practice_tests};
pub use window::{Opening, Window};

/// How long before the end of a window it is worth to ask for the last time, in milliseconds.
const LAST_ASKED: i64 = 15 * 60_000;

/// Every practice that came along: its file below the root of the project, and the whole of it.
pub const PRACTICES: &[(&str, &str)] =
    &[("rules/practice/nightly.yaml", include_str!("../../../rules/practice/nightly.yaml"))];

/// A way of working.
#[derive(Debug, Clone, PartialEq)]
pub struct Practice {
    /// In kebab case; the name of its file.
    pub id: Arc<str>,
    /// What it does, in a sentence.
    pub title: String,
    /// Why somebody would want it.
    pub why: String,
    /// The zone of its windows, as an IANA name; that of the host if `None`.
    pub zone: Option<String>,
    /// In order; at least one, and no two of the same name.
    pub rings: Vec<Ring>,
    /// The tests inside the rule.
    pub examples: Vec<PracticeExample>,
    /// Where the rule begins.
    pub place: Place,
}

/// A group of hosts that are patched together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// One word, as hosts name it.
    pub name: String,
    /// When its hosts may be changed.
    pub window: Window,
    /// How long an update has to hold here before the next ring gets it; `None` for the last one.
    pub soak: Option<Due>,
    /// Whose yes its hosts need.
    pub approval: Approval,
}

/// Whose yes the plans of a ring need, beside what our rules for acting ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// The practice says yes, and counts as one person.
    Automatic,
    /// People do.
    People,
}

impl Approval {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::People => "people",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Automatic, Self::People].into_iter().find(|one| one.word() == word)
    }
}

/// How far an update has come in a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// Some host that needs it does not have it yet.
    Pending,
    /// Every host that needs it has it, and its checks passed since.
    Since(Timestamp),
}

/// Checks that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// When.
    pub at: Timestamp,
    /// What failed, in words.
    pub why: String,
}

/// What is known of the hosts of a ring.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RingState {
    /// How many there are; a ring without hosts holds nobody up.
    pub hosts: usize,
    /// When the one that was looked at the longest ago was; `None` where one never was.
    pub looked: Option<Timestamp>,
    /// The checks that failed last, while they do.
    pub failed: Option<Failed>,
    /// The host that did not answer last, while it does not: the rings behind it wait, and the others
    /// of its own do not.
    pub silent: Option<Failed>,
    /// Updates that some host needs or needed, by name and version.
    pub updates: BTreeMap<Arc<str>, Reached>,
}

/// What is known of each ring, by name; one that is not named has no hosts.
pub type Rings = BTreeMap<String, RingState>;

/// Whether it is a ring's turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It may begin, until then; `None` where somebody asked for it outside its window.
    Open(Option<Timestamp>),
    /// Not now.
    Wait {
        /// When its window opens; `None` where it never does.
        until: Option<Timestamp>,
    },
    /// Not before somebody has looked.
    Stopped {
        /// Why, in words.
        because: String,
    },
}

/// Whether an update held long enough in the rings before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Soaked {
    /// It did.
    Yes,
    /// It will have, then.
    At {
        /// When.
        at: Timestamp,
        /// The ring in which it has to hold.
        ring: String,
    },
    /// Nobody can say when: this ring does not have it yet, or was not looked at since.
    After {
        /// The ring that comes first.
        ring: String,
    },
}

impl fmt::Display for Soaked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes => f.write_str("it held in the rings before"),
            Self::At { at, ring } => write!(f, "it has to hold in `{ring}` until {at}"),
            Self::After { ring } => write!(f, "the hosts of `{ring}` come first"),
        }
    }
}

impl Practice {
    /// The ring of that name.
    pub fn ring(&self, name: &str) -> Option<&Ring> {
        self.rings.iter().find(|ring| ring.name == name)
    }

    /// The zone of its windows, where `usual` is that of the host.
    pub fn zone(&self, usual: &TimeZone) -> TimeZone {
        // The bundled zones, not the machine's: files are not this room's business.
        let named = self.zone.as_deref().map(|name| TimeZoneDatabase::bundled().get(name));
        named.and_then(Result::ok).unwrap_or_else(|| usual.clone())
    }

    /// Those that come before a ring, in order.
    fn before<'p>(&'p self, ring: &'p Ring) -> impl Iterator<Item = &'p Ring> {
        self.rings.iter().take_while(move |one| one.name != ring.name)
    }

    /// Whether it is a ring's turn. `asked` where somebody asks for it outside its window: that opens
    /// the window, and nothing else.
    pub fn turn(
        &self,
        ring: &Ring,
        known: &Rings,
        now: Timestamp,
        zone: &TimeZone,
        asked: bool,
    ) -> Turn {
        let opening = ring.window.open_at(now, zone);
        if opening.is_none() && !asked {
            return Turn::Wait { until: ring.window.next(now, zone).map(|next| next.from) };
        }
        for one in self.before(ring) {
            if let Some(failed) = failed(known, one) {
                let because = format!("the checks of `{}` failed: {}", one.name, failed.why);
                return Turn::Stopped { because };
            }
            if let Some(silent) = peopled(known, one).and_then(|state| state.silent.as_ref()) {
                let because = format!("a host of `{}` did not answer: {}", one.name, silent.why);
                return Turn::Stopped { because };
            }
        }
        if let (Some(opening), Some(failed), false) = (opening, failed(known, ring), asked)
            && failed.at >= opening.from
        {
            let because = format!("its own checks failed in this window: {}", failed.why);
            return Turn::Stopped { because };
        }
        Turn::Open(opening.map(|opening| opening.until))
    }

    /// When it is worth to ask again whose turn it is, after a time: as a window opens, and shortly before
    /// it ends, by when more has held than at its beginning. However short a window is, it is not missed.
    pub fn next_turn(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let windows = self.rings.iter().map(|ring| &ring.window);
        let openings = windows.flat_map(|one| [one.open_at(now, zone), one.next(now, zone)]);
        let times = openings.flatten().flat_map(|opening| {
            let length = opening.until.0.saturating_sub(opening.from.0);
            let last = opening.until.0.saturating_sub(LAST_ASKED.min(length / 2));
            [opening.from, Timestamp(last)]
        });
        times.filter(|at| *at > now).min()
    }

    /// Whether an update held long enough in the rings before this one. One that no host there needs
    /// waits just as long, from when it was first seen: it could be as bad.
    pub fn soaked(
        &self,
        ring: &Ring,
        update: &str,
        seen: Timestamp,
        known: &Rings,
        now: Timestamp,
    ) -> Soaked {
        let mut latest = Soaked::Yes;
        let mut end = now;
        for one in self.before(ring) {
            let Some(state) = peopled(known, one) else { continue };
            let after = Soaked::After { ring: one.name.clone() };
            // Whichever host was not looked at since may lack it, whatever the others have.
            if state.looked.is_none_or(|at| at < seen) {
                return after;
            }
            let since = match state.updates.get(update) {
                Some(Reached::Since(since)) => *since,
                Some(Reached::Pending) => return after,
                None => seen,
            };
            let at = one.soak.map_or(since, |soak| soak.after(since));
            if at > end {
                end = at;
                latest = Soaked::At { at, ring: one.name.clone() };
            }
        }
        latest
    }

    /// What it does, ring by ring, in sentences without a final stop.
    pub fn in_words(&self) -> Vec<String> {
        let zone = self.zone.as_deref().unwrap_or("the time of the host");
        self.rings
            .iter()
            .map(|ring| {
                let soak = ring.soak.map_or(String::new(), |soak| {
                    format!("; what holds for {soak} goes on to the next ring")
                });
                let yes = match ring.approval {
                    Approval::Automatic => "the practice says yes to its plans, as one person",
                    Approval::People => "people say yes to its plans",
                };
                format!("`{}`: {} ({zone}); {yes}{soak}", ring.name, ring.window)
            })
            .collect()
    }
}

/// What is known of a ring that has hosts.
fn peopled<'k>(known: &'k Rings, ring: &Ring) -> Option<&'k RingState> {
    known.get(&ring.name).filter(|state| state.hosts > 0)
}

fn failed<'k>(known: &'k Rings, ring: &Ring) -> Option<&'k Failed> {
    peopled(known, ring)?.failed.as_ref()
}
