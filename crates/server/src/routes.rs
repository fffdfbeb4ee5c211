//! Every route, in one list: the router is built from it, and tests ask each of them.
//!
//! Knows addresses, who may use them, and which handler answers. Must not know how.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request};
use axum::http::StatusCode;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use holdfast_engine::desk::{Boxed, Desk};

use crate::app::{App, Closing};
use crate::asked::Asked;
use crate::{Options, bundle, deed, document, door, events, headers, health, read, sign_in};

/// The hidden field that every form of a session carries.
pub(crate) const FORM_TOKEN: &str = "form_token";

/// How a route is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// To look; `HEAD` too. Changes nothing.
    Get,
    /// To change something, by a form.
    Post,
}

/// Who may use a route. Whose yes counts for what is the desk's affair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Anybody who reaches it.
    Open,
    /// Anybody who has signed in.
    SignedIn,
}

/// What a route is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page or a file for people: whoever has not signed in is led there.
    Page,
    /// Something that pages and programs load.
    Part,
    /// A form's receiver.
    Deed,
    /// A document for programs, as JSON. They may carry a token instead of a session:
    /// `Authorization: Bearer TOKEN` (RFC 6750, section 2.1).
    Document,
}

/// A route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// How it is asked.
    pub verb: Verb,
    /// Its address; what stands in braces is named by the request.
    pub path: &'static str,
    /// Who may use it.
    pub permission: Permission,
    /// What it is.
    pub kind: Kind,
    /// What it is for, in a sentence.
    pub about: &'static str,
    pub(crate) answer: fn(Asked) -> Boxed<'static, Response>,
}

const fn page(
    path: &'static str,
    about: &'static str,
    answer: fn(Asked) -> Boxed<'static, Response>,
) -> Route {
    let (verb, permission, kind) = (Verb::Get, Permission::SignedIn, Kind::Page);
    Route { verb, path, permission, kind, about, answer }
}

const fn open(
    path: &'static str,
    kind: Kind,
    about: &'static str,
    answer: fn(Asked) -> Boxed<'static, Response>,
) -> Route {
    Route { verb: Verb::Get, path, permission: Permission::Open, kind, about, answer }
}

const fn deed(
    path: &'static str,
    about: &'static str,
    answer: fn(Asked) -> Boxed<'static, Response>,
) -> Route {
    let (verb, permission, kind) = (Verb::Post, Permission::SignedIn, Kind::Deed);
    Route { verb, path, permission, kind, about, answer }
}

/// Every route.
pub static ROUTES: &[Route] = &[
    page("/", "What to mend next.", |asked| at_once(read::today(&asked))),
    page("/findings", "Every finding, filtered and searched.", |asked| {
        at_once(read::findings(&asked))
    }),
    page("/findings/{key}", "One finding whole.", |asked| Box::pin(read::finding(asked))),
    page("/assets", "What is looked at.", |asked| at_once(read::assets(&asked))),
    page("/assets/{*id}", "What the last look saw of an asset.", |asked| {
        at_once(read::asset(&asked))
    }),
    page("/plans", "Every plan.", |asked| at_once(read::plans(&asked))),
    page("/plans/{digest}", "One plan whole.", |asked| at_once(read::plan(&asked))),
    page("/timeline", "Who did what and when.", |asked| Box::pin(read::timeline(asked))),
    page("/cases", "Alerts that belong together, and what they came to.", |asked| {
        at_once(read::cases(&asked))
    }),
    page("/cases/{id}", "One case whole.", |asked| at_once(read::case(&asked))),
    page("/announcements", "What people said beforehand.", |asked| {
        at_once(read::announcements(&asked))
    }),
    page("/mending", "How long mending takes.", |asked| at_once(read::mending(&asked))),
    page("/settings", "How teams are reached.", |asked| at_once(read::settings(&asked))),
    page("/rules", "Our rules for acting.", |asked| at_once(read::rules(&asked))),
    page("/record", "The record, newest first.", |asked| Box::pin(read::record(asked))),
    page("/record/checkpoint", "The last checkpoint, to keep elsewhere.", |asked| {
        at_once(read::checkpoint(&asked))
    }),
    page("/record/{seq}", "One entry with its proof.", |asked| Box::pin(read::entry(asked))),
    open("/sign-in", Kind::Page, "Asks for a token, or takes a sign-in link.", |asked| {
        Box::pin(sign_in::show(asked))
    }),
    open("/health", Kind::Part, "Whether the console is well.", |asked| {
        at_once(health::health(&asked))
    }),
    open(
        "/assets-of-console/{file}",
        Kind::Part,
        "Style, script and mark of the pages.",
        |asked| at_once(bundle::file(&asked)),
    ),
    Route {
        verb: Verb::Get,
        path: "/events",
        permission: Permission::SignedIn,
        kind: Kind::Part,
        about: "Tells pages that something changed.",
        answer: |asked| at_once(events::events(&asked)),
    },
    Route {
        verb: Verb::Post,
        path: "/sign-in",
        permission: Permission::Open,
        kind: Kind::Deed,
        about: "Opens a session with a token or the secret of a link.",
        answer: |asked| Box::pin(sign_in::sign_in(asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/weaknesses/{id}/assets",
        permission: Permission::SignedIn,
        kind: Kind::Document,
        about: "Who is affected by a known problem: `?after=N&limit=N`.",
        answer: |asked| Box::pin(document::affected(asked)),
    },
    deed("/sign-out", "Ends the session.", |asked| Box::pin(sign_in::sign_out(asked))),
    deed("/accept", "Asks to accept a finding until a day.", |asked| Box::pin(deed::accept(asked))),
    deed("/approve-acceptance", "Says yes to an acceptance.", |asked| {
        Box::pin(deed::approve_acceptance(asked))
    }),
    deed("/propose", "Plans a change that mends findings.", |asked| Box::pin(deed::propose(asked))),
    deed("/approve", "Says yes to a plan.", |asked| Box::pin(deed::approve(asked))),
    deed("/refuse", "Says no to a plan.", |asked| Box::pin(deed::refuse(asked))),
    deed("/apply", "Carries an approved plan out.", |asked| Box::pin(deed::apply(asked))),
    deed("/confirm", "Says that one can still get in.", |asked| Box::pin(deed::confirm(asked))),
    deed("/undo", "Takes a plan that was carried out back.", |asked| Box::pin(deed::undo(asked))),
    deed("/announce", "Says beforehand what somebody is about to do.", |asked| {
        Box::pin(deed::announce(asked))
    }),
    deed("/approve-announcement", "Says yes to an announcement.", |asked| {
        Box::pin(deed::approve_announcement(asked))
    }),
    deed("/answer-case", "Says what a case came to.", |asked| Box::pin(deed::answer_case(asked))),
    deed("/own-case", "Says who looks after a case.", |asked| Box::pin(deed::own_case(asked))),
    deed("/test-channel", "Sends a test message.", |asked| Box::pin(deed::test_channel(asked))),
    deed("/look", "Looks again, now.", |asked| Box::pin(deed::look(asked))),
];

/// What the path names; a rejection where it is no UTF-8.
type Named = Result<RawPathParams, RawPathParamsRejection>;

/// An answer that needs no waiting.
fn at_once(answer: Response) -> Boxed<'static, Response> {
    Box::pin(std::future::ready(answer))
}

/// The console over a desk. What lasts for ever ends when `closing` comes.
pub fn router(desk: Arc<dyn Desk>, options: &Options, closing: Closing) -> Router {
    let app = Arc::new(App::new(desk, options, closing));
    let mut router = Router::new();
    for route in ROUTES {
        let filter = match route.verb {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
        };
        let app = Arc::clone(&app);
        let answer =
            move |named: Named, request: Request| door::enter(app, route, named.ok(), request);
        router = router.route(route.path, on(filter, answer));
    }
    let nowhere = |status: StatusCode| {
        let app = Arc::clone(&app);
        move |request: Request| door::no_way(app, request, status)
    };
    router
        .fallback(nowhere(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(nowhere(StatusCode::METHOD_NOT_ALLOWED))
        .layer(from_fn_with_state(app, door::greet))
        .layer(map_response(headers::add))
}
