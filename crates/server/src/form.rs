//! What a form brings along.
//!
//! Knows `application/x-www-form-urlencoded` (WHATWG URL, section 5) and its limits. Must not know
//! what the fields mean.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Form as Fields, FromRequest as _, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, HeaderMap};
use axum::response::IntoResponse as _;

/// The most bytes of a form: many reasons long, and a list of a thousand keys.
pub(crate) const MOST: usize = 64 * 1024;
/// How long a form may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// The fields of a form, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body of a request; the status says why it cannot be read.
    pub(crate) async fn read(request: Request) -> Result<Self, StatusCode> {
        let (parts, body) = request.into_parts();
        let bytes = match tokio::time::timeout(PATIENCE, to_bytes(body, MOST)).await {
            Err(_) => return Err(StatusCode::REQUEST_TIMEOUT),
            // What else can go wrong with a body leaves nobody to answer.
            Ok(Err(_)) => return Err(StatusCode::PAYLOAD_TOO_LARGE),
            Ok(Ok(bytes)) => bytes,
        };
        let whole = Request::from_parts(parts, Body::from(bytes));
        match Fields::<Vec<(String, String)>>::from_request(whole, &()).await {
            Ok(Fields(fields)) => Ok(Self(fields)),
            Err(refused) => Err(match refused.into_response().status() {
                StatusCode::UNSUPPORTED_MEDIA_TYPE => StatusCode::UNSUPPORTED_MEDIA_TYPE,
                _ => StatusCode::BAD_REQUEST,
            }),
        }
    }

    /// The value of a field that is there once.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        let mut values = self.all(name);
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }

    /// The values of a field that may be there several times.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a request says itself that its body is too long.
pub(crate) fn is_oversized(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.is_some_and(|length| length.parse().map_or(true, |length: usize| length > MOST))
}
