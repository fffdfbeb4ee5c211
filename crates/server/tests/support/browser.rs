//! A browser of the tests: asks a router as a browser would, and remembers its cookie.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use holdfast_engine::desk::Desk;
use holdfast_server::{Closing, Options, router};
use std::sync::Arc;
use tower::ServiceExt as _;

use super::TestDesk;

/// Where the console of the tests would listen.
pub const HOME: &str = "127.0.0.1:7414";

/// The console over a desk.
pub fn console(desk: &Arc<TestDesk>) -> Router {
    let desk: Arc<dyn Desk> = Arc::clone(desk) as Arc<dyn Desk>;
    let options = Options { address: HOME.parse().unwrap(), hosts: Vec::new(), secure: false };
    router(desk, &options, Closing::never())
}

/// Somebody's browser.
#[derive(Clone)]
pub struct Browser {
    console: Router,
    pub cookie: Option<String>,
    pub form_token: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it leads, if it leads on.
    pub fn leads(&self) -> Option<&str> {
        (self.status == StatusCode::SEE_OTHER).then(|| self.headers[LOCATION].to_str().unwrap())
    }
}

impl Browser {
    pub fn new(desk: &Arc<TestDesk>) -> Self {
        Self { console: console(desk), cookie: None, form_token: String::new() }
    }

    /// The same with another cookie.
    pub fn with_cookie(&self, cookie: Option<&str>) -> Self {
        Self { cookie: cookie.map(str::to_owned), ..self.clone() }
    }

    /// One that has signed in with somebody's token, to the same console.
    pub async fn signed_in(&self, name: &str) -> Self {
        let mut browser = self.with_cookie(None);
        let answer = browser.post("/sign-in", &[("secret", &format!("token-of-{name}"))]).await;
        assert_eq!(answer.leads(), Some("/"), "{}", answer.text);
        browser.keep(&answer);
        let page = browser.get("/sign-in").await;
        assert_eq!(page.leads(), Some("/"));
        // The form of signing out stands on every page.
        let page = browser.get("/nowhere").await;
        let token = page.text.split("name=\"form_token\" value=\"").nth(1).unwrap();
        token.split('"').next().unwrap().clone_into(&mut browser.form_token);
        browser
    }

    /// Keeps the cookie of an answer, as a browser does.
    pub fn keep(&mut self, answer: &Answer) {
        let set = answer.header(SET_COOKIE.as_str()).split(';').next().unwrap();
        let ends = answer.header(SET_COOKIE.as_str()).contains("Max-Age=0;");
        self.cookie = (!set.is_empty() && !ends).then(|| set.to_owned());
    }

    /// A request as a browser makes it from one of our own pages.
    pub fn request(&self, method: &Method, address: &str) -> axum::http::request::Builder {
        let mut request = Request::builder()
            .method(method.clone())
            .uri(address)
            .header(HOST, HOME)
            .header("sec-fetch-site", "same-origin");
        if *method == Method::POST {
            request = request
                .header("origin", format!("http://{HOME}"))
                .header("content-type", "application/x-www-form-urlencoded");
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        request
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.open(request).await;
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 8 * 1024 * 1024).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// The same without waiting for the end of the answer.
    pub async fn open(&self, request: Request<Body>) -> Response<Body> {
        self.console.clone().oneshot(request).await.unwrap()
    }

    pub async fn get(&self, address: &str) -> Answer {
        self.send(self.request(&Method::GET, address).body(Body::empty()).unwrap()).await
    }

    /// Sends a form as one of our own pages would, with the token of the session.
    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("form_token", self.form_token.as_str())];
        all.extend(fields);
        let body = Body::from(form(&all));
        self.send(self.request(&Method::POST, address).body(body).unwrap()).await
    }
}

/// Fields as a browser writes them.
pub fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}
