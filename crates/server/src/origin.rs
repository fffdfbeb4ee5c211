//! Who asks, as far as the browser says: by which name we were called, and from which site.
//!
//! Knows `Host` (RFC 9110, section 7.2), `Origin` (RFC 6454) and fetch metadata (W3C). Must not
//! know sessions: what stands here holds before anybody is recognised.

use std::net::IpAddr;

use axum::http::header::{HOST, HeaderMap, HeaderValue, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{Method, Uri};

use crate::Options;

/// The names by which we may be called, in lower case and with their port where it is not the
/// scheme's own.
#[derive(Debug)]
pub(crate) struct Hosts {
    names: Vec<String>,
    scheme: &'static str,
}

impl Hosts {
    /// The address that was bound, the names of loopback where that address takes them, and what
    /// the options add.
    pub(crate) fn new(options: &Options) -> Self {
        let scheme = if options.secure { "https" } else { "http" };
        let mut names: Vec<String> = options.hosts.iter().map(|name| bare(name, scheme)).collect();
        let (address, port) = (options.address.ip(), options.address.port());
        let mut add = |name: &str| names.push(bare(&format!("{name}:{port}"), scheme));
        match address {
            // Somebody who binds all addresses says in the options by which names.
            _ if address.is_unspecified() => {}
            IpAddr::V4(address) => add(&address.to_string()),
            IpAddr::V6(address) => add(&format!("[{address}]")),
        }
        if address.is_loopback() || address.is_unspecified() {
            ["localhost", "127.0.0.1", "[::1]"].into_iter().for_each(add);
        }
        Self { names, scheme }
    }

    /// The name by which a request calls us, where it is one of ours. A page of somebody else whose
    /// name leads to our address (DNS rebinding) calls us by its own.
    pub(crate) fn called(&self, uri: &Uri, headers: &HeaderMap) -> Option<&str> {
        let mut hosts = headers.get_all(HOST).iter();
        let host = hosts.next()?.to_str().ok()?;
        let ours = self.find(host)?;
        // An absolute address counts more than the header, so that the two must not differ.
        let agrees = uri.authority().is_none_or(|name| self.find(name.as_str()) == Some(ours));
        (agrees && hosts.next().is_none()).then_some(ours)
    }

    fn find(&self, host: &str) -> Option<&str> {
        // Whether it is a name at all is not guessed from its text.
        host.parse::<Authority>().ok()?;
        let host = bare(host, self.scheme);
        self.names.iter().map(String::as_str).find(|name| *name == host)
    }

    /// Whether an origin is the page that we ourselves are under that name.
    fn is_origin(&self, called: &str, origin: &str) -> bool {
        origin
            .split_once("://")
            .is_some_and(|(scheme, host)| scheme == self.scheme && bare(host, scheme) == called)
    }
}

/// A host in lower case, without the port that its scheme has anyway.
fn bare(host: &str, scheme: &str) -> String {
    let host = host.to_ascii_lowercase();
    let port = if scheme == "https" { ":443" } else { ":80" };
    host.strip_suffix(port).map(str::to_owned).unwrap_or(host)
}

/// From where a request comes, as the browser says: `Sec-Fetch-Site`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// From a page of ours.
    SameOrigin,
    /// From the person: the address bar, a bookmark, another program.
    Person,
    /// From a page of somebody else, be it on this machine.
    Other,
    /// The browser does not say, or it is no browser.
    Unsaid,
}

impl Site {
    /// What the header says; a word that nobody knows is somebody else's.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
            None => Self::Unsaid,
            Some(b"same-origin") => Self::SameOrigin,
            Some(b"none") => Self::Person,
            Some(_) => Self::Other,
        }
    }
}

/// Whether a request is made ahead of a person's wish: nothing may be used up by it.
pub(crate) fn is_ahead(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-moz"].iter().any(|name| {
        let value = headers.get(*name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.contains("prefetch") || value.contains("prerender") || value.contains("preview")
    })
}

/// Whether a page may make this request of us.
///
/// A change needs a page of our own, and somebody who says so: a browser that sends neither
/// `Origin` nor `Sec-Fetch-Site` with a form is older than either. To look, others may lead a
/// person here by a link, and load nothing of ours into their pages.
pub(crate) fn may_ask(hosts: &Hosts, called: &str, method: &Method, headers: &HeaderMap) -> bool {
    let site = Site::of(headers);
    if method == Method::GET || method == Method::HEAD {
        let is = |name: &str, word: &[u8]| {
            headers.get(name).is_some_and(|value| value.as_bytes() == word)
        };
        return site != Site::Other
            || (is("sec-fetch-mode", b"navigate") && is("sec-fetch-dest", b"document"));
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = origins.next().map(|value| value.to_str().unwrap_or_default());
    let same = origin.is_none_or(|origin| hosts.is_origin(called, origin));
    let said = origin.is_some() || site == Site::SameOrigin;
    same && said && origins.next().is_none() && matches!(site, Site::SameOrigin | Site::Unsaid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(address: &str, more: &[&str], secure: bool) -> Hosts {
        let more = more.iter().map(|name| (*name).to_owned()).collect();
        Hosts::new(&Options { address: address.parse().unwrap(), hosts: more, secure })
    }

    fn with(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn we_are_called_by_our_names_only() {
        let home = hosts("127.0.0.1:7414", &[], false);
        let page = Uri::from_static("/");
        let called = |host| home.called(&page, &with(&[("host", host)]));
        for ours in ["127.0.0.1:7414", "localhost:7414", "LOCALHOST:7414", "[::1]:7414"] {
            assert!(called(ours).is_some(), "{ours}");
        }
        for foreign in [
            "evil.example",
            "evil.example:7414",
            "localhost",
            "localhost:80",
            "localhost.evil.example:7414",
            "a@localhost:7414",
            "localhost:7414 ",
            "",
        ] {
            assert_eq!(called(foreign), None, "{foreign}");
        }
        assert_eq!(home.called(&page, &with(&[])), None);
        let two = with(&[("host", "localhost:7414"), ("host", "evil.example")]);
        assert_eq!(home.called(&page, &two), None);
        let absolute = Uri::from_static("http://evil.example/");
        assert_eq!(home.called(&absolute, &with(&[("host", "localhost:7414")])), None);
    }

    #[test]
    fn all_addresses_have_no_name_that_was_not_given() {
        let open = hosts("0.0.0.0:443", &["console.example"], true);
        let page = Uri::from_static("/");
        let called = |host| open.called(&page, &with(&[("host", host)]));
        assert_eq!(called("console.example:443"), Some("console.example"));
        assert_eq!(called("localhost"), Some("localhost"));
        assert_eq!(called("0.0.0.0"), None);
        assert_eq!(called("192.0.2.7"), None);
    }

    #[test]
    fn changes_come_from_our_own_pages() {
        let home = hosts("127.0.0.1:7414", &[], false);
        let may = |pairs: &[(&'static str, &'static str)]| {
            may_ask(&home, "localhost:7414", &Method::POST, &with(pairs))
        };
        assert!(may(&[("origin", "http://localhost:7414"), ("sec-fetch-site", "same-origin")]));
        assert!(may(&[("origin", "http://localhost:7414")]));
        assert!(may(&[("sec-fetch-site", "same-origin")]));
        for refused in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "null"), ("sec-fetch-site", "same-origin")],
            &[("origin", "http://evil.example")],
            &[("origin", "https://localhost:7414")],
            &[("origin", "http://localhost:7415"), ("sec-fetch-site", "same-site")],
            // Another name of ours is another origin all the same.
            &[("origin", "http://127.0.0.1:7414")],
            &[("origin", "http://localhost:7414"), ("sec-fetch-site", "cross-site")],
            &[("origin", "http://localhost:7414"), ("origin", "http://evil.example")],
            &[("sec-fetch-site", "none")],
        ] {
            assert!(!may(refused), "{refused:?}");
        }
    }

    #[test]
    fn others_may_lead_here_and_load_nothing() {
        let home = hosts("127.0.0.1:7414", &[], false);
        let may = |pairs: &[(&'static str, &'static str)]| {
            may_ask(&home, "localhost:7414", &Method::GET, &with(pairs))
        };
        let lead = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert!(may(&[lead[0], lead[1], ("sec-fetch-dest", "document")]));
        assert!(!may(&[lead[0], lead[1], ("sec-fetch-dest", "iframe")]));
        assert!(!may(&[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")]));
        assert!(may(&[]) && may(&[("sec-fetch-site", "none")]));
    }
}
