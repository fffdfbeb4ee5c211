//! Hosts that are looked at by schedule: what was said last counts, and every change has its entry.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers"
)]

mod support;

use holdfast_model::ManagedHost;
use holdfast_store::{EntryKind, Store};
use serde_json::json;
use support::{at, bytes, managed, open, whole};

async fn addresses(store: &Store) -> Vec<String> {
    let hosts = store.hosts().await.unwrap();
    hosts.into_iter().map(|one| one.host.address.to_string()).collect()
}

#[tokio::test]
async fn what_was_said_last_of_a_host_counts() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let both = [managed("ssh://web2"), managed("ssh://web1")];
    let put = store.hosts_put(&both, "ada", "an inventory", at(1), &mut bytes(2)).await.unwrap();
    assert_eq!(put, (2, 0));
    assert_eq!(addresses(&store).await, ["ssh://web1", "ssh://web2"]);
    // The same again is no news.
    let put = store.hosts_put(&both, "ada", "again", at(2), &mut bytes(3)).await.unwrap();
    assert_eq!(put, (0, 0));
    assert_eq!(store.last_checkpoint().await.unwrap().unwrap().size, 3);
    let other = ManagedHost { team: Some("shop".to_owned()), ..managed("ssh://web1") };
    let put = store
        .hosts_put(std::slice::from_ref(&other), "grace", "", at(3), &mut bytes(4))
        .await
        .unwrap();
    assert_eq!(put, (0, 1));
    let known = store.hosts().await.unwrap();
    assert_eq!((&known[0].host, known[0].at, known[0].seq), (&other, at(3), 3));
    let entry = store.entry(3).await.unwrap();
    assert_eq!((entry.header.kind, entry.header.who.as_str()), (EntryKind::Host, "grace"));
    whole(&store).await;
}

#[tokio::test]
async fn a_host_that_is_removed_is_gone_until_somebody_adds_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let both = [managed("ssh://web1"), managed("ssh://web2")];
    store.hosts_put(&both, "ada", "", at(1), &mut bytes(2)).await.unwrap();
    let gone = store.host_remove("ssh://web1", "ada", "retired", at(2), &mut bytes(3)).await;
    assert!(gone.unwrap());
    let gone = store.host_remove("ssh://web1", "ada", "retired", at(3), &mut bytes(4)).await;
    assert!(!gone.unwrap(), "it was gone already");
    let entry = store.entry(3).await.unwrap();
    assert_eq!(entry.payload, Some(json!({"removes": "ssh://web1"})));
    assert_eq!(addresses(&store).await, ["ssh://web2"]);
    let redacted = store.redact(3, "ada", "oops", at(4), &mut bytes(5)).await;
    assert!(redacted.is_err(), "a removal cannot be unsaid");
    let put = store.hosts_put(&both, "ada", "", at(5), &mut bytes(6)).await.unwrap();
    assert_eq!(put, (1, 0));
    store.rebuild().await.unwrap();
    whole(&store).await;
    assert_eq!(addresses(&store).await, ["ssh://web1", "ssh://web2"]);
}
