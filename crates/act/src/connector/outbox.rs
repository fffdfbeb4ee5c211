//! When to try again, and when many messages become one. Knows numbers; must not know partners.

use std::collections::BTreeMap;

use holdfast_model::Timestamp;

use super::{Action, Block};
use super::{Again, Message, Once, OnceKey, Subject, Text};

/// The first wait is at most this long, in milliseconds.
const FIRST: u64 = 2_000;
/// No wait is longer: a day, in milliseconds.
pub const LONGEST: u64 = 86_400_000;
/// After this many attempts somebody has to look: about four days.
pub const MOST_ATTEMPTS: u32 = 20;
/// Where a partner is asked whether it did something, its index is given this long to know: its
/// search lags behind its database.
const INDEXED: u64 = 60_000;

/// How many milliseconds to wait before attempt `attempt` (from 1, the first that is a repeat):
/// twice the bound each time, a day at most, and within the bound anything: full jitter, so that
/// a thousand messages that failed together do not come back together.
pub fn retry(attempt: u32, seed: u64) -> u64 {
    let doubled = 1_u64.checked_shl(attempt.saturating_sub(1).min(40)).unwrap_or(u64::MAX);
    let bound = FIRST.saturating_mul(doubled).min(LONGEST);
    mixed(seed ^ u64::from(attempt)) % (bound + 1)
}

/// The wait after a refusal: what the partner asked for and some jitter; where something may have
/// been done and is looked for, not before the partner's index can know. `None` where it is not
/// tried again by itself.
pub fn wait(again: Again, maybe_done: bool, once: Once, attempt: u32, seed: u64) -> Option<u64> {
    let Again::After(seconds) = again else { return None };
    if attempt > MOST_ATTEMPTS {
        return None;
    }
    let asked = u64::from(seconds) * 1000;
    let least = if maybe_done && once == Once::Lookup { asked.max(INDEXED) } else { asked };
    // The partner's word comes before our bound.
    Some(least.saturating_add(retry(attempt, seed)).min(LONGEST.max(least)))
}

/// A finalizer of 64 bits (SplitMix64; Steele, Lea, Flood 2014).
fn mixed(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// A message that waits to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its key.
    pub key: OnceKey,
    /// When it was put there.
    pub since: Timestamp,
    /// Whether it may not wait for others: somebody has to be told at once.
    pub urgent: bool,
    /// Where it stands among those that came at the same time; the least is told first.
    pub rank: usize,
    /// What it says.
    pub message: Message,
}

/// How many messages make a flood, and what a digest leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flood {
    /// So many in one channel and window are posted as they are; more become one.
    pub most: usize,
    /// The window, in milliseconds.
    pub window: i64,
    /// What to do next with all of them.
    pub action: Action,
}

/// A message to be posted, and the keys of those that it tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// In the order in which they came, and of those that came together by rank; one of its own for a
    /// message that is posted as it is.
    pub of: Vec<OnceKey>,
    /// What is posted.
    pub message: Message,
}

/// The longest list in a digest; the rest is counted.
const MOST_NAMED: usize = 20;

/// Fewer messages: of each channel, those of one window that are more than `most` become one
/// digest. Urgent ones are posted by themselves, up to `most` of a channel and window. Every key
/// is in exactly one of the results.
pub fn digest(pending: Vec<Pending>, flood: &Flood) -> Vec<Posted> {
    let mut windows: BTreeMap<(String, i64), Vec<Pending>> = BTreeMap::new();
    for one in pending {
        let window = one.since.0.div_euclid(flood.window.max(1));
        windows.entry((one.message.channel.clone(), window)).or_default().push(one);
    }
    let mut posted = Vec::new();
    for ((channel, _), mut all) in windows {
        all.sort_by(|one, other| {
            (one.since, one.rank, &one.key).cmp(&(other.since, other.rank, &other.key))
        });
        let mut gathered = Vec::new();
        let few = all.len() <= flood.most;
        let mut alone = 0;
        for one in all {
            if few || (one.urgent && alone < flood.most) {
                alone += 1;
                posted.push(Posted { of: vec![one.key], message: one.message });
            } else {
                gathered.push(one);
            }
        }
        posted.extend(gather(channel, gathered, &flood.action));
    }
    posted
}

/// One message that tells of many; the only one stays as it is.
fn gather(channel: String, mut gathered: Vec<Pending>, action: &Action) -> Option<Posted> {
    if gathered.len() <= 1 {
        return gathered.pop().map(|one| Posted { of: vec![one.key], message: one.message });
    }
    let mut lines: Vec<String> =
        gathered.iter().take(MOST_NAMED).map(|one| one.message.text.headline.clone()).collect();
    let more = gathered.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    let headline = format!("{} things to look at", gathered.len());
    let text = Text { blocks: vec![Block::List(lines)], ..Text::new(headline, action.clone()) };
    let of = gathered.into_iter().map(|one| one.key).collect();
    Some(Posted { of, message: Message { channel, about: Subject::Digest, text } })
}
