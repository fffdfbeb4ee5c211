//! What every answer says to the browser, whatever it is an answer to.
//!
//! Knows headers. Must not know requests.

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, HeaderName};
use axum::response::Response;

/// Headers of every answer, with their only value.
static ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (
        // Nothing but our own style, script, images and forms; nobody may frame us.
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
             connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
    // Not `no-referrer`: under it browsers send `Origin: null` with our own forms (Fetch, "append a
    // request Origin header"; Chromium 156 does), and what may come from anywhere is no proof.
    // Other sites learn nothing under this one either.
    (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        // Copying a fix is all that the script asks of the browser.
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), clipboard-read=(), clipboard-write=(self), display-capture=(), \
             geolocation=(), hid=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
        ),
    ),
];

/// Adds them. What does not say how long it may be kept may not be kept.
pub(crate) async fn add(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in &ALWAYS {
        headers.insert(name.clone(), value.clone());
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
