//! What each page costs: `pages [FINDINGS]`, over made-up data, from the request to the last byte
//! of the answer.
//!
//! Each figure is one line of `name value unit`, which `cargo xtask bench` reads. Every page is
//! asked for once a round, so that a busy moment of the machine falls on all of them; the first
//! round only warms the caches. CPU is user plus system time of this process, which does nothing
//! else. What the record costs to read is not in it: this desk keeps its entries in memory.
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
#![expect(clippy::cast_precision_loss, reason = "seconds and bytes stay below 2^53")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use support::TestDesk;
use support::browser::Browser;
use support::seed::{SHOP, WEB};

const ROUNDS: usize = 31;

/// A page, and what it took.
struct Asked {
    name: &'static str,
    address: String,
    seconds: Vec<f64>,
    bytes: usize,
}

fn main() {
    let count = std::env::args().nth(1).map_or(10_000, |count| count.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(measure(count));
}

/// CPU seconds of this process so far, to the nanosecond.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

async fn measure(count: usize) {
    let desk = Arc::new(TestDesk::of(count));
    let alice = Browser::new(&desk).signed_in("alice").await;
    let mut pages = pages(&desk);
    for round in 0..=ROUNDS {
        for page in &mut pages {
            let before = cpu();
            let answer = alice.get(&page.address).await;
            let took = cpu() - before;
            assert!(answer.status.is_success(), "{}: {}", page.address, answer.status);
            page.bytes = answer.text.len();
            if round > 0 {
                page.seconds.push(took);
            }
        }
    }
    println!("findings {} findings", desk.with(|data| data.view.findings.len()));
    println!("rounds {ROUNDS} rounds");
    for mut page in pages {
        page.seconds.sort_by(f64::total_cmp);
        let name = page.name;
        println!("{name}-least {} ms", page.seconds[0] * 1e3);
        println!("{name}-median {} ms", page.seconds[page.seconds.len() / 2] * 1e3);
        println!("{name}-size {} bytes", page.bytes);
    }
}

/// Every kind of page, and of the longest lists those that look at the most.
fn pages(desk: &TestDesk) -> Vec<Asked> {
    let (key, plan) = desk.with(|data| (data.view.findings[0].key, data.view.plans[0].id));
    let asset = |id: &str| format!("/assets/{}", id.replace(':', "%3A").replace('/', "%2F"));
    let page = |name, address: String| Asked { name, address, seconds: Vec::new(), bytes: 0 };
    vec![
        page("today", "/".to_owned()),
        page("findings", "/findings".to_owned()),
        page("findings-last", "/findings?state=any&page=1000000".to_owned()),
        page(
            "findings-filtered",
            "/findings?severity=now&kind=package&team=operations&stage=production".to_owned(),
        ),
        page("findings-searched", "/findings?state=any&q=openssl+web".to_owned()),
        // Every finding is searched to its end.
        page("findings-not-found", "/findings?state=any&q=nowhere-at-all".to_owned()),
        page("finding", format!("/findings/{key}")),
        page("assets", "/assets".to_owned()),
        page("asset", asset(SHOP)),
        page("asset-packages", format!("{}?tab=packages", asset(WEB))),
        page("asset-controls", format!("{}?tab=controls", asset(WEB))),
        page("plans", "/plans".to_owned()),
        page("plan", format!("/plans/{plan}")),
        page("timeline", "/timeline".to_owned()),
        page("timeline-week", "/timeline?since=7d&q=session".to_owned()),
        page("cases", "/cases".to_owned()),
        page("announcements", "/announcements".to_owned()),
        page("mending", "/mending".to_owned()),
        page("settings", "/settings".to_owned()),
        page("rules", "/rules".to_owned()),
        page("record", "/record".to_owned()),
        page("entry", "/record/3".to_owned()),
        page("health", "/health".to_owned()),
    ]
}
