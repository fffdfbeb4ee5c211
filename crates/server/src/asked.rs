//! A request as handlers see it: whatever the door has found out about it.
//!
//! Knows the request and who makes it. Must not know what any route does with it.

use std::sync::Arc;

use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use holdfast_engine::desk::{Person, Session};

use crate::answer::{self, Refusal};
use crate::app::App;
use crate::form::Form;
use crate::origin::{self, Site};
use crate::page::Ctx;
use crate::routes::Kind;

/// Somebody who was recognised, and by what.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// The secret of the session; never shown, never logged.
    pub(crate) secret: String,
    pub(crate) session: Session,
}

/// A request.
pub(crate) struct Asked {
    pub(crate) app: Arc<App>,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// What the path names: a key, an id, a number; percent-decoded, empty for none.
    pub(crate) named: String,
    /// For whom the answer is.
    pub(crate) kind: Kind,
    pub(crate) visitor: Option<Visitor>,
    /// Empty for requests that only look.
    pub(crate) form: Form,
}

impl Asked {
    /// The path, as it came.
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    /// The whole address below our name, where one may be led to it later.
    pub(crate) fn address(&self) -> &str {
        self.uri.path_and_query().map_or("/", |address| address.as_str())
    }

    /// Whoever asks; routes for people who have signed in always have somebody.
    pub(crate) fn person(&self) -> Person {
        let session = self.visitor.as_ref().map(|visitor| &visitor.session);
        session.map_or_else(|| Person { name: String::new() }, |session| session.person.clone())
    }

    /// From which site it comes.
    pub(crate) fn site(&self) -> Site {
        Site::of(&self.headers)
    }

    /// Whether nothing may be used up: nobody will see the answer, or not yet.
    pub(crate) fn is_ahead(&self) -> bool {
        self.method == Method::HEAD || origin::is_ahead(&self.headers)
    }

    /// For whom the page is made. Takes the sentence that waits for it.
    pub(crate) fn ctx(&self) -> Ctx {
        let visitor = self.visitor.as_ref().filter(|_| !self.is_ahead());
        let notice =
            visitor.and_then(|visitor| self.app.notices.take(&visitor.secret, self.path()));
        Ctx { notice, ..self.quiet_ctx() }
    }

    /// The same without that sentence, for pages that are no answer to a form.
    pub(crate) fn quiet_ctx(&self) -> Ctx {
        ctx(&self.app, self.path(), self.visitor.as_ref().map(|visitor| &visitor.session))
    }

    /// Says why not.
    pub(crate) fn refuse(&self, refusal: &Refusal) -> Response {
        if self.kind == Kind::Document {
            return answer::refusal_document(refusal);
        }
        answer::refusal(&self.quiet_ctx(), refusal)
    }

    /// There is no such page.
    pub(crate) fn not_found(&self) -> Response {
        self.refuse(
            &Refusal::new(StatusCode::NOT_FOUND, "there is no such page")
                .help("it may be gone, or its address was copied in part"),
        )
    }
}

/// For whom a page is made.
pub(crate) fn ctx(app: &App, path: &str, session: Option<&Session>) -> Ctx {
    Ctx {
        person: session.map(|session| session.person.clone()),
        form_token: session.map(|session| session.form_token.clone()).unwrap_or_default(),
        path: path.to_owned(),
        now: app.desk.now(),
        demo: app.desk.view().demo,
        notice: None,
        // Asked for before the view: a page may think itself older than it is, never newer.
        change: *app.desk.changes().borrow(),
    }
}
