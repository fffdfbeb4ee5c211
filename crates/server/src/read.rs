//! Pages to look at. Each takes what it shows from the desk and hands it to `page`.
//!
//! Knows which values a page needs. Must not know how they look.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::{IntoResponse, Response};
use holdfast_model::{Digest, Key, Problem};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::answer::{self, Refusal};
use crate::asked::Asked;
use crate::page;

/// Entries of the record on one page.
const ENTRIES: u32 = 50;

fn shown(page: maud::Markup) -> Response {
    answer::page(StatusCode::OK, page)
}

/// What an address asks for; where it asks for the same thing twice, it cannot be told what is
/// meant, and showing something else would mislead.
fn query<Q: DeserializeOwned>(asked: &Asked) -> Result<Q, Refusal> {
    Query::try_from_uri(&asked.uri).map(|Query(query)| query).map_err(|_| {
        Refusal::new(StatusCode::BAD_REQUEST, "the address asks for something unreadable")
            .help("each name may stand once behind the question mark")
            .back(asked.path(), "The same page without it")
    })
}

/// The desk failed: nothing is shown rather than half of it.
fn failed(asked: &Asked, problem: &Problem) -> Response {
    asked.refuse(&Refusal::of(StatusCode::SERVICE_UNAVAILABLE, problem).back("/", "Today"))
}

/// `/`
pub(crate) fn today(asked: &Asked) -> Response {
    shown(page::today(&asked.ctx(), &asked.app.desk.view()))
}

/// `/findings`
pub(crate) fn findings(asked: &Asked) -> Response {
    match query(asked) {
        Ok(query) => shown(page::findings(&asked.ctx(), &asked.app.desk.view(), &query)),
        Err(refusal) => asked.refuse(&refusal),
    }
}

/// In which form a fix is shown.
#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    form: Option<String>,
}

/// `/findings/{key}`
pub(crate) async fn finding(asked: Asked) -> Response {
    let Some(key) = Key::parse(&asked.named) else {
        return asked.not_found();
    };
    let form = match query::<Form>(&asked) {
        Ok(form) => form.form,
        Err(refusal) => return asked.refuse(&refusal),
    };
    let view = asked.app.desk.view();
    match asked.app.desk.finding(key).await {
        Ok(Some(detail)) => shown(page::finding(&asked.ctx(), &view, &detail, form.as_deref())),
        Ok(None) => asked.not_found(),
        Err(problem) => failed(&asked, &problem),
    }
}

/// `/assets`
pub(crate) fn assets(asked: &Asked) -> Response {
    shown(page::assets(&asked.ctx(), &asked.app.desk.view()))
}

/// `/assets/{id}`
pub(crate) fn asset(asked: &Asked) -> Response {
    let view = asked.app.desk.view();
    let Some(asset) = view.assets.iter().find(|row| *row.asset.id.0 == *asked.named) else {
        return asked.not_found();
    };
    let detail = asked.app.desk.asset(&asked.named);
    match query(asked) {
        Ok(query) => shown(page::asset(&asked.ctx(), &view, asset, detail.as_deref(), &query)),
        Err(refusal) => asked.refuse(&refusal),
    }
}

/// `/plans`
pub(crate) fn plans(asked: &Asked) -> Response {
    shown(page::plans(&asked.ctx(), &asked.app.desk.view()))
}

/// `/plans/{digest}`
pub(crate) fn plan(asked: &Asked) -> Response {
    let view = asked.app.desk.view();
    let id = Digest::parse(&asked.named);
    match id.and_then(|id| view.plans.iter().find(|plan| plan.id == id)) {
        Some(plan) => shown(page::plan(&asked.ctx(), &view, plan)),
        None => asked.not_found(),
    }
}

/// `/timeline`: what is older than the span that is asked for is not even fetched.
pub(crate) async fn timeline(asked: Asked) -> Response {
    let query: page::TimelineQuery = match query(&asked) {
        Ok(query) => query,
        Err(refusal) => return asked.refuse(&refusal),
    };
    match asked.app.desk.timeline(query.since(asked.app.desk.now())).await {
        Ok(rows) => shown(page::timeline(&asked.ctx(), &asked.app.desk.view(), &rows, &query)),
        Err(problem) => failed(&asked, &problem),
    }
}

/// `/cases`
pub(crate) fn cases(asked: &Asked) -> Response {
    match query(asked) {
        Ok(query) => shown(page::cases(&asked.ctx(), &asked.app.desk.view(), &query)),
        Err(refusal) => asked.refuse(&refusal),
    }
}

/// `/cases/{id}`
pub(crate) fn case(asked: &Asked) -> Response {
    let view = asked.app.desk.view();
    let Some(case) = view.cases.iter().find(|row| *row.case.id == *asked.named) else {
        return asked.not_found();
    };
    match query(asked) {
        Ok(query) => shown(page::case(&asked.ctx(), &view, case, &query)),
        Err(refusal) => asked.refuse(&refusal),
    }
}

/// `/announcements`
pub(crate) fn announcements(asked: &Asked) -> Response {
    match query(asked) {
        Ok(query) => shown(page::announcements(&asked.ctx(), &asked.app.desk.view(), &query)),
        Err(refusal) => asked.refuse(&refusal),
    }
}

/// `/mending`
pub(crate) fn mending(asked: &Asked) -> Response {
    shown(page::mending(&asked.ctx(), &asked.app.desk.view()))
}

/// `/settings`
pub(crate) fn settings(asked: &Asked) -> Response {
    shown(page::settings(&asked.ctx(), &asked.app.desk.view()))
}

/// `/rules`
pub(crate) fn rules(asked: &Asked) -> Response {
    shown(page::appetite(&asked.ctx(), &asked.app.desk.view()))
}

/// From which entry on the record is shown.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    below: Option<u64>,
}

/// `/record`
pub(crate) async fn record(asked: Asked) -> Response {
    let below = match query::<Page>(&asked) {
        Ok(page) => page.below,
        Err(refusal) => return asked.refuse(&refusal),
    };
    match asked.app.desk.entries(below, ENTRIES).await {
        Ok(rows) => shown(page::record(&asked.ctx(), &asked.app.desk.view(), &rows, below)),
        Err(problem) => failed(&asked, &problem),
    }
}

/// `/record/checkpoint`
pub(crate) fn checkpoint(asked: &Asked) -> Response {
    let note = answer::text(asked.app.desk.view().checkpoint.clone());
    ([(CONTENT_DISPOSITION, "attachment; filename=\"holdfast-checkpoint.txt\"")], note)
        .into_response()
}

/// `/record/{seq}`
pub(crate) async fn entry(asked: Asked) -> Response {
    let Ok(seq) = asked.named.parse() else {
        return asked.not_found();
    };
    match asked.app.desk.entry(seq).await {
        Ok(Some(entry)) => shown(page::entry(&asked.ctx(), &entry)),
        Ok(None) => asked.not_found(),
        Err(problem) => failed(&asked, &problem),
    }
}
