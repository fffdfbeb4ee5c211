//! Tokens, sessions, links: each opens what it should, once where once is meant, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers"
)]

mod support;

use holdfast_model::Digest;
use holdfast_store::{EntryKind, NewSession, Session, Store, StoreError, Token};
use serde_json::json;
use support::{at, bytes, open, whole};

fn hash(secret: &str) -> Digest {
    Digest::of(secret.as_bytes())
}

fn session(secret: &str, until: i64) -> NewSession {
    NewSession { secret: hash(secret), form_token: format!("form of {secret}"), until: at(until) }
}

async fn sign_in(store: &Store, secret: &str, name: &str, time: i64) -> Option<Session> {
    let session = session(name, time + 100);
    store.sign_in(hash(secret), session, at(time), &mut bytes(7)).await.unwrap()
}

async fn issue(store: &Store, name: &str, secret: &str) {
    store.token_issue(name, hash(secret), "root", at(1), &mut bytes(1)).await.unwrap();
}

#[tokio::test]
async fn a_token_opens_sessions_until_it_is_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    issue(&store, "ada", "secret of ada").await;
    issue(&store, "grace", "secret of grace").await;
    let ada = Token { name: "ada".to_owned(), issued: at(1), revoked: None };
    assert_eq!(store.token_find(hash("secret of ada")).await.unwrap(), Some(ada.clone()));
    assert_eq!(store.token_find(hash("another")).await.unwrap(), None);

    let opened = sign_in(&store, "secret of ada", "one", 2).await.unwrap();
    assert_eq!((opened.name.as_str(), opened.until), ("ada", at(102)));
    assert_eq!(opened.form_token, "form of one");
    assert_eq!(store.session_find(hash("one"), at(3)).await.unwrap(), Some(opened));
    assert!(sign_in(&store, "secret of ada", "two", 2).await.is_some());
    assert!(sign_in(&store, "secret of grace", "three", 2).await.is_some());
    assert_eq!(sign_in(&store, "another", "four", 2).await, None);
    assert_eq!(store.session_find(hash("four"), at(3)).await.unwrap(), None);
    // Not even the hash of a token is a session, nor the other way round.
    assert_eq!(store.session_find(hash("secret of ada"), at(3)).await.unwrap(), None);
    assert_eq!(sign_in(&store, "one", "five", 2).await, None);

    store.link_put(hash("link"), "ada", at(99), at(2)).await.unwrap();
    let revoked = store.token_revoke("ada", "root", at(4), &mut bytes(4)).await.unwrap();
    assert_eq!(revoked, 1);
    assert_eq!(store.token_find(hash("secret of ada")).await.unwrap(), None);
    assert_eq!(sign_in(&store, "secret of ada", "six", 5).await, None);
    assert_eq!(sign_in(&store, "link", "seven", 5).await, None);
    for secret in ["one", "two"] {
        assert_eq!(store.session_find(hash(secret), at(5)).await.unwrap(), None, "{secret}");
    }
    assert!(store.session_find(hash("three"), at(5)).await.unwrap().is_some());
    let tokens = store.tokens().await.unwrap();
    assert_eq!(tokens[0], Token { revoked: Some(at(4)), ..ada });
    assert_eq!((tokens[1].name.as_str(), tokens[1].revoked), ("grace", None));
    // Somebody who comes back gets a new token, and the old one stays worthless.
    issue(&store, "ada", "new secret").await;
    assert!(sign_in(&store, "new secret", "eight", 6).await.is_some());
    assert_eq!(sign_in(&store, "secret of ada", "nine", 6).await, None);
    whole(&store).await;
}

#[tokio::test]
async fn what_happened_stands_in_the_ledger_and_no_secret_does() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    issue(&store, "ada", "secret of ada").await;
    sign_in(&store, "secret of ada", "one", 2).await.unwrap();
    store.token_revoke("ada", "root", at(4), &mut bytes(4)).await.unwrap();
    // Nothing to revoke is nothing that happened.
    let none = store.token_revoke("nobody", "root", at(4), &mut bytes(4)).await.unwrap();
    assert_eq!((none, store.last_checkpoint().await.unwrap().unwrap().size), (0, 4));
    for (seq, who, what, why) in [
        (1, "root", "token_issued", "a token for `ada` was issued"),
        (2, "ada", "signed_in", "signed in with a token"),
        (3, "root", "token_revoked", "the tokens and sessions of `ada` were made worthless"),
    ] {
        let entry = store.entry(seq).await.unwrap();
        assert_eq!((entry.header.kind, entry.header.who.as_str()), (EntryKind::Access, who));
        assert_eq!(entry.payload, Some(json!({"what": what, "name": "ada"})));
        assert_eq!(entry.why.as_deref(), Some(why));
    }
    let mut lines = String::new();
    store
        .export(&mut |line| {
            lines.push_str(line);
            true
        })
        .await
        .unwrap();
    for secret in ["secret of ada", "one"] {
        assert!(!lines.contains(&hash(secret).to_string()), "not even its hash");
    }
    assert!(!lines.contains("form of"));
}

#[tokio::test]
async fn a_link_works_once_and_only_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.link_put(hash("link"), "ada", at(10), at(1)).await.unwrap();
    let (one, two) = (session("one", 100), session("two", 100));
    let (mut a, mut b) = (bytes(1), bytes(2));
    let (one, two) = tokio::join!(
        store.sign_in(hash("link"), one, at(2), &mut a),
        store.sign_in(hash("link"), two, at(2), &mut b),
    );
    let opened: Vec<Session> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
    assert_eq!(opened.len(), 1, "{opened:?}");
    assert_eq!(opened[0].name, "ada");
    let entry = store.entry(1).await.unwrap();
    assert_eq!(entry.why.as_deref(), Some("signed in with a sign-in link"));
    assert_eq!(sign_in(&store, "link", "three", 3).await, None);

    store.link_put(hash("late"), "ada", at(10), at(1)).await.unwrap();
    assert_eq!(sign_in(&store, "late", "four", 10).await, None);
    assert!(sign_in(&store, "late", "five", 9).await.is_some(), "and it was not used up by it");
}

#[tokio::test]
async fn sessions_end() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    issue(&store, "ada", "secret").await;
    sign_in(&store, "secret", "one", 2).await.unwrap();
    sign_in(&store, "secret", "two", 2).await.unwrap();
    assert!(store.session_find(hash("one"), at(101)).await.unwrap().is_some());
    assert_eq!(store.session_find(hash("one"), at(102)).await.unwrap(), None);
    store.session_end(hash("one")).await.unwrap();
    store.session_end(hash("one")).await.unwrap();
    assert_eq!(store.session_find(hash("one"), at(3)).await.unwrap(), None);
    assert!(store.session_find(hash("two"), at(3)).await.unwrap().is_some());
    // Those that are over are deleted when somebody comes in.
    sign_in(&store, "secret", "three", 200).await.unwrap();
    assert_eq!(store.session_find(hash("two"), at(3)).await.unwrap(), None);
}

#[tokio::test]
async fn names_are_those_of_people() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let long = "x".repeat(65);
    for name in ["", " ", " ada", "ada ", "a\nb", "\u{1b}[31m", long.as_str()] {
        let issued = store.token_issue(name, hash("s"), "root", at(1), &mut bytes(1)).await;
        let linked = store.link_put(hash("l"), name, at(9), at(1)).await;
        for error in [issued.unwrap_err(), linked.unwrap_err()] {
            let StoreError::Denied { problem } = error else { panic!("{error}") };
            assert_eq!(problem.code, "access-name");
            assert!(!problem.message.chars().any(char::is_control), "{}", problem.message);
        }
    }
    issue(&store, "Zoe van der Berg", "s").await;
    assert_eq!(store.tokens().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_reader_lets_nobody_in() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    issue(&store, "ada", "secret").await;
    let reader = Store::open_reader(dir.path()).await.unwrap();
    assert!(reader.token_find(hash("secret")).await.unwrap().is_some());
    let error = reader.sign_in(hash("secret"), session("one", 9), at(2), &mut bytes(2)).await;
    assert!(matches!(error, Err(StoreError::ReadOnly { .. })));
}
