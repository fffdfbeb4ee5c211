//! A desk over values in memory, with the rules of the real one about who may say yes to what.
//! Tests ask it what became of things; `examples/preview.rs` serves it to people.

pub mod browser;
pub mod deeds;
pub mod deeds_of_events;
pub mod seed;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_engine::desk::{
    Action, Affected, AssetDetail, Body, Boxed, Desk, Detail, Done, EntryDetail, EntryRow,
    EventRow, Page, Person, Session, View,
};
use holdfast_model::{Digest, Key, Problem, Timestamp};
use tokio::sync::watch;

/// People of the desk, each with the token `token-of-NAME` and the one-time link `link-of-NAME`.
pub const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];

/// What the desk knows beside its lists.
pub struct Data {
    pub view: View,
    pub details: BTreeMap<Key, Detail>,
    pub assets: BTreeMap<String, Arc<AssetDetail>>,
    pub entries: Vec<EntryDetail>,
    /// Newest first.
    pub events: Vec<EventRow>,
    /// Who asked for an acceptance that nobody said yes to.
    pub asked: BTreeMap<Key, (String, jiff::civil::Date, String)>,
    tokens: HashMap<String, String>,
    links: HashMap<String, String>,
    sessions: HashMap<String, Session>,
    opened: u64,
    /// The desk fails with this, whatever it is asked.
    pub broken: Option<Problem>,
    /// It does nothing, because of this.
    pub refuses: Option<Problem>,
    /// Every action that was asked for, in order.
    pub acts: Vec<(String, Action)>,
}

/// The desk.
pub struct TestDesk {
    data: Mutex<Data>,
    shown: Mutex<Arc<View>>,
    now: Mutex<Timestamp>,
    changes: watch::Sender<u64>,
}

impl TestDesk {
    /// Two hosts, a repository and a folder with everything that can be shown.
    pub fn full() -> Self {
        Self::over(seed::full(0))
    }

    /// The same with generated findings, so that there are that many.
    pub fn of(findings: usize) -> Self {
        Self::over(seed::full(findings))
    }

    /// Looked at, and nothing found.
    pub fn empty() -> Self {
        Self::over(seed::empty())
    }

    /// The full one, which says of itself that it is made up.
    pub fn demo() -> Self {
        let desk = Self::full();
        desk.with(|data| data.view.demo = true);
        desk
    }

    /// The full one, nine days later: no look came.
    pub fn stale() -> Self {
        let desk = Self::full();
        *lock(&desk.now) = seed::now().plus_days(9);
        desk
    }

    fn over(seed: seed::Seed) -> Self {
        let named = |what: &str| {
            PEOPLE.iter().map(|name| (format!("{what}-of-{name}"), (*name).to_owned())).collect()
        };
        let shown = Arc::new(seed.view.clone());
        let data = Data {
            view: seed.view,
            details: seed.details,
            assets: seed.assets,
            entries: seed.entries,
            events: seed.events,
            asked: BTreeMap::new(),
            tokens: named("token"),
            links: named("link"),
            sessions: HashMap::new(),
            opened: 0,
            broken: None,
            refuses: None,
            acts: Vec::new(),
        };
        Self {
            data: Mutex::new(data),
            shown: Mutex::new(shown),
            now: Mutex::new(seed::now()),
            changes: watch::Sender::new(1),
        }
    }

    /// Looks into the desk, or changes it behind everybody's back.
    pub fn with<T>(&self, look: impl FnOnce(&mut Data) -> T) -> T {
        let mut data = lock(&self.data);
        let out = look(&mut data);
        self.publish(&data);
        out
    }

    /// Another day.
    pub fn set_now(&self, now: Timestamp) {
        *lock(&self.now) = now;
    }

    fn publish(&self, data: &Data) {
        *lock(&self.shown) = Arc::new(data.view.clone());
        self.changes.send_modify(|number| *number += 1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers at once.
fn ready<'a, T: Send + 'a>(value: T) -> Boxed<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Desk for TestDesk {
    fn now(&self) -> Timestamp {
        *lock(&self.now)
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&lock(&self.shown))
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn asset(&self, id: &str) -> Option<Arc<AssetDetail>> {
        lock(&self.data).assets.get(id).cloned()
    }

    fn finding(&self, key: Key) -> Boxed<'_, Result<Option<Detail>, Problem>> {
        let data = lock(&self.data);
        if let Some(problem) = data.broken.clone() {
            return ready(Err(problem));
        }
        ready(Ok(deeds::detail(&data, key)))
    }

    fn timeline(&self, since: Timestamp) -> Boxed<'_, Result<Vec<EventRow>, Problem>> {
        let data = lock(&self.data);
        if let Some(problem) = data.broken.clone() {
            return ready(Err(problem));
        }
        let rows = data.events.iter().filter(|row| row.at >= since).take(10_000);
        ready(Ok(rows.cloned().collect()))
    }

    fn entries(&self, below: Option<u64>, most: u32) -> Boxed<'_, Result<Vec<EntryRow>, Problem>> {
        let data = lock(&self.data);
        if let Some(problem) = data.broken.clone() {
            return ready(Err(problem));
        }
        let rows = data.entries.iter().rev().map(|entry| entry.row.clone());
        let rows = rows.filter(|row| below.is_none_or(|below| row.seq < below));
        ready(Ok(rows.take(most as usize).collect()))
    }

    fn entry(&self, seq: u64) -> Boxed<'_, Result<Option<EntryDetail>, Problem>> {
        let data = lock(&self.data);
        ready(Ok(data.entries.iter().find(|entry| entry.row.seq == seq).cloned()))
    }

    fn affected(&self, id: String, page: Page) -> Boxed<'_, Result<Option<Affected>, Problem>> {
        let data = lock(&self.data);
        if let Some(problem) = data.broken.clone() {
            return ready(Err(problem));
        }
        let known = !id.starts_with("CVE-0000");
        ready(Ok(known.then(|| seed::affected(&id, page))))
    }

    fn act(&self, who: Person, action: Action) -> Boxed<'_, Result<Done, Problem>> {
        let now = self.now();
        let mut data = lock(&self.data);
        if let Some(problem) = data.broken.clone().or_else(|| data.refuses.clone()) {
            return ready(Err(problem));
        }
        data.acts.push((who.name.clone(), action.clone()));
        let done = deeds::act(&mut data, &who.name, &action, now);
        if done.is_ok() {
            self.publish(&data);
        }
        ready(done)
    }

    fn sign_in(&self, secret: String) -> Boxed<'_, Result<Option<(String, Session)>, Problem>> {
        let now = self.now();
        let mut data = lock(&self.data);
        if let Some(problem) = data.broken.clone() {
            return ready(Err(problem));
        }
        let who = data.tokens.get(&secret).cloned().or_else(|| data.links.remove(&secret));
        let Some(name) = who else {
            return ready(Ok(None));
        };
        data.opened += 1;
        let made = |what: &str| Digest::of(format!("{what} {}", data.opened).as_bytes());
        let opened = made("session").to_string();
        let session = Session {
            person: Person { name },
            form_token: made("form token").to_string(),
            until: now.plus_days(1),
        };
        data.sessions.insert(opened.clone(), session.clone());
        ready(Ok(Some((opened, session))))
    }

    fn bearer(&self, token: String) -> Boxed<'_, Result<Option<Person>, Problem>> {
        let data = lock(&self.data);
        if let Some(problem) = data.broken.clone() {
            return ready(Err(problem));
        }
        ready(Ok(data.tokens.get(&token).map(|name| Person { name: name.clone() })))
    }

    fn session(&self, secret: String) -> Boxed<'_, Result<Option<Session>, Problem>> {
        let now = self.now();
        let data = lock(&self.data);
        if let Some(problem) = data.broken.clone() {
            return ready(Err(problem));
        }
        let session = data.sessions.get(&secret).filter(|session| session.until > now);
        ready(Ok(session.cloned()))
    }

    fn sign_out(&self, secret: String) -> Boxed<'_, Result<(), Problem>> {
        lock(&self.data).sessions.remove(&secret);
        ready(Ok(()))
    }
}

/// An entry of the record, with a proof that nobody checks here.
pub fn entry(row: EntryRow, json: String) -> EntryDetail {
    let proof = format!(
        "c2sp.org/tlog-proof@v1\nindex {}\n{}\n\nholdfast.example/record\n{}\n",
        row.seq,
        Digest::of(json.as_bytes()),
        row.seq + 1,
    );
    let size = row.seq + 1;
    EntryDetail { row, body: Body::Json(json), proof, holds: true, size }
}
