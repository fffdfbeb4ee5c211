//! Answers: pages, ways on, and refusals, which are pages too.
//!
//! Knows statuses. Must not know routes.

use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use holdfast_model::Problem;
use maud::Markup;
use serde::Serialize;

use crate::page::{self, Ctx};

/// Why something is not done or shown, for the person.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// Boxed, so that results stay small.
    words: Box<Words>,
}

#[derive(Debug, Default)]
struct Words {
    /// What happened, in one sentence; lower case, no final stop.
    what: String,
    /// What else is to be known, in sentences; may be empty.
    text: String,
    /// What to do, in the style of `what`; may be empty.
    help: String,
    /// Where to go on: an address and its words.
    back: Option<(String, String)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, what: impl Into<String>) -> Self {
        Self { status, words: Box::new(Words { what: what.into(), ..Words::default() }) }
    }

    /// What the desk says.
    pub(crate) fn of(status: StatusCode, problem: &Problem) -> Self {
        Self::new(status, problem.message.clone()).help(problem.help.clone())
    }

    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.words.text = text.into();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.words.help = help.into();
        self
    }

    pub(crate) fn back(mut self, address: impl Into<String>, words: impl Into<String>) -> Self {
        self.words.back = Some((address.into(), words.into()));
        self
    }
}

/// A page.
pub(crate) fn page(status: StatusCode, page: Markup) -> Response {
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(CONTENT_TYPE, html)], page.into_string()).into_response()
}

/// Text to keep elsewhere.
pub(crate) fn text(text: String) -> Response {
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    ([(CONTENT_TYPE, plain)], text).into_response()
}

/// Leads on with a new look (303): the browser asks again without the form, so that coming back
/// or loading anew sends nothing twice.
pub(crate) fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response(),
        // Addresses are percent-encoded where they are made.
        Err(_) => see_other("/"),
    }
}

/// A document for programs.
pub(crate) fn json<T: Serialize>(status: StatusCode, document: &T) -> Response {
    let Ok(mut json) = serde_json::to_string(document) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    json.push('\n');
    (status, [(CONTENT_TYPE, "application/json")], json).into_response()
}

/// `holdfast/refusal/1`.
#[derive(Serialize)]
struct RefusalDocument<'a> {
    schema: &'static str,
    status: u16,
    message: &'a str,
    help: &'a str,
}

/// A document that says why not.
pub(crate) fn refusal_document(refusal: &Refusal) -> Response {
    let Words { what, help, .. } = &*refusal.words;
    let status = refusal.status.as_u16();
    let schema = "holdfast/refusal/1";
    json(refusal.status, &RefusalDocument { schema, status, message: what, help })
}

/// A page that says why not.
pub(crate) fn refusal(ctx: &Ctx, refusal: &Refusal) -> Response {
    let Words { what, text, help, back } = &*refusal.words;
    let parts = [what, text, help];
    let said: Vec<String> = parts.into_iter().map(|part| sentence(part)).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let back = back.as_ref().map(|(to, words)| (to.as_str(), words.as_str()));
    let page_of_it = page::message(ctx, heading(refusal.status), &said.join(" "), back);
    page(refusal.status, page_of_it)
}

/// What a refusal is called, without any word that somebody else wrote.
fn heading(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Nothing is here",
        StatusCode::CONFLICT => "Something happened meanwhile",
        StatusCode::UNAUTHORIZED => "Sign in first",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::SERVICE_UNAVAILABLE => "Not possible at this moment",
        StatusCode::MISDIRECTED_REQUEST => "Another name is needed",
        StatusCode::METHOD_NOT_ALLOWED => "Nothing to see here",
        _ => "This was not done",
    }
}

/// Words with a capital first and a stop last.
fn sentence(words: &str) -> String {
    let words = words.trim();
    let stop = if words.is_empty() || words.ends_with(['.', '?', '”']) { "" } else { "." };
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}{stop}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_desk_become_sentences() {
        assert_eq!(sentence("the disk is full"), "The disk is full.");
        assert_eq!(sentence("Was it you?"), "Was it you?");
        assert_eq!(sentence("`key` is no key"), "`key` is no key.");
        assert_eq!(sentence("  "), "");
    }
}
