//! A world whose calls fail as a seed decides: crashes are ordinary, and every one can be had
//! again by its number.
//!
//! In front of each call stands a fate: it passes, fails, reads short, comes late, or everything
//! ends there. The same seed and the same calls give the same fates. Lateness moves a virtual
//! clock and never waits.

mod doors;
mod partner;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::World;
use crate::random::SplitMix;

/// How often what happens, of a thousand calls, and when the end comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Odds {
    /// Calls that fail.
    pub errors: u64,
    /// Reads that end early, as of a file that is being written.
    pub short: u64,
    /// Calls that come late.
    pub delays: u64,
    /// The call, from 1, at which the process ends.
    pub crash_at: Option<u64>,
}

impl Odds {
    /// One fault in twenty calls, and for every second seed an end within the first 200.
    pub fn usual(seed: u64) -> Self {
        let mut sequence = SplitMix(seed ^ 0x0DD5);
        let crashes = sequence.below(2) == 0;
        let crash_at = crashes.then(|| 1 + sequence.below(200));
        Self { errors: 20, short: 10, delays: 20, crash_at }
    }

    /// Nothing but an end at one call.
    pub fn crash_at(call: u64) -> Self {
        Self { crash_at: Some(call), ..Self::default() }
    }
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is made.
    Pass,
    /// It is not made, and fails.
    Fail,
    /// A read gives only this share of its bytes, in 256ths; other calls pass.
    Short(u8),
    /// It is made, this much later by the virtual clock.
    Late(Duration),
    /// The process ends here; a write has (`true`) or has not (`false`) reached the disk.
    Crash(bool),
    /// The process has ended: nothing is made any more.
    Gone,
}

/// The fates of a world's calls. Shared by all its doors, and by tests that inject faults
/// between steps of their own.
#[derive(Debug)]
pub struct Faults {
    odds: Odds,
    sequence: Mutex<SplitMix>,
    calls: AtomicU64,
    late: AtomicU64,
    gone: AtomicBool,
}

impl Faults {
    /// Fates that follow from a seed.
    pub fn new(seed: u64, odds: Odds) -> Arc<Self> {
        Arc::new(Self {
            odds,
            sequence: Mutex::new(SplitMix(seed)),
            calls: AtomicU64::new(0),
            late: AtomicU64::new(0),
            gone: AtomicBool::new(false),
        })
    }

    /// Another world with these fates in front of each call.
    pub fn around(self: &Arc<Self>, inner: &World) -> World {
        doors::around(self, inner)
    }

    /// The fate of the next call.
    pub fn next(&self) -> Fate {
        // One at a time, so that the number of a call and its draw belong together.
        let mut sequence = self.sequence.lock().unwrap_or_else(PoisonError::into_inner);
        if self.crashed() {
            return Fate::Gone;
        }
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let (roll, detail) = (sequence.below(1000), sequence.next());
        if self.odds.crash_at.is_some_and(|at| call >= at) {
            self.gone.store(true, Ordering::SeqCst);
            return Fate::Crash(detail & 1 == 1);
        }
        let Odds { errors, short, delays, .. } = self.odds;
        if roll < errors {
            Fate::Fail
        } else if roll < errors + short {
            Fate::Short(detail.to_le_bytes().first().copied().unwrap_or_default())
        } else if roll < errors + short + delays {
            let late = 1 + detail % 10_000;
            self.late.fetch_add(late, Ordering::SeqCst);
            Fate::Late(Duration::from_millis(late))
        } else {
            Fate::Pass
        }
    }

    /// How many calls were made so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// How late the virtual clock is.
    pub fn late(&self) -> Duration {
        Duration::from_millis(self.late.load(Ordering::SeqCst))
    }

    /// Whether the process has ended.
    pub fn crashed(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }
}
