//! What is to be told now: decisions and cases that nobody was told of, and what became of those
//! that somebody was.
//!
//! What was told is remembered with the requests in one transaction: a decision goes to its team
//! once, whatever is interrupted. Decisions about copies that nobody shipped yet are not told: the
//! gate and the editor say those.

mod cases;
mod decisions;

use std::collections::{BTreeMap, BTreeSet};

use holdfast_act::connector::outbox::{self, Flood, Pending};
use holdfast_act::connector::{
    Action, Form, Message, OnceKey, Receipt, Subject, Tell, Text, Update,
};
use holdfast_model::{Case, Digest, Fields, Key, Timestamp};
use holdfast_store::{CaseFilter, EventCommit, Filter, StepState, Store};
use holdfast_world::World;
use serde::{Deserialize, Serialize};

pub(super) use cases::REMINDER;
pub(super) use decisions::name_of;

use super::account::{Channel, Channels};
use super::errand::{Errand, subject};
use super::said;
use crate::failure::Failure;
use crate::record;

/// The name of what is remembered, and the version of its form.
const STATE: &str = "told";
const VERSION: u32 = 1;
/// So many new things are told to a channel at once; more become one message that lists them.
const MOST_AT_ONCE: usize = 10;
/// What ended longer ago is forgotten, in milliseconds.
const FORGOTTEN: i64 = 90 * 86_400_000;

/// What each channel was told.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Told {
    /// By channel, then by subject.
    channels: BTreeMap<String, BTreeMap<String, Said>>,
}

/// What was told of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    /// The subject in the record under which the first message went.
    thread: String,
    /// What mattered of what was said last.
    words: Digest,
    /// Whether it goes on.
    open: bool,
    /// When it was last spoken of.
    at: Timestamp,
}

/// Puts what is to be told into the record; how many requests that were.
///
/// # Errors
///
/// Where the record cannot be read or written.
pub(crate) async fn ask(
    world: &World,
    store: &Store,
    channels: &Channels,
    host_team: &str,
) -> Result<usize, Failure> {
    if channels.all.is_empty() {
        return Ok(0);
    }
    let ours = |error| record::ours(&error);
    let told = told(store).await?;
    let now = world.clock.now();
    let mut asking = Asking { channels, told, now, tells: Vec::new(), changed: false };
    let known = store.findings(&Filter::default()).await.map_err(ours)?;
    let assets = store.assets().await.map_err(ours)?;
    asking.decisions(&known, &assets);
    let cases = store.cases(&CaseFilter::default()).await.map_err(ours)?;
    let cases: Vec<Case> = cases.into_iter().map(|one| one.said.case).collect();
    asking.cases(&cases, host_team);
    asking.forget();
    let Asking { told, tells, changed, .. } = asking;
    if !changed {
        return Ok(0);
    }
    let json = serde_json::to_value(&told).map_err(|error| said::unwritable(&error))?;
    let state = StepState { name: STATE.to_owned(), version: VERSION, json };
    let tells = tells
        .into_iter()
        .map(|one| one.request(&world.host.user))
        .collect::<Result<Vec<_>, Failure>>()?;
    let count = tells.len();
    let commit = EventCommit { state: Some(state), tells, ..EventCommit::default() };
    let mut random = record::random(world)?;
    store.commit_events(commit, now, &mut random).await.map_err(ours)?;
    Ok(count)
}

/// The threads in which somebody was told of a finding, with their channels.
pub(super) async fn threads(store: &Store, key: Key) -> Result<Vec<(String, String)>, Failure> {
    let told = told(store).await?;
    let name = name_of(key);
    let threads = told.channels.into_iter();
    let threads =
        threads.filter_map(|(channel, said)| Some((channel, said.get(&name)?.thread.clone())));
    Ok(threads.collect())
}

/// Every finding that was told of by itself: the channel and the thread.
pub(super) async fn own_threads(store: &Store) -> Result<BTreeSet<(String, String)>, Failure> {
    let told = told(store).await?;
    let own = told.channels.into_iter().flat_map(|(channel, said)| {
        let own = said.into_iter().filter(|(name, one)| one.open && one.thread == *name);
        own.map(move |(name, _)| (channel.clone(), name))
    });
    Ok(own.collect())
}

/// What is remembered. Another form is begun anew: what was told stands in the record, and is not
/// told again under the same key.
async fn told(store: &Store) -> Result<Told, Failure> {
    let state = store.state(STATE).await.map_err(|error| record::ours(&error))?;
    let known = state.filter(|state| state.version == VERSION);
    Ok(known.and_then(|state| serde_json::from_value(state.json).ok()).unwrap_or_default())
}

/// A request for the record.
pub(super) struct Wanted {
    pub(super) channel: String,
    pub(super) thread: String,
    pub(super) errand: Errand,
    pub(super) not_before: Timestamp,
    pub(super) why: String,
}

impl Wanted {
    pub(super) fn request(self, who: &str) -> Result<holdfast_store::Tell, Failure> {
        let body = serde_json::to_value(&self.errand).map_err(|error| said::unwritable(&error))?;
        Ok(holdfast_store::Tell {
            once: self.errand.key.as_str().to_owned(),
            kind: self.errand.kind,
            account: self.channel,
            subject: self.thread,
            body,
            at: self.errand.at,
            not_before: self.not_before,
            who: who.to_owned(),
            why: self.why,
        })
    }
}

struct Asking<'a> {
    channels: &'a Channels,
    told: Told,
    now: Timestamp,
    tells: Vec<Wanted>,
    changed: bool,
}

/// Something new for a channel.
struct New {
    /// By what it is remembered.
    name: String,
    about: Subject,
    key: OnceKey,
    urgent: bool,
    words: Digest,
    text: Text,
    data: serde_json::Value,
    kind: &'static str,
    team: String,
    why: String,
}

impl Asking<'_> {
    /// Something to be told by a channel, not yet asked for.
    fn errand(
        &self,
        channel: &Channel,
        kind: &str,
        key: OnceKey,
        about: Subject,
        text: Text,
    ) -> Errand {
        Errand {
            key,
            about,
            kind: kind.to_owned(),
            to: channel.to.clone(),
            text,
            labels: Vec::new(),
            at: self.now,
            data: serde_json::Value::Null,
            again: false,
            unless_answered: None,
        }
    }

    fn want(&mut self, channel: &Channel, thread: &str, errand: Errand, why: String) {
        let (channel, thread) = (channel.name().to_owned(), thread.to_owned());
        self.tells.push(Wanted { channel, thread, errand, not_before: self.now, why });
    }

    /// Tells new things, each by itself or, where they are many, as one list.
    fn first(&mut self, channel: &Channel, new: &[New], action: Action) {
        let flood = Flood { most: MOST_AT_ONCE, window: i64::MAX, action };
        let pending = new.iter().enumerate().map(|(rank, one)| {
            let about = one.about.clone();
            let message = Message { channel: String::new(), about, text: one.text.clone() };
            Pending { key: one.key.clone(), since: self.now, urgent: one.urgent, rank, message }
        });
        let by_key: BTreeMap<&OnceKey, &New> = new.iter().map(|one| (&one.key, one)).collect();
        for one in outbox::digest(pending.collect(), &flood) {
            let of: Vec<&New> = one.of.iter().filter_map(|key| by_key.get(key).copied()).collect();
            let Some(head) = of.first() else { continue };
            let (key, data, why) = if of.len() == 1 {
                (head.key.clone(), head.data.clone(), head.why.clone())
            } else {
                let keys = one.of.iter().map(OnceKey::as_str);
                let key = OnceKey::new(&channel.account, std::iter::once("digest").chain(keys));
                (key, of.iter().map(|one| one.data.clone()).collect(), "many at once".to_owned())
            };
            let thread = subject(&one.message.about, &key);
            let mut labels: Vec<String> = of.iter().map(|one| one.team.clone()).collect();
            labels.sort_unstable();
            labels.dedup();
            for part in &of {
                self.remember(channel.name(), &part.name, &thread, part.words, true);
            }
            let errand = self.errand(channel, head.kind, key, one.message.about, one.message.text);
            self.want(channel, &thread, Errand { labels, data, ..errand }, why);
        }
    }

    fn said(&self, channel: &str, name: &str) -> Option<&Said> {
        self.told.channels.get(channel)?.get(name)
    }

    fn remember(&mut self, channel: &str, name: &str, thread: &str, words: Digest, open: bool) {
        let said = Said { thread: thread.to_owned(), words, open, at: self.now };
        let known = self.told.channels.entry(channel.to_owned()).or_default();
        known.insert(name.to_owned(), said);
        self.changed = true;
    }

    /// Drops what ended long ago.
    fn forget(&mut self) {
        let until = self.now.0.saturating_sub(FORGOTTEN);
        for said in self.told.channels.values_mut() {
            let before = said.len();
            said.retain(|_, one| one.open || one.at.0 > until);
            self.changed |= said.len() != before;
        }
    }
}

/// Whether what was said can be said anew in its place, so that each change is worth it.
fn rewrites(channel: &Channel) -> bool {
    if channel.form() == Form::Hook {
        return true;
    }
    let text = Text::new("", said::all_cases(None));
    let message = Receipt {
        within: String::new(),
        id: String::new(),
        address: String::new(),
        state: None,
        doubles: Vec::new(),
    };
    channel.connector.takes(&Tell::Update(Update { message, about: Subject::Trial, text }))
}

/// A digest of what matters.
pub(super) fn digest<'a>(fields: impl IntoIterator<Item = &'a str>) -> Digest {
    let mut all = Fields::new("holdfast told 1");
    for field in fields {
        all.add(field.as_bytes());
    }
    all.finish()
}
