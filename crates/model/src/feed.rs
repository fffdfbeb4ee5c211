//! Package feeds: where a tool takes packages from, and which of several it believes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Ecosystem, Place};

/// What a tool does with a feed that it is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedRole {
    /// It is asked instead of the tool's own default.
    Instead,
    /// It is asked besides others, for every name, and the highest version wins, whoever offers it.
    Besides,
    /// It is asked besides others; the first one that knows a name wins.
    Before,
    /// It is asked only for names that say so.
    Named,
}

/// A feed that a tool is told of, by its configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedSource {
    /// The packages it offers.
    pub ecosystem: Ecosystem,
    /// Its address as written, without user and password; `None` for the tool's own default where
    /// the configuration says so in words.
    pub address: Option<Arc<str>>,
    /// What the tool does with it.
    pub role: FeedRole,
    /// The names it alone is asked for, as the tool writes them: `@acme`, `acme.*`. Empty for no
    /// such promise.
    pub names: Vec<Arc<str>>,
    /// Whether the tool is told not to check who answers, or what.
    pub unchecked: bool,
    /// Where it is written.
    pub place: Place,
}

impl FeedSource {
    /// The host of its address, lower case, without port.
    pub fn host(&self) -> Option<String> {
        host_of(self.address.as_deref()?)
    }
}

/// The host of an address, lower case, without user and port; `None` for a path and what is no
/// address (RFC 3986, section 3.2).
pub fn host_of(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => host.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// An address without user and password, which belong in no fact.
pub fn without_user(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_and_secrets_are_not_kept() {
        for (address, host) in [
            ("https://Feed.example/simple", Some("feed.example")),
            ("sparse+https://u:p@feed.example:8443/x", Some("feed.example")),
            ("http://[::1]:80/", Some("::1")),
            ("file:///srv/feed", None),
            ("../feed", None),
        ] {
            assert_eq!(host_of(address).as_deref(), host, "{address}");
        }
        assert_eq!(without_user("https://u:p@feed.example/a@b"), "https://feed.example/a@b");
        assert_eq!(without_user("feed.example/a@b"), "feed.example/a@b");
    }
}
