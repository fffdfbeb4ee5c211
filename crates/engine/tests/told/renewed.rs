//! A sync that brings something new: teams are told, and nothing was looked at again.

use holdfast_engine::renew::{self, Renewed};
use holdfast_engine::sync::{self, Journal, Request, Source, Sources};
use holdfast_model::{Standing, State};
use holdfast_store::{ADVISORIES, Filter, Store};
use holdfast_world::Reach;

use super::*;
use support::{record, records};

/// A second hole of `tiller`, which 1.0.0 has.
const NEW: &str = "CVE-2026-90009";

fn new() -> String {
    record("RUSTSEC-2026-9009", NEW, "crates.example", "tiller", "1.0.4")
}

/// The shop as it was looked at, with this index and a feed of these records beside it.
fn feed(data: &Path, partner: &Arc<Partner>, index: &[u8], records: &[String], at: i64) -> World {
    let mut recorded = recorded_with(data, partner, index, at);
    for (number, text) in records.iter().enumerate() {
        recorded = recorded.file(format!("/feed/{number}.json"), text.as_str());
    }
    World::recorded(recorded)
}

/// Brings a feed in and findings up to date.
async fn synced(world: &World, data: &Path) -> Renewed {
    let from = vec![Source::Path("/feed".into())];
    let reach = Reach { private: false, loopback: false };
    let sources = Sources { from, kev: None, epss: None };
    let request = Request { sources, reach, offline: true };
    let report = sync::sync(world, data, &request, &|_| {}).unwrap();
    assert_eq!(report.digest.as_deref(), Some(&*now(world, data)));
    renew::alone(world, data, &Options::default()).await.unwrap().unwrap()
}

fn now(world: &World, data: &Path) -> String {
    sync::status(world, data).digest.unwrap()
}

async fn of(store: &Store, weakness: &str) -> Vec<(State, String)> {
    let all = store.findings(&Filter::default()).await.unwrap();
    let all = all.into_iter().filter(|one| &*one.finding.weakness.id.0 == weakness);
    all.map(|one| (one.finding.state, one.finding.title)).collect()
}

#[tokio::test]
async fn a_sync_opens_withdraws_and_tells_without_another_look() {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    look(&data, &partner, TICKETS, "1.0.0", NOW).await;
    assert_eq!(partner.titles().len(), 2);
    let store = record::reader(&data).await.unwrap().unwrap();
    let before = store.asset_observations().await.unwrap();
    drop(store);
    // The first sync brings the starter set beside what was known: no news for anybody here.
    let world = feed(&data, &partner, &INDEX, &records(), NOW + HOUR / 2);
    let renewed = synced(&world, &data).await;
    assert_eq!((renewed.everything, renewed.opened, renewed.withdrawn), (false, 0, 0));
    let index = compiled(&world, &data);

    let more: Vec<String> = records().into_iter().chain([new()]).collect();
    let world = feed(&data, &partner, &index, &more, NOW + HOUR);
    let renewed = synced(&world, &data).await;
    assert_eq!((renewed.weaknesses, renewed.everything), (1, false), "{renewed:?}");
    assert_eq!((renewed.opened, renewed.assets, renewed.withdrawn), (1, 1, 0), "{renewed:?}");
    let [journal] = Journal::read(&world, &data).syncs.try_into().unwrap();
    assert_eq!((journal.came, journal.changed, journal.gone), (1, 0, 0));
    let titles = partner.titles();
    assert_eq!(titles.len(), 3, "{titles:?}");
    // A second time there is no news, and nobody is told again.
    let again = renew::alone(&world, &data, &Options::default()).await.unwrap().unwrap();
    assert_eq!(again, Renewed::default());
    assert_eq!(partner.titles().len(), 3);

    let store = record::reader(&data).await.unwrap().unwrap();
    let [(state, title)]: [(State, String); 1] = of(&store, NEW).await.try_into().unwrap();
    assert_eq!(state, State::Open);
    assert!(title.starts_with("tiller 1.0.0"), "{title}");
    // It is no look: what was looked at, and when, is as before.
    assert_eq!(store.asset_observations().await.unwrap(), before);
    let shop = &before.iter().find(|one| one.standing == Standing::Trunk).unwrap().asset;
    let said = store.last_observation_by(shop, Standing::Trunk, Some(ADVISORIES)).await.unwrap();
    assert_eq!(said.unwrap().advisories.to_string(), now(&world, &data));
    assert_eq!(store.verify(None).await.unwrap().broken, []);
    drop(store);

    // The next look finds the same finding, and takes it for no news.
    let index = compiled(&world, &data);
    let later = World::recorded(recorded_with(&data, &partner, &index, NOW + 2 * HOUR));
    up(&later, &data, StoreOptions::default()).await.unwrap();
    assert_eq!((partner.titles().len(), partner.comments().len()), (3, 0));

    // The record is taken back: what it alone had said is withdrawn, and nothing else.
    let later = feed(&data, &partner, &index, &records(), NOW + 3 * HOUR);
    let renewed = synced(&later, &data).await;
    assert_eq!((renewed.opened, renewed.withdrawn), (0, 1), "{renewed:?}");
    let store = record::reader(&data).await.unwrap().unwrap();
    let [(state, _)]: [(State, String); 1] = of(&store, NEW).await.try_into().unwrap();
    assert_eq!(state, State::Withdrawn);
    let open = Filter { open_only: true, ..Filter::default() };
    let open = store.findings(&open).await.unwrap();
    assert!(open.iter().any(|one| &*one.finding.weakness.id.0 == support::TILLER));
    assert_eq!(store.verify(None).await.unwrap().broken, []);
    let [comment] = partner.comments().try_into().unwrap();
    assert!(comment.contains("tiller"), "{comment}");
}

fn recorded_with(data: &Path, partner: &Arc<Partner>, index: &[u8], at: i64) -> Recorded {
    shop(data, partner, TICKETS, "1.0.0", at).file(data.join("advisories.index"), index)
}

/// The index that a sync made.
fn compiled(world: &World, data: &Path) -> Vec<u8> {
    world.files.read(Path::new("/"), &data.join("advisories.index"), 1 << 30).unwrap()
}
