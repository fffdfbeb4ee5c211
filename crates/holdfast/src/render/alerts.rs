//! What rules say of events, beside what was found: one row for what one actor did again and again.
//!
//! Knows alerts that nobody announced, and how many were. Must not know terminals or tables.

use std::collections::BTreeMap;

use holdfast_engine::detect::AlertRow;
use holdfast_model::Severity;

use super::human::counted;

/// Alerts of one rule about one actor, which nobody announced.
pub struct Group<'a> {
    /// The newest of them.
    pub last: &'a AlertRow,
    /// How many there are.
    pub count: u64,
}

/// Groups them: the most urgent first, of those the newest.
pub fn groups(alerts: &[AlertRow]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut at: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    // They come by time: from the end, the first of a group is its newest.
    for alert in alerts.iter().rev().filter(|alert| alert.expected_by.is_none()) {
        if let Some(group) =
            at.get(&(&*alert.rule, &*alert.actor)).and_then(|index| groups.get_mut(*index))
        {
            group.count += 1;
        } else {
            at.insert((&alert.rule, &alert.actor), groups.len());
            groups.push(Group { last: alert, count: 1 });
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.last.severity));
    groups
}

impl Group<'_> {
    /// How soon somebody should look.
    pub fn severity(&self) -> Severity {
        self.last.severity
    }

    /// `ana switched logging off`; rules begin with `Somebody` where the actor belongs.
    pub fn title(&self) -> String {
        let AlertRow { title, actor, .. } = self.last;
        let said = match title.strip_prefix("Somebody ") {
            _ if actor.is_empty() => title.clone(),
            Some(did) => format!("{actor} {did}"),
            None => format!("{actor}: {title}"),
        };
        if self.count == 1 { said } else { format!("{said}, {}", times(self.count)) }
    }

    /// What it was done to, at most three names; empty where the record names none.
    pub fn targets(&self) -> String {
        let named: Vec<&str> = self.last.target.iter().take(3).map(|target| &**target).collect();
        match self.last.target.len().saturating_sub(named.len()) {
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    }

    /// Why nobody announced it.
    pub fn unannounced(&self) -> &str {
        match self.last.although.as_str() {
            "" => "nobody announced it",
            although => although,
        }
    }
}

fn times(count: u64) -> String {
    if count == 2 { "twice".to_owned() } else { counted(count, "time", "times") }
}

/// "3 alerts were announced beforehand"; `None` where none was.
pub fn announced(alerts: &[AlertRow]) -> Option<String> {
    let count = alerts.iter().filter(|alert| alert.expected_by.is_some()).count() as u64;
    (count > 0)
        .then(|| format!("{} announced beforehand", counted(count, "alert was", "alerts were")))
}

#[cfg(test)]
mod tests;
