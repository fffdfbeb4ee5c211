//! What each page costs: `pages [FINDINGS]` prints milliseconds of one thread for every page over
//! made-up data, the least of some rounds, from the request to the last byte of the answer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "a tool for developers, over the desk of the tests"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use support::TestDesk;
use support::browser::Browser;

const ROUNDS: usize = 20;

fn main() {
    let count = std::env::args().nth(1).map_or(10_000, |count| count.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(measure(count));
}

async fn measure(count: usize) {
    let desk = Arc::new(TestDesk::of(count));
    let alice = Browser::new(&desk).signed_in("alice").await;
    let (key, plan) = desk.with(|data| (data.view.findings[0].key, data.view.plans[0].id));
    let pages = [
        "/".to_owned(),
        "/findings".to_owned(),
        "/findings?q=openssl+web".to_owned(),
        "/findings?state=any&page=100".to_owned(),
        "/findings?severity=now&kind=package&team=operations".to_owned(),
        format!("/findings/{key}"),
        "/assets".to_owned(),
        "/assets/repository%3Agit.example%2Facme%2Fshop".to_owned(),
        "/assets/host%3A6f1d8f0e0a6b4c55a1f2c9d3e4b7a810?tab=packages".to_owned(),
        "/plans".to_owned(),
        format!("/plans/{plan}"),
        "/rules".to_owned(),
        "/record".to_owned(),
        "/record/3".to_owned(),
        "/health".to_owned(),
    ];
    println!("{count} findings, least of {ROUNDS} rounds");
    for page in pages {
        let mut least = Duration::MAX;
        let mut bytes = 0;
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            let answer = alice.get(&page).await;
            least = least.min(begin.elapsed());
            assert!(answer.status.is_success(), "{page}: {}", answer.status);
            bytes = answer.text.len();
        }
        println!("{:>8.2} ms {:>7} bytes  {page}", least.as_secs_f64() * 1000.0, bytes);
    }
}
