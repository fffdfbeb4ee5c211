//! Documents for programs, as JSON; each has a `schema`, grows and never renames.
//!
//! Knows addresses and their questions. Must not know how anything is found.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use holdfast_engine::desk::Page;
use serde::Deserialize;

use crate::answer::{self, Refusal};
use crate::asked::Asked;

/// Which part of a list is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    #[serde(default)]
    after: usize,
    #[serde(default)]
    limit: Option<usize>,
}

/// `/api/v1/weaknesses/{id}/assets`
pub(crate) async fn affected(asked: Asked) -> Response {
    let Ok(Query(part)) = Query::<Part>::try_from_uri(&asked.uri) else {
        let what = "the address asks for something unreadable";
        return asked.refuse(
            &Refusal::new(StatusCode::BAD_REQUEST, what).help("it takes `after` and `limit`"),
        );
    };
    let whole = Page::default();
    let limit = part.limit.unwrap_or(whole.limit).min(whole.limit);
    let page = Page { after: part.after, limit };
    match asked.app.desk.affected(asked.named.clone(), page).await {
        Ok(Some(document)) => answer::json(StatusCode::OK, &document),
        Ok(None) => {
            let what = format!("no advisory here is called `{}`", asked.named);
            asked.refuse(&Refusal::new(StatusCode::NOT_FOUND, what))
        }
        Err(problem) => asked.refuse(&Refusal::of(StatusCode::SERVICE_UNAVAILABLE, &problem)),
    }
}
