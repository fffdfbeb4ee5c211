//! Signing in and out: tokens, links that work once, and who must not use them up.
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
use axum::http::{Method, Request, StatusCode};
use support::TestDesk;
use support::browser::{Answer, Browser, HOME};

/// A request for the link of alice, as a browser makes it in some situation.
async fn follow(browser: &Browser, method: Method, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri("/sign-in?link=link-of-alice&to=/plans")
        .header("host", HOME);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_token_opens_a_session_in_a_cookie() {
    let desk = Arc::new(TestDesk::full());
    let stranger = Browser::new(&desk);
    let answer =
        stranger.post("/sign-in", &[("secret", " token-of-alice "), ("to", "/plans")]).await;
    assert_eq!(answer.leads(), Some("/plans"));
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("holdfast-7414="), "{cookie}");
    for part in ["; Max-Age=86400", "; Path=/", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let secret = cookie.split(['=', ';']).nth(1).unwrap();
    assert_eq!(answer.text.find(secret), None, "the secret stands in the page");
    let page = stranger.with_cookie(Some(&format!("holdfast-7414={secret}"))).get("/plans").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("alice"));
    assert!(!page.text.contains(secret), "the secret stands in the page");
}

#[tokio::test]
async fn what_opens_nothing_says_so() {
    let desk = Arc::new(TestDesk::full());
    let stranger = Browser::new(&desk);
    let long = "x".repeat(5000);
    for secret in ["", "guessed", "TOKEN-OF-ALICE", &long] {
        let answer = stranger.post("/sign-in", &[("secret", secret), ("to", "/plans")]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{secret}");
        assert_eq!(answer.header("set-cookie"), "", "{secret}");
        // They need not say again where they wanted to go.
        assert!(answer.text.contains("value=\"/plans\""), "{secret}");
        assert!(secret.len() < 3 || !answer.text.contains(secret), "{secret} is shown");
    }
}

#[tokio::test]
async fn only_a_few_may_guess_at_the_same_time() {
    let desk = Arc::new(TestDesk::full());
    let stranger = Browser::new(&desk);
    let guess = |number: usize| {
        let stranger = stranger.clone();
        tokio::spawn(async move {
            stranger.post("/sign-in", &[("secret", &format!("guess {number}"))]).await.status
        })
    };
    let guesses: Vec<_> = (0..12).map(guess).collect();
    let mut refused = 0;
    for guess in guesses {
        match guess.await.unwrap() {
            StatusCode::TOO_MANY_REQUESTS => refused += 1,
            status => assert_eq!(status, StatusCode::UNAUTHORIZED),
        }
    }
    assert_eq!(refused, 4);
    let answer = stranger.post("/sign-in", &[("secret", "token-of-alice")]).await;
    assert_eq!(answer.leads(), Some("/"), "afterwards all is as before");
}

#[tokio::test]
async fn a_link_from_a_terminal_works_with_one_click_and_once() {
    let desk = Arc::new(TestDesk::full());
    let stranger = Browser::new(&desk);
    let typed = [("sec-fetch-site", "none")];
    let answer = follow(&stranger, Method::GET, &typed).await;
    assert_eq!(answer.leads(), Some("/plans"));
    assert!(answer.header("set-cookie").starts_with("holdfast-7414="));
    let again = follow(&stranger, Method::GET, &typed).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert_eq!(again.header("set-cookie"), "");
}

#[tokio::test]
async fn nobody_but_a_person_uses_a_link_up() {
    let desk = Arc::new(TestDesk::full());
    let stranger = Browser::new(&desk);
    let situations: [(Method, &[(&str, &str)]); 7] = [
        // A chat or a scanner of mail that looks what is behind it.
        (Method::GET, &[]),
        (Method::HEAD, &[]),
        (Method::HEAD, &[("sec-fetch-site", "none")]),
        // A browser that loads ahead.
        (Method::GET, &[("sec-fetch-site", "none"), ("sec-purpose", "prefetch;prerender")]),
        (Method::GET, &[("sec-fetch-site", "none"), ("purpose", "prefetch")]),
        // A click in a chat or on a page of somebody else's.
        (
            Method::GET,
            &[
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
        ),
        (
            Method::GET,
            &[
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
        ),
    ];
    for (method, headers) in situations {
        let answer = follow(&stranger, method.clone(), headers).await;
        assert_eq!(answer.status, StatusCode::OK, "{headers:?}");
        assert_eq!(answer.header("set-cookie"), "", "{headers:?}");
        // One button is left to press.
        assert!(method == Method::HEAD || answer.text.contains("value=\"link-of-alice\""));
        assert_eq!(answer.header("refresh"), "", "{headers:?}");
    }
    let pressed = stranger.post("/sign-in", &[("secret", "link-of-alice"), ("to", "/plans")]).await;
    assert_eq!(pressed.leads(), Some("/plans"));
}

#[tokio::test]
async fn a_link_leads_nowhere_else() {
    let desk = Arc::new(TestDesk::full());
    let stranger = Browser::new(&desk);
    for to in ["https://evil.example/", "//evil.example", "/\\evil.example", "/sign-out", "x\r\ny"]
    {
        let answer = stranger.post("/sign-in", &[("secret", "token-of-alice"), ("to", to)]).await;
        assert_eq!(answer.leads(), Some("/"), "{to}");
    }
}

#[tokio::test]
async fn whoever_is_led_here_is_led_back() {
    let desk = Arc::new(TestDesk::full());
    let stranger = Browser::new(&desk);
    let asked = stranger.get("/findings?q=a%20b&page=2").await;
    let sign_in = asked.leads().unwrap().to_owned();
    assert_eq!(sign_in, "/sign-in?to=%2Ffindings%3Fq%3Da%2520b%26page%3D2");
    let page = stranger.get(&sign_in).await;
    assert!(
        page.text.contains("name=\"to\" value=\"/findings?q=a%20b&amp;page=2\""),
        "{}",
        page.text
    );
    let alice = stranger.signed_in("alice").await;
    assert_eq!(alice.get(&sign_in).await.leads(), Some("/findings?q=a%20b&page=2"));
}

#[tokio::test]
async fn somebody_from_another_site_is_recognised_at_the_second_look() {
    let desk = Arc::new(TestDesk::full());
    let stranger = Browser::new(&desk);
    let look = async |site: &str| {
        let mut request = stranger.request(&Method::GET, "/sign-in?to=%2Fplans");
        let headers = request.headers_mut().unwrap();
        headers.insert("sec-fetch-site", site.parse().unwrap());
        headers.insert("sec-fetch-mode", "navigate".parse().unwrap());
        headers.insert("sec-fetch-dest", "document".parse().unwrap());
        stranger.send(request.body(Body::empty()).unwrap()).await
    };
    let first = look("cross-site").await;
    assert_eq!(first.header("refresh"), "0; url=/sign-in?to=%2Fplans");
    // From here it is our own page that asks, and it does not ask a third time.
    let second = look("same-origin").await;
    assert_eq!((second.status, second.header("refresh")), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_session_ends_when_it_is_ended() {
    let desk = Arc::new(TestDesk::full());
    let mut alice = Browser::new(&desk).signed_in("alice").await;
    let before = alice.clone();
    let answer = alice.post("/sign-out", &[]).await;
    assert_eq!(answer.leads(), Some("/sign-in"));
    assert!(answer.header("set-cookie").starts_with("holdfast-7414=; Max-Age=0"));
    alice.keep(&answer);
    assert_eq!(alice.cookie, None);
    assert_eq!(before.get("/").await.leads(), Some("/sign-in"), "the secret still opens");
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let desk = Arc::new(TestDesk::full());
    let alice = Browser::new(&desk).signed_in("alice").await;
    desk.set_now(support::seed::now().plus_days(1));
    assert_eq!(alice.get("/").await.leads(), Some("/sign-in"));
    assert_eq!(alice.post("/look", &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn one_browser_has_one_session() {
    let desk = Arc::new(TestDesk::full());
    let alice = Browser::new(&desk).signed_in("alice").await;
    let mut bob = alice.clone();
    let answer = bob.post("/sign-in", &[("secret", "token-of-bob")]).await;
    bob.keep(&answer);
    assert!(bob.get("/plans").await.text.contains("bob"));
    assert_eq!(alice.get("/").await.leads(), Some("/sign-in"), "the one before still opens");
}
