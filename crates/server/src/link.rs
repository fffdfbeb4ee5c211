//! The addresses of the console's pages, in one place.
//!
//! Knows how names are written in addresses (RFC 3986). Must not know what stands behind them.

use std::fmt::Write as _;

use holdfast_model::{Digest, Key};

use crate::bundle;

/// The address of the style sheet; it changes with its content.
pub(crate) fn style() -> &'static str {
    bundle::style().path.as_str()
}

/// The address of the script; it changes with its content.
pub(crate) fn script() -> &'static str {
    bundle::script().path.as_str()
}

/// The address of the mark; it changes with its content.
pub(crate) fn mark() -> &'static str {
    bundle::mark().path.as_str()
}

/// The page of a finding.
pub(crate) fn finding(key: Key) -> String {
    format!("/findings/{key}")
}

/// The page of an asset.
pub(crate) fn asset(id: &str) -> String {
    format!("/assets/{}", part(id))
}

/// The page of a plan.
pub(crate) fn plan(id: Digest) -> String {
    format!("/plans/{id}")
}

/// The page of a case.
pub(crate) fn case(id: &str) -> String {
    format!("/cases/{}", part(id))
}

/// The page of one announcement.
pub(crate) fn announcement(id: &str) -> String {
    format!("/announcements?id={}", part(id))
}

/// The page of an entry of the record.
pub(crate) fn entry(seq: u64) -> String {
    format!("/record/{seq}")
}

/// The page of signing in, which leads on to another one.
pub(crate) fn sign_in(to: &str) -> String {
    if to == "/" { "/sign-in".to_owned() } else { format!("/sign-in?to={}", part(to)) }
}

/// A text as one part of a path or as a value of a query: everything but the unreserved characters
/// of RFC 3986, section 2.3, is percent-encoded, bytes of UTF-8 one by one.
pub(crate) fn part(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            other => drop(write!(out, "%{other:02X}")),
        }
    }
    out
}

/// Whether an address leads to a page of this console: a path of our own, never another host's.
/// `//host` and `/\host` are other hosts to browsers (WHATWG URL, "relative slash state"), and
/// they drop tabs and line ends before they look.
pub(crate) fn is_ours(address: &str) -> bool {
    address.starts_with('/')
        && !address.starts_with("//")
        && address.len() <= 2000
        && address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_nothing_that_an_address_gives_a_meaning() {
        assert_eq!(
            asset("repository:git.example/acme/shop"),
            "/assets/repository%3Agit.example%2Facme%2Fshop"
        );
        assert_eq!(part("ä &=?#%"), "%C3%A4%20%26%3D%3F%23%25");
    }

    #[test]
    fn only_paths_of_our_own_are_led_to() {
        for ours in ["/", "/findings?q=a%20b", "/assets/host%3Aa"] {
            assert!(is_ours(ours), "{ours}");
        }
        for foreign in [
            "",
            "findings",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: a=b",
        ] {
            assert!(!is_ours(foreign), "{foreign}");
        }
    }
}
