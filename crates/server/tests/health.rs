//! The health route: what strangers learn, and when somebody ought to look.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "tests may fail loudly"
)]

mod support;

use std::sync::Arc;

use axum::http::StatusCode;
use holdfast_model::Timestamp;
use support::TestDesk;
use support::browser::Browser;

#[tokio::test]
async fn strangers_learn_that_it_is_well_and_no_more() {
    let desk = Arc::new(TestDesk::full());
    let stranger = Browser::new(&desk);
    let answer = stranger.get("/health").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(
        answer.text,
        "{\"schema\":\"holdfast/health/1\",\"status\":\"ok\",\
         \"looked_at\":\"2026-11-21T05:00:00Z\",\"entries\":60}\n"
    );
}

#[tokio::test]
async fn a_look_that_does_not_come_is_late() {
    let desk = Arc::new(TestDesk::full());
    let stranger = Browser::new(&desk);
    let due = support::seed::now().0;
    for (at, status, word) in [
        (due + 3_600_000, StatusCode::OK, "ok"),
        (due + 3_600_001, StatusCode::SERVICE_UNAVAILABLE, "late"),
    ] {
        desk.set_now(Timestamp(at));
        let answer = stranger.get("/health").await;
        assert_eq!(answer.status, status);
        assert!(answer.text.contains(&format!("\"status\":\"{word}\"")), "{}", answer.text);
    }
}

#[tokio::test]
async fn before_the_first_look_nothing_was_looked_at() {
    let desk = Arc::new(TestDesk::empty());
    desk.with(|data| {
        data.view.next_look = None;
        data.view.assets.clear();
    });
    let answer = Browser::new(&desk).get("/health").await;
    assert!(answer.text.contains("\"looked_at\":null"), "{}", answer.text);
}
