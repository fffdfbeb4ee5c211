//! Forms: what each asks of the desk, what is answered, and what is said to pages that are old.
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
use holdfast_engine::desk::{Action, PlanState};
use holdfast_model::{Digest, FindingKind, Key, State, Tool};
use support::TestDesk;
use support::browser::Browser;

struct Scene {
    desk: Arc<TestDesk>,
    alice: Browser,
    bob: Browser,
    carol: Browser,
}

async fn scene() -> Scene {
    let desk = Arc::new(TestDesk::full());
    let nobody = Browser::new(&desk);
    let alice = nobody.signed_in("alice").await;
    let bob = nobody.signed_in("bob").await;
    let carol = nobody.signed_in("carol").await;
    Scene { desk, alice, bob, carol }
}

impl Scene {
    fn plan(&self, state: PlanState) -> Digest {
        self.desk.with(|data| {
            data.view.plans.iter().find(|plan| plan.state == state).map(|plan| plan.id).unwrap()
        })
    }

    fn state(&self, id: Digest) -> PlanState {
        self.desk.with(|data| {
            data.view.plans.iter().find(|plan| plan.id == id).map(|plan| plan.state).unwrap()
        })
    }

    /// An open control, the first that nothing is planned for.
    fn control(&self) -> Key {
        self.desk.with(|data| {
            let open = |row: &&holdfast_engine::desk::FindingView| {
                row.open && row.row.kind == FindingKind::Control && row.plan.is_none()
            };
            data.view.findings.iter().find(open).unwrap().key
        })
    }
}

#[tokio::test]
async fn an_acceptance_is_asked_for_and_somebody_else_says_yes() {
    let scene = scene().await;
    let key = scene.control();
    let page = format!("/findings/{key}");
    let fields = [
        ("key", key.to_string()),
        ("until", "2026-12-31".into()),
        ("because", " it waits for the move ".into()),
    ];
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = scene.alice.post("/accept", &fields).await;
    assert_eq!(answer.leads(), Some(page.as_str()), "{}", answer.text);
    let because = "it waits for the move".to_owned();
    let asked = Action::Accept { key, until: jiff::civil::date(2026, 12, 31), because };
    assert_eq!(scene.desk.with(|data| data.acts.clone()), [("alice".to_owned(), asked)]);

    // What was done is said on the page that follows, once, and to her only.
    assert!(!scene.bob.get(&page).await.text.contains("role=\"status\""));
    assert!(scene.alice.get(&page).await.text.contains("sked for; somebody else has to say yes"));
    assert!(!scene.alice.get(&page).await.text.contains("role=\"status\""));

    let text = key.to_string();
    let own = scene.alice.post("/approve-acceptance", &[("key", &text)]).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(own.text.contains("ou asked for it; somebody else has to say yes"), "{}", own.text);
    let yes = scene.bob.post("/approve-acceptance", &[("key", &text)]).await;
    assert_eq!(yes.leads(), Some(page.as_str()));
    let state = scene
        .desk
        .with(|data| data.view.findings.iter().find(|row| row.key == key).map(|row| row.row.state));
    assert_eq!(state, Some(State::Accepted));

    // The same yes from a page that is old: it is so already.
    let late = scene.carol.post("/approve-acceptance", &[("key", &text)]).await;
    assert_eq!(late.leads(), Some(page.as_str()));
    // Another acceptance of the same from an old page: it says what happened.
    let again = scene.carol.post("/accept", &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text.contains("It is accepted since 2026-11-21 07:00 CET"), "{}", again.text);
}

/// A form, what it says, the status of the answer, and what the answer says.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], u16, &'a str);

#[tokio::test]
async fn a_form_that_says_too_little_is_sent_back_with_help() {
    let scene = scene().await;
    let key = scene.control().to_string();
    let plan = scene.plan(PlanState::Waiting).to_string();
    let long = "x".repeat(2001);
    let day = ("until", "2026-12-31");
    let cases: &[Case<'_>] = &[
        ("/accept", &[("key", "K7"), day, ("because", "x")], 400, "<code>key</code>"),
        ("/accept", &[("key", &key), ("because", "x")], 400, "<code>until</code>"),
        ("/accept", &[("key", &key), ("until", "tomorrow"), ("because", "x")], 422, "is no day"),
        ("/accept", &[("key", &key), ("until", "2026-02-30"), ("because", "x")], 422, "is no day"),
        (
            "/accept",
            &[("key", &key), ("until", "2020-01-01"), ("because", "x")],
            422,
            "is not within",
        ),
        ("/accept", &[("key", &key), day], 400, "<code>because</code>"),
        ("/accept", &[("key", &key), day, ("because", "  ")], 422, "here is no reason"),
        ("/accept", &[("key", &key), day, ("because", &long)], 422, "2001 characters"),
        (
            "/accept",
            &[("key", &key), ("key", &key), day, ("because", "x")],
            400,
            "<code>key</code>",
        ),
        ("/approve-acceptance", &[], 400, "<code>key</code>"),
        (
            "/approve-acceptance",
            &[("key", "0123456789ABCDEFGHJKMNPQRS")],
            404,
            "obody asks to accept it",
        ),
        ("/propose", &[("tool", "shell")], 422, "o finding is chosen"),
        ("/propose", &[("key", &key)], 400, "<code>tool</code>"),
        ("/propose", &[("key", &key), ("tool", "rm -rf /")], 400, "<code>tool</code>"),
        ("/propose", &[("key", "<script>"), ("tool", "shell")], 400, "<code>key</code>"),
        ("/refuse", &[("plan", &plan)], 400, "<code>because</code>"),
        ("/refuse", &[("plan", &plan), ("because", "")], 422, "here is no reason"),
        ("/approve", &[("plan", "abc")], 400, "<code>plan</code>"),
        ("/apply", &[], 400, "<code>plan</code>"),
        ("/confirm", &[("plan", "")], 400, "<code>plan</code>"),
        ("/undo", &[("plan", "\u{0}")], 400, "<code>plan</code>"),
    ];
    for (address, fields, status, says) in cases {
        let answer = scene.alice.post(address, fields).await;
        assert_eq!(answer.status.as_u16(), *status, "{address} {fields:?}: {}", answer.text);
        assert!(
            answer.text.contains(says),
            "{address} {fields:?} does not say `{says}`: {}",
            answer.text
        );
        assert!(!answer.text.contains("<script>"), "{address} {fields:?}");
    }
    assert_eq!(scene.state(Digest::parse(&plan).unwrap()), PlanState::Waiting);
}

#[tokio::test]
async fn a_plan_is_made_once_however_often_it_is_asked_for() {
    let scene = scene().await;
    let key = scene.control();
    let text = key.to_string();
    let fields = [("key", text.as_str()), ("key", text.as_str()), ("tool", "ansible")];
    let plans = scene.desk.with(|data| data.view.plans.len());
    let first = scene.alice.post("/propose", &fields).await;
    let second = scene.alice.post("/propose", &fields).await;
    assert!(first.leads().is_some_and(|page| page.starts_with("/plans/")), "{}", first.text);
    assert_eq!(first.leads(), second.leads());
    assert_eq!(scene.desk.with(|data| data.view.plans.len()), plans + 1);
    let wanted = Action::Propose { keys: vec![key], tool: Tool::Ansible };
    assert_eq!(scene.desk.with(|data| data.acts.first().cloned()).unwrap().1, wanted);
}

#[tokio::test]
async fn two_people_say_yes_and_it_is_carried_out() {
    let scene = scene().await;
    let id = scene.plan(PlanState::Waiting);
    let text = id.to_string();
    let (page, fields) = (format!("/plans/{id}"), [("plan", text.as_str())]);

    let author = scene.alice.post("/approve", &fields).await;
    assert_eq!(author.status, StatusCode::FORBIDDEN);
    assert!(author.text.contains("ou planned it; somebody else has to say yes"), "{}", author.text);
    let early = scene.bob.post("/apply", &fields).await;
    assert_eq!(early.status, StatusCode::CONFLICT);

    assert_eq!(scene.bob.post("/approve", &fields).await.leads(), Some(page.as_str()));
    // Sent twice, as by a double click: harmless, and it says how things stand.
    assert_eq!(scene.bob.post("/approve", &fields).await.leads(), Some(page.as_str()));
    assert!(scene.bob.get(&page).await.text.contains("our yes is noted already; one more person"));
    assert_eq!(scene.state(id), PlanState::Waiting);

    assert_eq!(scene.carol.post("/approve", &fields).await.leads(), Some(page.as_str()));
    assert_eq!(scene.state(id), PlanState::Approved);
    for _ in 0..2 {
        assert_eq!(scene.bob.post("/apply", &fields).await.leads(), Some(page.as_str()));
        assert_eq!(scene.state(id), PlanState::Done);
    }
    for _ in 0..2 {
        assert_eq!(scene.carol.post("/undo", &fields).await.leads(), Some(page.as_str()));
        assert_eq!(scene.state(id), PlanState::Undone);
    }
    let voices = scene.desk.with(|data| {
        let plan = data.view.plans.iter().find(|plan| plan.id == id).unwrap();
        plan.voices.iter().map(|voice| voice.who.clone()).collect::<Vec<_>>()
    });
    assert_eq!(voices, ["bob", "carol"]);
}

#[tokio::test]
async fn two_yeses_at_the_same_moment_are_two() {
    let scene = scene().await;
    let id = scene.plan(PlanState::Waiting).to_string();
    let fields = [("plan", id.as_str())];
    let (bob, again, carol) = tokio::join!(
        scene.bob.post("/approve", &fields),
        scene.bob.post("/approve", &fields),
        scene.carol.post("/approve", &fields)
    );
    for answer in [bob, again, carol] {
        assert!(answer.leads().is_some(), "{}", answer.text);
    }
    let voices = scene.desk.with(|data| data.view.plans.iter().map(|plan| plan.voices.len()).max());
    assert_eq!(voices, Some(2));
}

#[tokio::test]
async fn an_old_page_says_what_happened_meanwhile() {
    let scene = scene().await;
    let id = scene.plan(PlanState::Waiting);
    let text = id.to_string();
    let fields = [("plan", text.as_str())];
    let because = "db-1 routes for the <cluster>";
    let no = scene.bob.post("/refuse", &[fields[0], ("because", because)]).await;
    assert_eq!(no.leads(), Some(format!("/plans/{id}").as_str()));

    for address in ["/approve", "/apply", "/confirm", "/undo"] {
        let late = scene.carol.post(address, &fields).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{address}");
        for words in [
            "The plan was refused",
            "bob said no on 2026-11-21 07:00 CET",
            "db-1 routes for the &lt;cluster&gt;",
        ] {
            assert!(late.text.contains(words), "{address} does not say `{words}`: {}", late.text);
        }
        assert!(late.text.contains(&format!("href=\"/plans/{id}\"")), "{address}");
    }
    let late = scene.carol.post("/refuse", &[fields[0], ("because", "me too")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    // His own no, once more, is no news.
    let again = scene.bob.post("/refuse", &[fields[0], ("because", because)]).await;
    assert!(again.leads().is_some(), "{}", again.text);
    assert_eq!(scene.state(id), PlanState::Refused);
}

#[tokio::test]
async fn every_state_of_a_plan_is_told_to_an_old_page() {
    let scene = scene().await;
    for (state, words) in [
        (PlanState::Running, "is being carried out"),
        (PlanState::Failed, "did not succeed"),
        (PlanState::Expired, "Nobody said yes in time"),
        (PlanState::Unknown, "nobody knows how it ended"),
    ] {
        let plan = scene.plan(state).to_string();
        let late = scene.carol.post("/approve", &[("plan", &plan)]).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{state:?}");
        assert!(late.text.contains(words), "{state:?}: {}", late.text);
    }
    let unknown = Digest::of(b"no such plan").to_string();
    let answer = scene.carol.post("/approve", &[("plan", &unknown)]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_armed_undo_is_called_off_once() {
    let scene = scene().await;
    let id = scene.plan(PlanState::ToConfirm);
    let text = id.to_string();
    for _ in 0..2 {
        let answer = scene.alice.post("/confirm", &[("plan", &text)]).await;
        assert!(answer.leads().is_some(), "{}", answer.text);
        assert_eq!(scene.state(id), PlanState::Done);
    }
}

#[tokio::test]
async fn a_form_leads_back_where_it_stood_if_that_is_ours() {
    let scene = scene().await;
    for (back, to) in [
        ("/plans?page=2", "/plans?page=2"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("", "/"),
    ] {
        let answer = scene.alice.post("/look", &[("back", back)]).await;
        assert_eq!(answer.leads(), Some(to));
    }
    assert!(scene.alice.get("/plans").await.text.contains("ooked at 4 assets"));
}

#[tokio::test]
async fn what_the_desk_cannot_do_is_not_said_to_be_done() {
    let scene = scene().await;
    let plan = scene.plan(PlanState::Waiting).to_string();
    let trouble = holdfast_model::Problem::new("store-full", "the disk is full").help("make room");
    scene.desk.with(|data| data.refuses = Some(trouble));
    let answer = scene.bob.post("/approve", &[("plan", &plan)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("disk is full"), "{}", answer.text);
}
