//! Which alerts belong together: those of one actor and one family of rules, each within an hour
//! of the next by the time of its event. Of people who share a role, each is an actor.
//!
//! The order in which they arrive changes nothing, and neither do repeats: a late alert may join
//! two cases to one. A case is named after its first alert, so that every order gives it the same
//! name; when that changes, [`Out::replaces`] says which names it had.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Alert, Answer, Case, Digest, Event, Fields, Severity, Timestamp};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// The longest pause inside a case, in milliseconds.
pub const PAUSE: i64 = 3_600_000;

/// Every case that may still grow: state of [`step`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cases {
    /// By actor and family; those of one by time, apart from each other by more than a pause.
    cases: BTreeMap<Arc<str>, Vec<Case>>,
}

/// What an alert came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Out {
    /// The case that it belongs to.
    pub case: Arc<str>,
    /// Names under which the case, or a part of it, was known before.
    pub replaces: Vec<Arc<str>>,
    /// Whether the alert is new; a repeat changes nothing.
    pub new: bool,
    /// Whether somebody should be told: the case is new or became more urgent, by an alert that
    /// nobody announced; or it was answered, and goes on.
    pub raises: bool,
}

/// Adds an alert.
pub fn step(cases: &mut Cases, alert: Alert) -> Out {
    let key = key(&alert);
    let list = cases.cases.entry(key).or_default();
    let known = |case: &&Case| case.alerts.iter().any(|other| same(other, &alert));
    if let Some(case) = list.iter().find(known) {
        let case = Arc::clone(&case.id);
        return Out { case, replaces: Vec::new(), new: false, raises: false };
    }
    let at = alert.event.at;
    let near = |case: &Case| {
        at.0.saturating_add(PAUSE) >= case.first.0 && at.0 <= case.last.0.saturating_add(PAUSE)
    };
    let announced = alert.expected_by.is_some();
    let (parts, mut apart): (Vec<Case>, Vec<Case>) =
        std::mem::take(list).into_iter().partition(near);
    let before = parts.iter().filter_map(unannounced).max();
    let answered = parts.iter().any(|case| case.answer.is_some());
    let names: Vec<Arc<str>> = parts.iter().map(|case| Arc::clone(&case.id)).collect();
    let case = joined(parts, alert);
    let id = Arc::clone(&case.id);
    let raises = !announced && (unannounced(&case) > before || answered);
    apart.push(case);
    apart.sort_by_key(|case| case.first);
    *list = apart;
    let replaces = names.into_iter().filter(|name| *name != id).collect();
    Out { case: id, replaces, new: true, raises }
}

/// One actor and one family, whatever characters stand in them.
fn key(alert: &Alert) -> Arc<str> {
    let actor = &alert.event.actor;
    // People may share a role; their names tell them apart. Of a pipeline each run has its own.
    let person = if actor.person { &*actor.name } else { "" };
    let fields = Fields::new("case key")
        .field(actor.key.as_bytes())
        .field(person.as_bytes())
        .field(alert.family.as_bytes());
    fields.finish().to_string().into()
}

/// The same rule about the same event.
fn same(a: &Alert, b: &Alert) -> bool {
    a.rule == b.rule && a.event.id == b.event.id
}

/// The greatest urgency of what nobody announced.
fn unannounced(case: &Case) -> Option<Severity> {
    let alerts = case.alerts.iter().filter(|alert| alert.expected_by.is_none());
    alerts.map(|alert| alert.severity).max()
}

/// Some cases and an alert as one case.
fn joined(parts: Vec<Case>, alert: Alert) -> Case {
    let owner = parts.iter().map(|case| &case.owner).find(|owner| !owner.is_empty()).cloned();
    // An answer speaks of what it has seen. It stays where only what was announced comes to it.
    let answers: Vec<Option<Answer>> = parts.iter().map(|case| case.answer).collect();
    let answer = match answers.split_first() {
        Some((first, rest)) if alert.expected_by.is_some() => {
            first.filter(|_| rest.iter().all(|other| other == first))
        }
        _ => None,
    };
    let mut alerts: Vec<Alert> = parts.into_iter().flat_map(|case| case.alerts).collect();
    let order =
        |alert: &Alert| (alert.event.at, Arc::clone(&alert.event.id), Arc::clone(&alert.rule));
    let (actor, family) = (alert.event.actor.clone(), Arc::clone(&alert.family));
    let place = alerts.partition_point(|other| order(other) < order(&alert));
    alerts.insert(place, alert);
    let mut case = Case {
        id: "".into(),
        actor,
        family,
        title: String::new(),
        severity: Severity::WhenYouCan,
        first: Timestamp::default(),
        last: Timestamp::default(),
        alerts,
        owner: owner.unwrap_or_default(),
        answer,
    };
    case.severity = unannounced(&case).unwrap_or(Severity::WhenYouCan);
    if let (Some(first), Some(last)) = (case.alerts.first(), case.alerts.last()) {
        (case.first, case.last) = (first.event.at, last.event.at);
        case.id = named_after(first).to_string().into();
        // Of one actor the name may change, as where somebody marries: the first one is told.
        case.actor = first.event.actor.clone();
    }
    case.title = title(&case);
    case
}

fn named_after(first: &Alert) -> Digest {
    let event = &first.event;
    Fields::new("case")
        .field(first.rule.as_bytes())
        .field(event.id.as_bytes())
        .field(event.actor.key.as_bytes())
        .finish()
}

/// `ana switched logging off in 123456789012 (3 events)`: the headline of the most urgent alert
/// that nobody announced, of several the earliest.
fn title(case: &Case) -> String {
    let rank = |alert: &Alert| (alert.expected_by.is_none(), alert.severity);
    // `max_by_key` takes the last of equals: from the end, that is the earliest.
    let Some(chief) = case.alerts.iter().rev().max_by_key(|alert| rank(alert)) else {
        return String::new();
    };
    let who = name(&chief.event);
    let done = match chief.title.strip_prefix("Somebody ") {
        Some(did) => format!("{who} {did}"),
        None => format!("{who}: {}", chief.title),
    };
    let mut events: Vec<&str> = case.alerts.iter().map(|alert| &*alert.event.id).collect();
    events.sort_unstable();
    events.dedup();
    let count = match events.len() {
        1 => "1 event".to_owned(),
        more => format!("{more} events"),
    };
    let place = match &*chief.event.account {
        "" => String::new(),
        account => format!(" in {account}"),
    };
    format!("{done}{place} ({count})")
}

fn name(event: &Event) -> &str {
    let actor = &event.actor;
    [&actor.name, &actor.session, &actor.key]
        .into_iter()
        .map(AsRef::as_ref)
        .find(|name: &&str| !name.is_empty())
        .unwrap_or("somebody")
}

impl Cases {
    /// Every case, without a certain order.
    pub fn iter(&self) -> impl Iterator<Item = &Case> {
        self.cases.values().flatten()
    }

    /// A case by its name.
    pub fn get(&self, id: &str) -> Option<&Case> {
        self.iter().find(|case| &*case.id == id)
    }

    /// Says who looks after a case; `false` where there is none of this name.
    pub fn assign(&mut self, id: &str, owner: impl Into<String>) -> bool {
        self.find(id).map(|case| case.owner = owner.into()).is_some()
    }

    /// Says what a case came to; `false` where there is none of this name.
    pub fn answer(&mut self, id: &str, answer: Option<Answer>) -> bool {
        self.find(id).map(|case| case.answer = answer).is_some()
    }

    fn find(&mut self, id: &str) -> Option<&mut Case> {
        self.cases.values_mut().flatten().find(|case| &*case.id == id)
    }

    /// Takes out what can no longer grow: cases whose last event is more than a pause before
    /// `before`, the earliest event that may still arrive. By time.
    pub fn settle(&mut self, before: Timestamp) -> Vec<Case> {
        let mut out = Vec::new();
        for list in self.cases.values_mut() {
            let over = |case: &Case| case.last.0.saturating_add(PAUSE) < before.0;
            let (settled, open) = std::mem::take(list).into_iter().partition(over);
            out.extend::<Vec<Case>>(settled);
            *list = open;
        }
        self.cases.retain(|_, list| !list.is_empty());
        out.sort_by(|a, b| (a.first, &a.id).cmp(&(b.first, &b.id)));
        out
    }
}
