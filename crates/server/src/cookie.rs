//! The one cookie: the secret of a session.
//!
//! Knows RFC 6265 as far as one name goes. Must not know what the secret opens.

use axum::http::HeaderValue;
use axum::http::header::{COOKIE, HeaderMap};

use crate::Options;

/// The longest value that can be one of ours.
const MOST: usize = 200;

/// How the cookie is called and what it asks of the browser.
#[derive(Debug)]
pub(crate) struct Cookie {
    name: String,
    secure: bool,
}

impl Cookie {
    /// Over TLS the name begins with `__Host-`, so that no other host may set it (RFC 6265bis,
    /// section 4.1.3.2). Such a cookie has to be `Secure`, and without TLS not every browser keeps
    /// one: Chromium 156 does on loopback, tried with `http://127.0.0.1` and `http://localhost`;
    /// others do not, and on another address none does. There the name has the port instead:
    /// cookies do not know ports, and two consoles on one machine would sign each other's people
    /// out.
    pub(crate) fn new(options: &Options) -> Self {
        let name = if options.secure {
            "__Host-holdfast".to_owned()
        } else {
            format!("holdfast-{}", options.address.port())
        };
        Self { name, secure: options.secure }
    }

    /// The secret that a request brings along.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Option<String> {
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == self.name)
            .map(|(_, value)| value)
            .filter(|value| !value.is_empty() && value.len() <= MOST && is_plain(value))
            .map(str::to_owned)
    }

    /// Gives the browser a secret for so many seconds; `None` for one that cannot be written.
    pub(crate) fn give(&self, secret: &str, seconds: i64) -> Option<HeaderValue> {
        let plain = !secret.is_empty() && secret.len() <= MOST && is_plain(secret);
        if !plain {
            return None;
        }
        let mut value = HeaderValue::from_str(&self.written(secret, seconds.max(0))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Takes it back.
    pub(crate) fn take_back(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.written("", 0)).ok()
    }

    fn written(&self, secret: &str, seconds: i64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = &self.name;
        format!("{name}={secret}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Strict{secure}")
    }
}

/// Letters and digits need no quoting anywhere; so do these marks of base64url.
fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(secure: bool) -> Cookie {
        let address = "127.0.0.1:7414".parse().unwrap();
        Cookie::new(&Options { address, hosts: Vec::new(), secure })
    }

    #[test]
    fn over_tls_it_belongs_to_one_host() {
        let given = cookie(true).give("abc", 60).unwrap();
        assert_eq!(
            given,
            "__Host-holdfast=abc; Max-Age=60; Path=/; HttpOnly; SameSite=Strict; Secure"
        );
        assert!(given.is_sensitive());
    }

    #[test]
    fn without_tls_it_belongs_to_one_port() {
        assert_eq!(
            cookie(false).give("abc", 60).unwrap(),
            "holdfast-7414=abc; Max-Age=60; Path=/; HttpOnly; SameSite=Strict"
        );
        assert_eq!(
            cookie(false).take_back().unwrap(),
            "holdfast-7414=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"
        );
        assert!(cookie(false).give("a;b", 60).is_none());
    }

    #[test]
    fn it_is_found_among_others() {
        let read = |line: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(line));
            cookie(false).read(&headers)
        };
        assert_eq!(read("a=b; holdfast-7414=abc; c=d").as_deref(), Some("abc"));
        for none in ["", "a=b", "holdfast-7414=", "holdfast-7415=abc", "holdfast-7414=a b", "="] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
