//! Signing in and out.
//!
//! Knows tokens and links as secrets that the desk takes. Must not know how they are made.
//!
//! # The link
//!
//! A sign-in link works once. The one that is printed at the start is opened by the person who
//! started Holdfast: from a terminal (`Sec-Fetch-Site: none`). Then one click has to do, so the
//! link is taken at once. Everything else that may ask for an address must not use it up: a page
//! that loads ahead (`Sec-Purpose`), a `HEAD`, a chat that shows what is behind a link, a scanner
//! of mail; none of these is a browser that says that a person asked. They, and people who follow
//! the link from another site, get a page with one button, whose form takes the link. The button
//! also keeps somebody else's link from signing a person in unawares. Either way the answer leads
//! on, so that the secret does not stay in the address bar.

use std::time::Duration;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue, RETRY_AFTER, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::answer::{self, Refusal};
use crate::asked::Asked;
use crate::origin::Site;
use crate::{link, page};

/// The longest secret that is looked at.
const MOST: usize = 200;
/// How long a wrong one takes. With as many at a time as `app` lets in, that is the rate at which
/// secrets of 256 bits may be guessed.
const DELAY: Duration = Duration::from_millis(500);

/// What the address of the page brings along.
#[derive(Debug, Default, Deserialize)]
struct Brought {
    /// The secret of a link.
    #[serde(default)]
    link: Option<String>,
    /// Where the person wanted to go.
    #[serde(default)]
    to: Option<String>,
}

/// `GET /sign-in`
pub(crate) async fn show(asked: Asked) -> Response {
    let Query(brought) = Query::<Brought>::try_from_uri(&asked.uri).unwrap_or_default();
    let to = whither(brought.to.as_deref());
    let Some(secret) = brought.link.filter(|secret| !secret.is_empty()) else {
        if asked.visitor.is_some() {
            return answer::see_other(&to);
        }
        return without_link(&asked, to);
    };
    let by_person = matches!(asked.site(), Site::Person | Site::SameOrigin);
    if by_person && !asked.is_ahead() {
        return try_secret(&asked, secret, to).await;
    }
    form(
        &asked,
        StatusCode::OK,
        &page::SignIn { link: Some(secret), to, wrong: false, too_many: false },
    )
}

/// The page that asks for a token.
fn without_link(asked: &Asked, to: String) -> Response {
    let mut answer = form(
        asked,
        StatusCode::OK,
        &page::SignIn { link: None, to, wrong: false, too_many: false },
    );
    if asked.site() == Site::Other {
        // A link on another site led here, and with such a request the browser keeps the cookie
        // back (`SameSite=Strict`): the person may well have signed in. Loaded once more from
        // here, it sends the cookie along.
        if let Ok(again) = HeaderValue::from_str(&format!("0; url={}", asked.address())) {
            answer.headers_mut().insert(HeaderName::from_static("refresh"), again);
        }
    }
    answer
}

/// `POST /sign-in`
pub(crate) async fn sign_in(asked: Asked) -> Response {
    let secret = asked.form.one("secret").unwrap_or_default().trim().to_owned();
    let to = whither(asked.form.one("to"));
    try_secret(&asked, secret, to).await
}

async fn try_secret(asked: &Asked, secret: String, to: String) -> Response {
    let Ok(_place) = asked.app.tries.try_acquire() else {
        let again = page::SignIn { link: None, to, wrong: false, too_many: true };
        let page = form(asked, StatusCode::TOO_MANY_REQUESTS, &again);
        return ([(RETRY_AFTER, "2")], page).into_response();
    };
    let possible = !secret.is_empty() && secret.len() <= MOST;
    let opened = if possible { asked.app.desk.sign_in(secret).await } else { Ok(None) };
    let (secret, session) = match opened {
        Ok(Some(opened)) => opened,
        Ok(None) => {
            tokio::time::sleep(DELAY).await;
            let again = page::SignIn { link: None, to, wrong: true, too_many: false };
            return form(asked, StatusCode::UNAUTHORIZED, &again);
        }
        Err(problem) => {
            return asked.refuse(&Refusal::of(StatusCode::SERVICE_UNAVAILABLE, &problem));
        }
    };
    let seconds = session.until.0.saturating_sub(asked.app.desk.now().0) / 1000;
    let Some(cookie) = asked.app.cookie.give(&secret, seconds) else {
        let what = "the session that was opened cannot be kept in a cookie";
        return asked.refuse(&Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, what));
    };
    if let Some(before) = &asked.visitor {
        // A browser has one session: the one before ends here, or by its time where this fails.
        drop(asked.app.desk.sign_out(before.secret.clone()).await);
    }
    ([(SET_COOKIE, cookie)], answer::see_other(&to)).into_response()
}

/// `POST /sign-out`
pub(crate) async fn sign_out(asked: Asked) -> Response {
    if let Some(visitor) = &asked.visitor
        && let Err(problem) = asked.app.desk.sign_out(visitor.secret.clone()).await
    {
        // The cookie stays: a session that only looks ended would be worse.
        return asked.refuse(&Refusal::of(StatusCode::SERVICE_UNAVAILABLE, &problem));
    }
    let mut answer = answer::see_other("/sign-in");
    if let Some(cookie) = asked.app.cookie.take_back() {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    answer
}

/// Where to go on: only to pages of our own, and not in a circle.
fn whither(to: Option<&str>) -> String {
    let ours = to.filter(|to| link::is_ours(to) && !to.starts_with("/sign-"));
    ours.unwrap_or("/").to_owned()
}

fn form(asked: &Asked, status: StatusCode, shown: &page::SignIn) -> Response {
    answer::page(status, page::sign_in(&asked.quiet_ctx(), shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_to_our_own_pages() {
        assert_eq!(whither(Some("/plans/abc?x=y")), "/plans/abc?x=y");
        for elsewhere in ["//evil.example", "https://evil.example", "/sign-in?link=x", "/sign-out"]
        {
            assert_eq!(whither(Some(elsewhere)), "/");
        }
    }
}
