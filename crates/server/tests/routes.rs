//! Every route of the registry, asked in every wrong way there is: without a session, with a forged
//! form, from another site, by another name, too long, with the wrong method, with nonsense.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "tests may fail loudly"
)]

mod support;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use holdfast_model::Key;
use holdfast_server::{Kind, Permission, ROUTES, Route, Verb};
use support::TestDesk;
use support::browser::{Answer, Browser, form};

/// An address of a route that names something real.
fn real(route: &Route, desk: &TestDesk) -> String {
    let (key, plan) = desk.with(|data| (data.view.findings[0].key, data.view.plans[0].id));
    let case = desk.with(|data| data.view.cases[0].case.id.to_string());
    route
        .path
        .replace("{id}", &case)
        .replace("{key}", &key.to_string())
        .replace("{*id}", "repository%3Agit.example%2Facme%2Fshop")
        .replace("{digest}", &plan.to_string())
        .replace("{seq}", "3")
        .replace("{file}", "holdfast.css")
}

fn method(route: &Route) -> Method {
    match route.verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
    }
}

/// What every answer has to say, whatever it is.
fn assert_secure(answer: &Answer, of: &str) {
    let csp = answer.header("content-security-policy");
    for part in
        ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        assert!(csp.contains(part), "{of}: {csp}");
    }
    assert!(!csp.contains("unsafe"), "{of}: {csp}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{of}");
    }
    assert!(answer.header("permissions-policy").contains("camera=()"), "{of}");
    let kept = answer.header("cache-control");
    let file = of.contains("/assets-of-console/") && answer.status == StatusCode::OK;
    assert_eq!(kept.contains("immutable"), file, "{of}: {kept}");
    assert_eq!(kept == "no-store", !file, "{of}: {kept}");
}

#[test]
fn the_registry_says_who_may_and_what_for() {
    let mut seen = std::collections::BTreeSet::new();
    for route in ROUTES {
        assert!(seen.insert((route.verb == Verb::Get, route.path)), "{} twice", route.path);
        assert!(route.about.ends_with('.') && route.about.len() > 10, "{}", route.path);
        assert_eq!(route.verb == Verb::Post, route.kind == Kind::Deed, "{}", route.path);
    }
    let open: Vec<&str> = ROUTES
        .iter()
        .filter(|route| route.permission == Permission::Open)
        .map(|route| route.path)
        .collect();
    // Whoever opens another one has to say so here.
    assert_eq!(open, ["/sign-in", "/health", "/assets-of-console/{file}", "/sign-in"]);
}

#[tokio::test]
async fn nobody_gets_anywhere_without_a_session() {
    let desk = Arc::new(TestDesk::full());
    let browser = Browser::new(&desk);
    for cookie in [None, Some("holdfast-7414=forged"), Some("holdfast-7414=")] {
        let browser = browser.with_cookie(cookie);
        for route in ROUTES.iter().filter(|route| route.permission != Permission::Open) {
            let address = real(route, &desk);
            let body = Body::from(form(&[("form_token", "")]));
            let answer =
                browser.send(browser.request(&method(route), &address).body(body).unwrap()).await;
            assert_secure(&answer, &address);
            if route.kind == Kind::Page {
                let leads = answer.leads().unwrap_or_else(|| panic!("{address}"));
                assert!(leads.starts_with("/sign-in"), "{address}: {leads}");
            } else {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{address}");
            }
            assert!(!answer.text.contains("PermitRootLogin"), "{address} tells something");
        }
    }
    assert!(desk.with(|data| data.acts.is_empty()));
}

#[tokio::test]
async fn everybody_gets_everywhere_with_one() {
    let desk = Arc::new(TestDesk::full());
    let browser = Browser::new(&desk).signed_in("alice").await;
    for route in ROUTES.iter().filter(|route| route.verb == Verb::Get) {
        let address = real(route, &desk);
        let answer = browser
            .open(browser.request(&Method::GET, &address).body(Body::empty()).unwrap())
            .await;
        let expected = match route.path {
            "/sign-in" => StatusCode::SEE_OTHER,
            "/assets-of-console/{file}" => StatusCode::NOT_FOUND,
            _ => StatusCode::OK,
        };
        assert_eq!(answer.status(), expected, "{address}");
    }
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_own_session() {
    let desk = Arc::new(TestDesk::full());
    let alice = Browser::new(&desk).signed_in("alice").await;
    let bob = alice.signed_in("bob").await;
    assert_ne!(alice.form_token, bob.form_token);
    let mut shorter = alice.form_token.clone();
    shorter.pop();
    let twice = format!("form_token={0}&form_token={0}", alice.form_token);
    let forged = [
        String::new(),
        form(&[("form_token", "")]),
        form(&[("form_token", &bob.form_token)]),
        form(&[("form_token", &shorter)]),
        form(&[("form_token", &alice.form_token.to_uppercase())]),
        twice,
    ];
    let deeds = ROUTES
        .iter()
        .filter(|route| route.kind == Kind::Deed && route.permission == Permission::SignedIn);
    for route in deeds {
        for body in &forged {
            let request = alice.request(&Method::POST, route.path).body(Body::from(body.clone()));
            let answer = alice.send(request.unwrap()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} with {body}", route.path);
            assert_secure(&answer, route.path);
        }
    }
    assert!(desk.with(|data| data.acts.is_empty()));
    assert_eq!(alice.get("/").await.status, StatusCode::OK, "the session lives on");
}

#[tokio::test]
async fn another_site_can_neither_change_nor_load_anything() {
    let desk = Arc::new(TestDesk::full());
    let alice = Browser::new(&desk).signed_in("alice").await;
    let foreign: [&[(&str, &str)]; 6] = [
        &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("origin", "null"), ("sec-fetch-site", "same-origin")],
        &[("origin", "http://127.0.0.1:7415"), ("sec-fetch-site", "same-site")],
        &[("origin", "http://127.0.0.1:7414"), ("sec-fetch-site", "cross-site")],
        &[],
    ];
    for route in ROUTES {
        let address = real(route, &desk);
        let changes = route.verb == Verb::Post;
        for headers in foreign.iter().filter(|headers| changes || !headers.is_empty()) {
            let mut request = alice.request(&method(route), &address);
            let map = request.headers_mut().unwrap();
            map.remove("origin");
            map.remove("sec-fetch-site");
            for (name, value) in *headers {
                map.insert(*name, value.parse().unwrap());
            }
            if !changes && headers[1].1 == "same-origin" {
                // With GET browsers send no origin; ours is enough.
                continue;
            }
            let body = form(&[("form_token", &alice.form_token), ("secret", "token-of-bob")]);
            let answer = alice.send(request.body(Body::from(body)).unwrap()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address} {headers:?}");
            assert_eq!(answer.header("set-cookie"), "", "{address}");
            assert_secure(&answer, &address);
        }
    }
    assert!(desk.with(|data| data.acts.is_empty()));
    assert_eq!(alice.get("/").await.status, StatusCode::OK, "the session lives on");
}

#[tokio::test]
async fn a_link_on_another_site_leads_to_a_page() {
    let desk = Arc::new(TestDesk::full());
    let alice = Browser::new(&desk).signed_in("alice").await;
    let mut request = alice.request(&Method::GET, "/findings");
    let headers = request.headers_mut().unwrap();
    headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
    headers.insert("sec-fetch-mode", "navigate".parse().unwrap());
    headers.insert("sec-fetch-dest", "document".parse().unwrap());
    assert_eq!(alice.send(request.body(Body::empty()).unwrap()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_our_own_names_are_answered() {
    let desk = Arc::new(TestDesk::full());
    let alice = Browser::new(&desk).signed_in("alice").await;
    let addresses = ROUTES.iter().map(|route| (method(route), real(route, &desk)));
    for (method, address) in addresses.chain([(Method::GET, "/nowhere".to_owned())]) {
        for name in ["evil.example", "127.0.0.1:7415", "127.0.0.1.evil.example:7414", ""] {
            let mut request = alice.request(&method, &address);
            request.headers_mut().unwrap().insert("host", name.parse().unwrap());
            let answer = alice.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{address} as {name}");
            assert_secure(&answer, &address);
        }
        let mut request = alice.request(&method, &address);
        request.headers_mut().unwrap().remove("host");
        let answer = alice.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{address} without a name");
    }
    assert!(desk.with(|data| data.acts.is_empty()));
}

#[tokio::test]
async fn bodies_are_bounded() {
    let desk = Arc::new(TestDesk::full());
    let alice = Browser::new(&desk).signed_in("alice").await;
    let long = "x".repeat(65 * 1024);
    for route in ROUTES {
        let address = real(route, &desk);
        let body = form(&[("form_token", &alice.form_token), ("because", &long)]);
        // Said beforehand…
        let request = alice.request(&method(route), &address).header("content-length", body.len());
        let answer = alice.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{address}");
        assert_secure(&answer, &address);
        // …or found out while it comes.
        if route.verb == Verb::Post {
            let request = alice.request(&Method::POST, &address).body(Body::from(body));
            let answer = alice.send(request.unwrap()).await;
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{address}");
        }
    }
    assert!(desk.with(|data| data.acts.is_empty()));
}

#[tokio::test]
async fn forms_are_sent_as_forms() {
    let desk = Arc::new(TestDesk::full());
    let alice = Browser::new(&desk).signed_in("alice").await;
    for route in ROUTES.iter().filter(|route| route.verb == Verb::Post) {
        for media in ["application/json", "text/plain", "multipart/form-data; boundary=x", ""] {
            let mut request = alice.request(&Method::POST, route.path);
            request.headers_mut().unwrap().insert("content-type", media.parse().unwrap());
            let body = form(&[("form_token", &alice.form_token)]);
            let answer = alice.send(request.body(Body::from(body)).unwrap()).await;
            let expected = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            assert_eq!(answer.status, expected, "{} as {media}", route.path);
        }
    }
    assert!(desk.with(|data| data.acts.is_empty()));
}

#[tokio::test]
async fn other_methods_are_not_taken() {
    let desk = Arc::new(TestDesk::full());
    let alice = Browser::new(&desk).signed_in("alice").await;
    for route in ROUTES {
        let taken: Vec<Method> =
            ROUTES.iter().filter(|other| other.path == route.path).map(method).collect();
        let all = [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
            Method::OPTIONS,
        ];
        for method in all.into_iter().filter(|method| !taken.contains(method)) {
            let address = real(route, &desk);
            let mut request = alice.request(&method, &address);
            let origin = "http://127.0.0.1:7414".parse().unwrap();
            request.headers_mut().unwrap().insert("origin", origin);
            let answer = alice.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {address}");
            assert!(!answer.header("allow").is_empty(), "{method} {address}");
            assert_secure(&answer, &address);
        }
    }
    assert!(desk.with(|data| data.acts.is_empty()));
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a list of what is made up or asked")]
async fn nonsense_is_answered_calmly() {
    let desk = Arc::new(TestDesk::full());
    let alice = Browser::new(&desk).signed_in("alice").await;
    let nowhere = [
        "/nowhere",
        "//",
        "/findings/",
        "/findings/K7",
        "/findings/zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "/findings/%FF%FE",
        "/findings/..%2F..%2Fetc%2Fpasswd",
        "/assets/host%3Anobody",
        "/assets/%00",
        "/assets/%C3%28",
        "/plans/abc",
        "/plans/0000000000000000000000000000000000000000000000000000000000000000",
        "/cases/",
        "/cases/abc",
        "/cases/%FF%FE",
        "/cases/0000000000000000000000000000000000000000000000000000000000000000/x",
        "/record/-1",
        "/record/99999999999999999999999999",
        "/record/7777",
        "/record/checkpoint/x",
        "/assets-of-console/../lib.rs",
        "/assets-of-console/holdfast.css",
    ];
    for address in nowhere {
        let answer = alice.get(address).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
        assert!(answer.text.contains("<main"), "{address} is no page of ours");
        assert_secure(&answer, "");
    }
    let key = desk.with(|data| data.view.findings[0].key);
    let queries = [
        "page=0",
        "page=-1",
        "page=99999999999999999999",
        "page=x",
        "q=%FF%00",
        "state=%3Cscript%3E",
        "severity=&asset=&kind=",
        "&&&",
        "=",
        "%",
        "q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "unknown=1&unknown=2",
        "below=x",
        "form=nothing",
        "tab=nothing",
        "since=for%20ever&only=nothing&who=%00",
        "show=%22%3E&id=%22%3E",
    ];
    let pages = [
        "/",
        "/findings",
        "/assets",
        "/cases",
        "/announcements",
        "/timeline",
        "/plans",
        "/mending",
        "/rules",
        "/settings",
        "/record",
        "/assets/host%3Anobody",
    ];
    let finding = format!("/findings/{key}");
    let case = desk.with(|data| format!("/cases/{}", data.view.cases[0].case.id));
    for page in pages.into_iter().chain([finding.as_str(), case.as_str()]) {
        for query in queries {
            let answer = alice.get(&format!("{page}?{query}")).await;
            assert!(answer.status.as_u16() < 500, "{page}?{query}: {}", answer.status);
            assert!(!answer.text.contains("<script>"), "{page}?{query} is not escaped");
            assert_secure(&answer, "");
        }
    }
    let twice = alice.get("/findings?severity=now&severity=soon").await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_the_desk_cannot_tell_is_said() {
    let desk = Arc::new(TestDesk::full());
    let alice = Browser::new(&desk).signed_in("alice").await;
    let key = desk.with(|data| data.view.findings[0].key);
    let trouble = holdfast_model::Problem::new("store-busy", "the record is being restored");
    desk.with(|data| data.broken = Some(trouble));
    let finding = format!("/findings/{key}");
    for address in ["/", "/record", "/timeline", "/sign-in?link=link-of-bob", &finding] {
        let answer = alice.get(address).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{address}");
        assert!(answer.text.contains("record is being restored"), "{address}");
        assert_secure(&answer, "");
    }
    // A stranger's request needs nothing of the desk's that is broken.
    let stranger = Browser::new(&desk);
    assert_eq!(stranger.get("/health").await.status, StatusCode::OK);
    desk.with(|data| data.broken = None);
    assert_eq!(alice.get("/").await.status, StatusCode::OK, "the session lives on");
}

#[tokio::test]
async fn files_are_kept_for_ever_under_the_name_of_their_content() {
    let desk = Arc::new(TestDesk::full());
    let stranger = Browser::new(&desk);
    let page = stranger.get("/sign-in").await.text;
    let mut found = 0;
    for part in page.split('"').filter(|part| part.starts_with("/assets-of-console/")) {
        let file = stranger.get(part).await;
        assert_eq!(file.status, StatusCode::OK, "{part}");
        assert_secure(&file, part);
        let media = match part.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(file.header("content-type"), media);
        let digest = holdfast_model::Digest::of(file.text.as_bytes()).to_string();
        let named = part.rsplit(['-', '.']).nth(1).filter(|named| named.len() == 16).unwrap();
        assert!(digest.starts_with(named), "{part}");
        found += 1;
    }
    assert_eq!(found, 3, "{page}");
}

#[test]
fn keys_of_the_desk_are_told_apart() {
    let mut keys: Vec<Key> =
        TestDesk::of(10_000).with(|data| data.view.findings.iter().map(|row| row.key).collect());
    let all = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!((all, keys.len()), (10_000, 10_000));
}

#[tokio::test]
async fn programs_carry_a_token_and_get_documents() {
    let desk = Arc::new(TestDesk::full());
    let browser = Browser::new(&desk);
    let ask = async |address: &str, carried: Option<&str>| {
        let mut request = browser.request(&Method::GET, address);
        if let Some(carried) = carried {
            request = request.header("authorization", carried);
        }
        let answer = browser.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("content-type"), "application/json", "{address}");
        assert_secure(&answer, address);
        let document: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        (answer.status, document)
    };
    let known = "/api/v1/weaknesses/CVE-2020-26235/assets";
    let (status, document) = ask(known, Some("Bearer token-of-alice")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(document["schema"], "holdfast/advisories-affected/1");
    assert_eq!(document["assets"][0]["team"], "payments");
    assert_eq!(document["assets"][0]["fixed_in"], "0.2.23");
    let (_, document) = ask(&format!("{known}?after=1"), Some("bearer token-of-bob")).await;
    assert_eq!((&document["total"], &document["assets"]), (&1.into(), &serde_json::json!([])));
    for (address, carried, status) in [
        (known, None, StatusCode::UNAUTHORIZED),
        (known, Some("Bearer token-of-mallory"), StatusCode::UNAUTHORIZED),
        (known, Some("Bearer link-of-alice"), StatusCode::UNAUTHORIZED),
        (known, Some("Basic token-of-alice"), StatusCode::UNAUTHORIZED),
        (known, Some("token-of-alice"), StatusCode::UNAUTHORIZED),
        (
            "/api/v1/weaknesses/CVE-0000-1/assets",
            Some("Bearer token-of-alice"),
            StatusCode::NOT_FOUND,
        ),
        (
            "/api/v1/weaknesses/CVE-2020-26235/assets?limit=x",
            Some("Bearer token-of-alice"),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let (answered, document) = ask(address, carried).await;
        assert_eq!(answered, status, "{address} {carried:?}");
        assert_eq!(document["schema"], "holdfast/refusal/1");
        assert_eq!(document["status"], status.as_u16());
        assert!(document["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
    // A token opens documents only; pages need a session.
    let request =
        browser.request(&Method::GET, "/").header("authorization", "Bearer token-of-alice");
    let answer = browser.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}
