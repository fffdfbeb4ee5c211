//! Was it announced? Alerts against what people said beforehand.
//!
//! Times are those of the events, never of their arrival. A covered alert is kept and linked;
//! nothing is dropped. What is announced and does not cover says why. Nothing covers what an
//! attacker would announce first: stopping logs, using root, deleting keys, changing alert rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Actor, Alert, Announcement, Event, Severity};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// What happened so far of what was announced: state of [`step`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// The ids of events by the id of the announcement that they were announced in.
    events: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
}

impl Happened {
    /// How many events an announcement covered.
    pub fn count(&self, announcement: &str) -> u32 {
        let events = self.events.get(announcement).map_or(0, BTreeSet::len);
        u32::try_from(events).unwrap_or(u32::MAX)
    }

    /// Forgets announcements that nobody asks for any more.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.events.retain(|announcement, _| keep(announcement));
    }

    fn has(&self, announcement: &str, event: &str) -> bool {
        self.events.get(announcement).is_some_and(|events| events.contains(event))
    }

    fn add(&mut self, announcement: &Arc<str>, event: &Arc<str>) {
        self.events.entry(Arc::clone(announcement)).or_default().insert(Arc::clone(event));
    }
}

/// What an announcement says of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    /// It was announced.
    Expected,
    /// Something like it was, and this is why that does not count.
    Although(String),
    /// Nothing.
    Nothing,
}

/// After the end of its window, an announcement explains for so long (in milliseconds) why it does
/// not cover.
const RECENT: i64 = 86_400_000;

/// What one announcement says of an event that a rule holds for that urgent, when it covered
/// `so_far` others.
fn weigh(announcement: &Announcement, event: &Event, severity: Severity, so_far: u32) -> Said {
    if !is(&announcement.who, &event.actor) {
        return Said::Nothing;
    }
    let Announcement { by, from, until, at_most, .. } = announcement;
    let scope = in_scope(announcement, event);
    // Its window, and for a while what comes behind it.
    let near = *from <= event.at && event.at < *until;
    let after = event.at >= *until && event.at.0.saturating_sub(until.0) < RECENT;
    let although = |why: String| Said::Although(format!("{by} announced something like it, {why}"));
    match scope {
        Ok(()) if event.at < *from && event.at.0.saturating_add(RECENT) > from.0 => {
            although(format!("but only from {from} on"))
        }
        Ok(()) if after => although(format!("but only until {until}")),
        Ok(()) if near => {
            if let Some(never) = never_covered(event) {
                return although(format!("but {never} is never taken as announced"));
            }
            if event.at < announcement.noted {
                let noted = announcement.noted;
                return although(format!("but only afterwards, at {noted}"));
            }
            if let Some(why) = wants_second(event, severity)
                && !has_second(announcement)
            {
                return although(format!("but {why} needs the yes of a second person"));
            }
            if so_far >= *at_most {
                return although(format!("but at most {}", times(*at_most)));
            }
            Said::Expected
        }
        Err(why) if near => although(why),
        _ => Said::Nothing,
    }
}

fn times(count: u32) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

/// Whether a name means an actor: their key, name or session, whatever the letter case.
fn is(who: &str, actor: &Actor) -> bool {
    let who = who.trim().to_lowercase();
    let names = [&actor.key, &actor.name, &actor.session];
    !who.is_empty() && names.into_iter().any(|name| name.to_lowercase() == who)
}

/// Whether the action and what it was done to were announced; else why not.
fn in_scope(announcement: &Announcement, event: &Event) -> Result<(), String> {
    if !announcement.what.iter().any(|what| names_action(what, &event.action)) {
        return Err(format!("but not `{}`", event.action));
    }
    if announcement.on.is_empty() {
        return Ok(());
    }
    let whole = |text: &str| announcement.on.iter().any(|on| begins(on, text));
    // An account or a region means all that is in it; else each target has to be named.
    if whole(&event.account) || whole(&event.region) {
        return Ok(());
    }
    match event.targets.iter().find(|target| !whole(target)) {
        Some(target) => Err(format!("but not on `{target}`")),
        None if event.targets.is_empty() => Err(format!("but not in `{}`", event.account)),
        None => Ok(()),
    }
}

/// `RunInstances` and `ec2.amazonaws.com:RunInstances` mean the same.
fn names_action(what: &str, action: &str) -> bool {
    let short = action.rsplit_once(':').map_or(action, |(_, name)| name);
    begins(what, action) || begins(what, short)
}

/// A text, or a beginning of it that ends with `*`; letter case does not count.
fn begins(wanted: &str, text: &str) -> bool {
    let (wanted, text) = (wanted.trim().to_lowercase(), text.to_lowercase());
    match wanted.strip_suffix('*') {
        Some(head) => text.starts_with(head),
        None => !wanted.is_empty() && wanted == text,
    }
}

/// Actions that stop or delete logs, delete keys, or change what raises alerts.
const NEVER: &[(&str, &str)] = &[
    ("cloudtrail.amazonaws.com:StopLogging", STOPS),
    ("cloudtrail.amazonaws.com:DeleteTrail", STOPS),
    ("cloudtrail.amazonaws.com:DeleteEventDataStore", STOPS),
    ("cloudtrail.amazonaws.com:PutEventSelectors", STOPS),
    ("cloudtrail.amazonaws.com:UpdateTrail", STOPS),
    ("config.amazonaws.com:StopConfigurationRecorder", STOPS),
    ("config.amazonaws.com:DeleteConfigurationRecorder", STOPS),
    ("config.amazonaws.com:DeleteDeliveryChannel", STOPS),
    ("ec2.amazonaws.com:DeleteFlowLogs", STOPS),
    ("logs.amazonaws.com:DeleteLogGroup", STOPS),
    ("logs.amazonaws.com:DeleteLogStream", STOPS),
    ("route53resolver.amazonaws.com:DeleteResolverQueryLogConfig", STOPS),
    ("route53resolver.amazonaws.com:DisassociateResolverQueryLogConfig", STOPS),
    ("kms.amazonaws.com:ScheduleKeyDeletion", KEYS),
    ("kms.amazonaws.com:DeleteImportedKeyMaterial", KEYS),
    ("kms.amazonaws.com:DisableKey", KEYS),
    ("iam.amazonaws.com:DeleteAccessKey", KEYS),
    ("iam.amazonaws.com:DeleteSSHPublicKey", KEYS),
    ("events.amazonaws.com:DeleteRule", RULES),
    ("events.amazonaws.com:DisableRule", RULES),
    ("events.amazonaws.com:PutRule", RULES),
    ("events.amazonaws.com:RemoveTargets", RULES),
    ("guardduty.amazonaws.com:DeleteDetector", RULES),
    ("guardduty.amazonaws.com:UpdateDetector", RULES),
    ("monitoring.amazonaws.com:DeleteAlarms", RULES),
    ("monitoring.amazonaws.com:DisableAlarmActions", RULES),
    ("securityhub.amazonaws.com:DisableSecurityHub", RULES),
];
const STOPS: &str = "stopping or deleting logs";
const KEYS: &str = "deleting keys";
const RULES: &str = "changing what raises alerts";

fn never_covered(event: &Event) -> Option<&'static str> {
    let listed = NEVER.iter().find(|(action, _)| action.eq_ignore_ascii_case(&event.action));
    // On hosts root is what every service runs as; of a cloud account it is the owner.
    let root = event.log.starts_with("aws/") && is_root(&event.actor);
    listed.map(|(_, what)| *what).or_else(|| root.then_some("using root"))
}

/// An account's own identity: `arn:aws:iam::111122223333:root`, or the account with the word.
fn is_root(actor: &Actor) -> bool {
    let key = actor.key.to_lowercase();
    key.rsplit([':', '/', ' ']).next() == Some("root") && !key.contains(":user/")
}

/// Services whose changes one person cannot announce alone: whoever holds one chat account could
/// otherwise announce the attack.
const SECOND: &[(&str, &str)] = &[
    ("iam.amazonaws.com", "a change of who may do what"),
    ("identitystore.amazonaws.com", "a change of who may do what"),
    ("organizations.amazonaws.com", "a change of who may do what"),
    ("sso.amazonaws.com", "a change of who may do what"),
    ("cloudtrail.amazonaws.com", "a change of logs"),
    ("config.amazonaws.com", "a change of logs"),
    ("logs.amazonaws.com", "a change of logs"),
];

/// On hosts: what makes, changes and empowers users.
const SECOND_ON_HOSTS: [&str; 6] = [
    "group-member-add",
    "group-member-remove",
    "password-change",
    "user-add",
    "user-change",
    "user-unlock",
];

fn wants_second(event: &Event, severity: Severity) -> Option<&'static str> {
    let service = event.action.split(':').next().unwrap_or_default();
    let listed = SECOND.iter().find(|(name, _)| name.eq_ignore_ascii_case(service));
    if let Some((_, what)) = listed {
        return Some(what);
    }
    if SECOND_ON_HOSTS.contains(&&*event.action) {
        return Some("a change of who may do what");
    }
    (severity == Severity::Now).then_some("what wakes somebody")
}

fn has_second(announcement: &Announcement) -> bool {
    let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
    announcement
        .approver
        .as_ref()
        .is_some_and(|other| !other.trim().is_empty() && !same(other, &announcement.by))
}

/// Says of alerts which were announced. They come back in the order in which they came; where one
/// announcement can cover only some of them, the earlier events are covered.
pub fn step(
    announcements: &[Announcement],
    happened: &mut Happened,
    mut alerts: Vec<Alert>,
) -> Vec<Alert> {
    let mut order: Vec<usize> = (0..alerts.len()).collect();
    let key = |at: &usize| alerts.get(*at).map(|alert| (alert.event.at, alert.event.id.clone()));
    order.sort_by_key(key);
    for at in order {
        if let Some(alert) = alerts.get_mut(at) {
            tell(announcements, happened, alert);
        }
    }
    alerts
}

fn tell(announcements: &[Announcement], happened: &mut Happened, alert: &mut Alert) {
    (alert.expected_by, alert.although) = (None, String::new());
    for announcement in announcements {
        let event = &alert.event;
        // An event that was counted, by another rule or when it was first read, is no further one.
        let counted = happened.has(&announcement.id, &event.id);
        let others = happened.count(&announcement.id).saturating_sub(u32::from(counted));
        match weigh(announcement, event, alert.severity, others) {
            Said::Expected => {
                happened.add(&announcement.id, &event.id);
                alert.expected_by = Some(Arc::clone(&announcement.id));
                alert.although.clear();
                return;
            }
            Said::Although(why) if alert.although.is_empty() => alert.although = why,
            Said::Although(_) | Said::Nothing => {}
        }
    }
}

impl Happened {
    /// Counts an event of which no rule speaks, so that what was announced is seen to happen.
    pub fn note(&mut self, announcements: &[Announcement], event: &Event) {
        for announcement in announcements {
            let others = self.count(&announcement.id);
            let said = weigh(announcement, event, Severity::WhenYouCan, others);
            if said == Said::Expected {
                self.add(&announcement.id, &event.id);
            }
        }
    }
}
