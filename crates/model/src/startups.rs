//! Limits of waiting connections to the ssh server.
//!
//! Knows which of two is the stricter; must not know who asks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// When the ssh server turns new connections away, sshd_config(5), `MaxStartups`: where `begin` wait
/// to be let in, `rate` of a hundred and from then on more, and where `full` wait, all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Startups {
    /// From so many on some are turned away.
    pub begin: u32,
    /// So many of a hundred, from 1.
    pub rate: u32,
    /// From so many on all are turned away; not less than `begin`.
    pub full: u32,
}

impl Startups {
    /// As it is written: three numbers, or the one from which on all are turned away.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers: Vec<u32> = Vec::new();
        for part in text.split(':') {
            numbers.push(part.parse().ok()?);
        }
        let (begin, rate, full) = match numbers.as_slice() {
            [full] => (*full, 100, *full),
            [begin, rate, full] => (*begin, *rate, *full),
            _ => return None,
        };
        let good = (1..=full).contains(&begin) && (1..=100).contains(&rate);
        good.then_some(Self { begin, rate, full })
    }

    /// Whether it turns away no fewer than another, however many wait. Where it turns away all
    /// before the other turns away any, the rate says nothing.
    pub fn is_at_most(self, most: Self) -> bool {
        let rate = self.rate >= most.rate || self.full <= most.begin;
        rate && self.begin <= most.begin && self.full <= most.full
    }

    /// Of each part the stricter. Where nothing lies between two ends, its rate counts for nothing.
    #[must_use]
    pub fn within(self, most: Self) -> Self {
        let rate = if self.begin == self.full { most.rate } else { self.rate.max(most.rate) };
        Self { begin: self.begin.min(most.begin), rate, full: self.full.min(most.full) }
    }
}

impl fmt::Display for Startups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.begin, self.rate, self.full)
    }
}
