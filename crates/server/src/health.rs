//! Whether the console is well, for whoever watches machines. Strangers may ask: it says how many
//! and when, and never what.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use holdfast_engine::document::written;
use serde::Serialize;

use crate::asked::Asked;

/// How late a look may be before something hangs, in milliseconds: an hour.
const PATIENCE_MS: i64 = 3_600_000;

/// `holdfast/health/1`.
#[derive(Serialize)]
struct Health {
    schema: &'static str,
    /// `ok`; `late` where a look that was due an hour ago has not come.
    status: &'static str,
    /// When something was last looked at, RFC 3339; `None` before the first look.
    looked_at: Option<String>,
    /// How many entries the record has.
    entries: u64,
}

/// `/health`
pub(crate) fn health(asked: &Asked) -> Response {
    let view = asked.app.desk.view();
    let due = view.next_look.map(|due| due.0.saturating_add(PATIENCE_MS));
    let late = due.is_some_and(|due| due < asked.app.desk.now().0);
    let looks = view.assets.iter().flat_map(|asset| &asset.looks);
    let health = Health {
        schema: "holdfast/health/1",
        status: if late { "late" } else { "ok" },
        looked_at: looks.map(|look| look.at).max().map(written),
        entries: view.entries,
    };
    let status = if late { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    // Text and numbers alone: nothing of it can fail to be written.
    let mut json = serde_json::to_string(&health).unwrap_or_default();
    json.push('\n');
    (status, [(CONTENT_TYPE, "application/json")], json).into_response()
}
