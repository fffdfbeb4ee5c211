//! Forms about events: what each asks of the desk, and what is said to pages that are old.
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

use axum::http::StatusCode;
use holdfast_engine::desk::Action;
use holdfast_model::{Answer, Timestamp};
use support::TestDesk;
use support::browser::Browser;

async fn scene() -> (Arc<TestDesk>, Browser, Browser) {
    let desk = Arc::new(TestDesk::full());
    let nobody = Browser::new(&desk);
    (Arc::clone(&desk), nobody.signed_in("alice").await, nobody.signed_in("bob").await)
}

fn last(desk: &TestDesk) -> (String, Action) {
    desk.with(|data| data.acts.last().unwrap().clone())
}

/// The first open case.
fn case(desk: &TestDesk) -> String {
    desk.with(|data| {
        data.view.cases.iter().find(|case| case.is_open()).unwrap().case.id.to_string()
    })
}

#[tokio::test]
async fn an_announcement_is_read_in_the_zone_of_the_page() {
    let (desk, alice, bob) = scene().await;
    let fields = [
        ("who", " engineer/carol "),
        ("what", "ec2.amazonaws.com:RunInstances, sudo\r\n\r\nsudo\r\nlogin*"),
        ("on", ""),
        ("from", ""),
        ("until", "2026-11-21T18:00"),
        ("at_most", "3"),
        ("because", "a new image"),
    ];
    let answer = alice.post("/announce", &fields).await;
    assert_eq!(answer.leads(), Some("/announcements"), "{}", answer.text);
    let words = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
    // 18:00 in Berlin's winter.
    let until = Timestamp::parse("2026-11-21T17:00:00Z").unwrap();
    let asked = Action::Announce {
        who: "engineer/carol".to_owned(),
        what: words(&["ec2.amazonaws.com:RunInstances", "sudo", "login*"]),
        on: Vec::new(),
        from: None,
        until,
        at_most: 3,
        because: "a new image".to_owned(),
    };
    assert_eq!(last(&desk), ("alice".to_owned(), asked));
    let page = alice.get("/announcements").await.text;
    assert!(page.contains("Announced.") && page.contains("A new image."), "{page}");

    // Somebody else says yes, once; she cannot.
    let id = desk.with(|data| data.view.announcements[0].announcement.id.to_string());
    let own = alice.post("/approve-announcement", &[("id", &id)]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    assert!(own.text.contains("omebody else has to say yes"), "{}", own.text);
    for _ in 0..2 {
        let yes = bob.post("/approve-announcement", &[("id", &id)]).await;
        assert_eq!(yes.leads(), Some("/announcements"), "{}", yes.text);
    }
    let late = alice.signed_in("carol").await.post("/approve-announcement", &[("id", &id)]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text.contains("It has the yes of bob."), "{}", late.text);
}

#[tokio::test]
async fn a_case_is_owned_and_answered_and_an_old_page_is_told() {
    let (desk, alice, bob) = scene().await;
    let id = case(&desk);
    let page = format!("/cases/{id}");
    let owned = alice.post("/own-case", &[("id", &id), ("owner", "alice")]).await;
    assert_eq!(owned.leads(), Some(page.as_str()), "{}", owned.text);
    assert_eq!(last(&desk).1, Action::OwnCase { id: id.clone(), owner: "alice".to_owned() });
    assert!(bob.get(&page).await.text.contains("looks after it now"));

    let fields = [("id", id.as_str()), ("answer", "incident"), ("because", "the key was stolen")];
    let answered = alice.post("/answer-case", &fields).await;
    assert_eq!(answered.leads(), Some(page.as_str()), "{}", answered.text);
    let because = "the key was stolen".to_owned();
    let asked = Action::AnswerCase { id: id.clone(), answer: Answer::Incident, because };
    assert_eq!(last(&desk), ("alice".to_owned(), asked));
    assert!(bob.get(&page).await.text.contains("Somebody did what they should not."));

    // Her own answer once more is no news; his comes too late and is told hers.
    let again = alice.post("/answer-case", &fields).await;
    assert_eq!(again.leads(), Some(page.as_str()), "{}", again.text);
    let late = [("id", id.as_str()), ("answer", "benign"), ("because", "it was me")];
    let late = bob.post("/answer-case", &late).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    for words in
        ["On 2026-11-21 07:00 CET alice said what it was", "was: incident", "the key was stolen"]
    {
        assert!(late.text.contains(words), "{words}: {}", late.text);
    }
    assert!(late.text.contains(&format!("href=\"{page}\"")));
}

#[tokio::test]
async fn a_channel_is_tested_by_name() {
    let (desk, alice, _) = scene().await;
    let tested = alice.post("/test-channel", &[("name", "oncall")]).await;
    assert_eq!(tested.leads(), Some("/settings"), "{}", tested.text);
    assert_eq!(last(&desk).1, Action::TestChannel { name: "oncall".to_owned() });
    assert!(alice.get("/settings").await.text.contains("A test message was sent."));
    let unknown = alice.post("/test-channel", &[("name", "nowhere")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

/// A path, what is sent there, and the status that answers it.
type Asked<'a> = (&'a str, &'a [(&'a str, &'a str)], u16);

#[tokio::test]
async fn a_form_that_says_too_little_or_too_much_is_sent_back_with_help() {
    let (desk, alice, _) = scene().await;
    let id = case(&desk);
    let long = "x".repeat(201);
    let many = (0..51).map(|number| format!("a{number}")).collect::<Vec<_>>().join("\n");
    let good = [
        ("who", "carol"),
        ("what", "sudo"),
        ("on", ""),
        ("from", ""),
        ("until", "2026-11-21T18:00"),
        ("at_most", "1"),
        ("because", "x"),
    ];
    let wrong: [(&str, &str, u16, &str); 13] = [
        ("who", "", 422, "obody is named"),
        ("who", &long, 422, "201 characters"),
        ("who", "a\u{7}b", 422, "cannot be seen"),
        ("what", " , \n", 422, "o action is named"),
        ("what", &many, 422, "ore than 50 names"),
        ("until", "", 422, "here is no end"),
        ("until", "tomorrow", 422, "is no time"),
        ("from", "2026-02-30T10:00", 422, "is no time"),
        ("at_most", "0", 422, "is no number of times"),
        ("at_most", "10001", 422, "is no number of times"),
        ("at_most", "-1", 422, "is no number of times"),
        ("because", " ", 422, "here is no reason"),
        ("until", "2020-01-01T00:00", 422, "t ends before it begins"),
    ];
    for (field, value, status, words) in wrong {
        let fields: Vec<(&str, &str)> = good
            .iter()
            .map(|(name, good)| (*name, if *name == field { value } else { *good }))
            .collect();
        let answer = alice.post("/announce", &fields).await;
        assert_eq!(answer.status.as_u16(), status, "{field} {value:?}: {}", answer.text);
        assert!(answer.text.contains(words), "{field} {value:?}: {}", answer.text);
    }
    for (missing, _) in good {
        let fields: Vec<(&str, &str)> =
            good.into_iter().filter(|(name, _)| *name != missing).collect();
        let answer = alice.post("/announce", &fields).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{missing}: {}", answer.text);
    }
    let because = ("because", "x");
    let cases: [Asked<'_>; 9] = [
        ("/answer-case", &[("id", &id), because], 422),
        ("/answer-case", &[("id", &id), ("answer", "perhaps"), because], 400),
        ("/answer-case", &[("id", &id), ("answer", "benign")], 400),
        ("/answer-case", &[("id", ""), ("answer", "benign"), because], 400),
        ("/answer-case", &[("id", "nobody"), ("answer", "benign"), because], 404),
        ("/own-case", &[("id", &id), ("owner", "")], 422),
        ("/own-case", &[("id", &long), ("owner", "bob")], 400),
        ("/approve-announcement", &[("id", "nobody")], 404),
        ("/test-channel", &[], 400),
    ];
    for (path, fields, status) in cases {
        let answer = alice.post(path, fields).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {fields:?}: {}", answer.text);
        assert!(answer.text.contains("<main"), "{path}");
    }
    let open = desk.with(|data| data.view.cases.iter().filter(|case| case.is_open()).count());
    assert_eq!(open, 4, "nothing was answered");
}
