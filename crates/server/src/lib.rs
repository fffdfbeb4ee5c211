//! The console: server-rendered pages over the desk of the engine.
//!
//! Knows HTTP, HTML and the desk. Must not know the record, files or how anything is found.
//!
//! Every request goes the same way: `headers` (around all answers), `origin` (for whom we answer at
//! all), `routes` (the one list of what there is), `door` (session, permission, form), and then the
//! handler in `read`, `deed`, `sign_in`, `events` or `health`, which gets an `Asked` and returns an
//! answer. What a page looks like stands in `page`.

mod answer;
mod app;
mod asked;
mod bundle;
mod cookie;
mod deed;
mod document;
mod door;
mod events;
mod form;
mod headers;
mod health;
mod link;
mod notices;
mod origin;
pub mod page;
mod read;
mod routes;
mod serve;
mod sign_in;
mod stale;

use std::net::SocketAddr;

pub use app::Closing;
pub use routes::{Kind, Permission, ROUTES, Route, Verb, router};
pub use serve::serve;

/// Every code of a problem that the console reports, with what it means.
pub const CODES: &[(&str, &str)] =
    &[("console-listener", "the console cannot listen on its address")];

/// How people reach the console.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address the console listens on.
    pub address: SocketAddr,
    /// Names and ports by which people reach it besides that address and the names of this
    /// machine's loopback, as they stand in the address bar: `console.example`, `console.example:8443`.
    pub hosts: Vec<String>,
    /// Whether they reach it over TLS, which somebody else ends in front of it.
    pub secure: bool,
}

#[cfg(test)]
mod tests {
    /// Problems are made in one file; whoever makes them in another adds it here.
    #[test]
    fn every_code_that_is_used_is_listed_and_no_other() {
        let source = include_str!("serve.rs");
        let used =
            source.split("Problem::new(\"").skip(1).filter_map(|rest| rest.split('"').next());
        let listed = super::CODES.iter().map(|(code, _)| *code);
        assert_eq!(used.collect::<Vec<_>>(), listed.collect::<Vec<_>>());
    }
}
