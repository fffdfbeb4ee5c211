//! The door: every request goes through it, and no handler runs before it has opened.
//!
//! Knows in which order to ask who somebody is and whether they may. Must not know what happens
//! behind it. By which name we were called was checked before, for every address there is.

use std::sync::Arc;

use axum::extract::{RawPathParams, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use holdfast_engine::desk::Session;
use holdfast_model::Timestamp;

use crate::answer::{self, Refusal};
use crate::app::App;
use crate::asked::{Asked, Visitor};
use crate::form::{self, Form};
use crate::origin;
use crate::routes::{Kind, Permission, Route};
use crate::{asked, link, routes};

/// Lets nobody further who calls us by a name that is not ours, or who comes from a page that may
/// not ask for this. Holds for addresses that lead nowhere too.
pub(crate) async fn greet(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Some(called) = app.hosts.called(request.uri(), request.headers()) else {
        let refusal = Refusal::new(
            StatusCode::MISDIRECTED_REQUEST,
            "this console is not known by the name in the address",
        );
        return stranger(&app, &refusal.help("use the address that was printed when it started"));
    };
    if !origin::may_ask(&app.hosts, called, request.method(), request.headers()) {
        let what = "another site asked for this, and nothing was done";
        return stranger(&app, &Refusal::new(StatusCode::FORBIDDEN, what));
    }
    next.run(request).await
}

/// A refusal for somebody of whom nothing is known yet.
fn stranger(app: &App, refusal: &Refusal) -> Response {
    answer::refusal(&asked::ctx(app, "", None), refusal)
}

/// Opens for a route, or says why not.
pub(crate) async fn enter(
    app: Arc<App>,
    route: &'static Route,
    named: Option<RawPathParams>,
    request: Request,
) -> Response {
    let mut asked = Asked {
        app,
        method: request.method().clone(),
        uri: request.uri().clone(),
        headers: request.headers().clone(),
        named: String::new(),
        kind: route.kind,
        visitor: None,
        form: Form::default(),
    };
    match visitor(&asked.app, &asked.headers).await {
        Ok(visitor) => asked.visitor = visitor,
        Err(refusal) => return asked.refuse(&refusal),
    }
    if route.kind == Kind::Document && asked.visitor.is_none() {
        match bearer(&asked).await {
            Ok(visitor) => asked.visitor = visitor,
            Err(refusal) => return asked.refuse(&refusal),
        }
    }
    let Some(named) = named else {
        return asked.not_found();
    };
    if let Some((_, value)) = named.iter().next() {
        value.clone_into(&mut asked.named);
    }
    if form::is_oversized(&asked.headers) {
        return asked.refuse(&of_body(StatusCode::PAYLOAD_TOO_LARGE));
    }
    if route.permission == Permission::SignedIn && asked.visitor.is_none() {
        return sign_in_first(&asked, route);
    }
    if asked.method == Method::POST {
        match Form::read(request).await {
            Ok(form) => asked.form = form,
            Err(status) => return asked.refuse(&of_body(status)),
        }
        if !carries_token(&asked, route) {
            return asked.refuse(
                &Refusal::new(StatusCode::FORBIDDEN, "this form is not of your present session")
                    .help("go back, load the page anew and send the form again"),
            );
        }
    }
    (route.answer)(asked).await
}

/// Addresses that lead nowhere, and methods that an address does not take.
pub(crate) async fn no_way(app: Arc<App>, request: Request, status: StatusCode) -> Response {
    let (parts, _) = request.into_parts();
    let visitor = visitor(&app, &parts.headers).await.unwrap_or_default();
    let asked = Asked {
        app,
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        named: String::new(),
        kind: Kind::Page,
        visitor,
        form: Form::default(),
    };
    if form::is_oversized(&asked.headers) {
        return asked.refuse(&of_body(StatusCode::PAYLOAD_TOO_LARGE));
    }
    if status == StatusCode::NOT_FOUND {
        return asked.not_found();
    }
    // Whoever loads the answer to a form anew comes here with GET.
    asked.refuse(&Refusal::new(status, "this address takes forms only, or none").back("/", "Today"))
}

/// Who it is, by the cookie.
async fn visitor(app: &App, headers: &HeaderMap) -> Result<Option<Visitor>, Refusal> {
    let Some(secret) = app.cookie.read(headers) else {
        return Ok(None);
    };
    match app.desk.session(secret.clone()).await {
        Ok(Some(session)) if session.until > app.desk.now() => {
            Ok(Some(Visitor { secret, session }))
        }
        Ok(_) => Ok(None),
        Err(problem) => Err(Refusal::of(StatusCode::SERVICE_UNAVAILABLE, &problem)),
    }
}

/// Who it is, by the token that a program carries. It opens no session.
async fn bearer(asked: &Asked) -> Result<Option<Visitor>, Refusal> {
    let header = asked.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let Some(token) = token else { return Ok(None) };
    match asked.app.desk.bearer(token.to_owned()).await {
        Ok(person) => Ok(person.map(|person| {
            let until = Timestamp(i64::MAX);
            let session = Session { person, form_token: String::new(), until };
            Visitor { secret: String::new(), session }
        })),
        Err(problem) => Err(Refusal::of(StatusCode::SERVICE_UNAVAILABLE, &problem)),
    }
}

/// Nobody has signed in: pages lead to the sign-in, and it leads back; the rest says no.
fn sign_in_first(asked: &Asked, route: &Route) -> Response {
    let to = asked.address();
    let back = if link::is_ours(to) { to } else { "/" };
    if route.kind == Kind::Page {
        return answer::see_other(&link::sign_in(back));
    }
    let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "you are not signed in, or no longer");
    let help = match route.kind {
        Kind::Deed => "sign in and send the form again; nothing was done",
        Kind::Document => "sign in, or carry a token: Authorization: Bearer TOKEN",
        Kind::Page | Kind::Part => "sign in",
    };
    asked.refuse(&refusal.help(help).back("/sign-in", "Sign in"))
}

/// Whether a form was made for this session. Where there is no session yet, as when signing in,
/// the origin has to do, which was checked before.
fn carries_token(asked: &Asked, route: &Route) -> bool {
    if route.permission == Permission::Open {
        return true;
    }
    let expected = asked.visitor.as_ref().map(|visitor| visitor.session.form_token.as_str());
    let given = asked.form.one(routes::FORM_TOKEN);
    match (expected, given) {
        (Some(expected), Some(given)) => !expected.is_empty() && is_same(expected, given),
        _ => false,
    }
}

/// Compares without telling by its time where two texts differ; how long they are is no secret.
fn is_same(a: &str, b: &str) -> bool {
    let differs = a.bytes().zip(b.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b));
    a.len() == b.len() && std::hint::black_box(differs) == 0
}

fn of_body(status: StatusCode) -> Refusal {
    let what = match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            format!("more than {} KiB came with the request", form::MOST / 1024)
        }
        StatusCode::REQUEST_TIMEOUT => "the form took too long to arrive".to_owned(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "this is not sent as a form is".to_owned(),
        _ => "the form cannot be read".to_owned(),
    };
    Refusal::new(status, what).help("nothing was done")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_same_only_whole() {
        assert!(is_same("abc", "abc") && is_same("", ""));
        for other in ["", "ab", "abd", "abcd", "ABC"] {
            assert!(!is_same("abc", other), "{other}");
        }
    }
}
