//! Due times: hours or days from the first sight.

use std::fmt;

use holdfast_model::Timestamp;
use holdfast_rulefile::{Decoder, Node};

/// How long something may stay, in hours; at least one, at most ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    hours: u32,
}

const MOST_DAYS: u32 = 3650;

impl Due {
    /// Reads `12 hours`, `1 day`, `7 days`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split_whitespace();
        let (Some(count), Some(unit), None) = (parts.next(), parts.next(), parts.next()) else {
            return None;
        };
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let count: u32 = count.parse().ok()?;
        let hours = match unit {
            "hour" | "hours" => count,
            "day" | "days" => count.checked_mul(24)?,
            _ => return None,
        };
        (1..=MOST_DAYS * 24).contains(&hours).then_some(Self { hours })
    }

    /// Reads it from a rule, with help.
    pub(crate) fn read(decoder: &mut Decoder<'_>, node: &Node) -> Option<Self> {
        let text = decoder.text(node)?;
        if let Some(due) = Self::parse(text) {
            return Some(due);
        }
        let number: String = text.chars().take_while(char::is_ascii_digit).collect();
        let number = number.parse::<u32>().ok().filter(|n| (1..=MOST_DAYS).contains(n));
        let help = match number {
            Some(1) => "write `1 day` or `1 hour`".to_owned(),
            Some(n) if text.contains('w') => format!("write `{} days`", n.saturating_mul(7)),
            Some(n) => format!("write `{n} days` or `{n} hours`"),
            None => format!("write a number of hours or days, at most {MOST_DAYS} days: `7 days`"),
        };
        let message = format!("`{text}` is no due time");
        decoder.refuse("appetite-due", node, message, help);
        None
    }

    /// The time that is so much later; a day has 24 hours.
    pub fn after(self, seen: Timestamp) -> Timestamp {
        Timestamp(seen.0.saturating_add(i64::from(self.hours) * 3_600_000))
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = match self.hours {
            hours if hours % 24 == 0 => (hours / 24, "day"),
            hours => (hours, "hour"),
        };
        write!(f, "{count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}
