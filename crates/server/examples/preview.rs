//! Serves the console over made-up data, to look at: `preview PORT full|empty|stale|demo|NUMBER`, where
//! the number is that of findings. Prints a sign-in link; alice, bob and carol have the tokens
//! `token-of-alice` and so on.
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

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use holdfast_server::{Options, serve};
use support::TestDesk;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let port = args.first().map_or(7414, |port| port.parse().expect("a port"));
    let desk = match args.get(1).map(String::as_str) {
        None | Some("full") => TestDesk::full(),
        Some("empty") => TestDesk::empty(),
        Some("stale") => TestDesk::stale(),
        Some("demo") => TestDesk::demo(),
        Some(number) => TestDesk::of(number.parse().expect("full, empty, stale, demo or a number")),
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a free port");
    let address: SocketAddr = listener.local_addr().expect("an address");
    println!("http://{address}/sign-in?link=link-of-alice");
    let options = Options { address, hosts: Vec::new(), secure: false };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.expect("a runtime").block_on(serve(
        listener,
        Arc::new(desk),
        &options,
        std::future::pending(),
    ));
    served.expect("the console is served");
}
