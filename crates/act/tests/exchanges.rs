//! Recorded exchanges with each partner, written from their documented contracts, replayed.
#![expect(clippy::disallowed_methods, reason = "tests read their fixtures")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use holdfast_act::connector::{
    AccountId, Action, Answer, Authority, Block, Call, Carried, Comment, Credential, Exchange,
    Hook, Letter, Link, Message, OnceKey, Receipt, Request, Response, Subject, Tell, Text, Ticket,
    Update, carry, connector, connectors,
};
use holdfast_model::{Key, Problem, Timestamp};
use serde_json::Value;

fn text() -> Text {
    Text {
        headline: "Soon: <b>time</b> *segfaults* @all on shop".to_owned(),
        blocks: vec![
            Block::Facts(vec![("Where".to_owned(), "Cargo.lock:7:1".to_owned())]),
            Block::Paragraph("<!channel> <script>alert(1)</script> @all & #12".to_owned()),
        ],
        action: Action::Command("holdfast fix K7".to_owned()),
        details: Some(Link {
            text: "Look at it".to_owned(),
            address: "https://holdfast.example/findings/K7".to_owned(),
        }),
    }
}

fn tell(case: &Value) -> Tell {
    let word = |name: &str| case[name].as_str().unwrap_or_default().to_owned();
    let at = Timestamp::parse("2026-01-01").unwrap();
    let (within, about) = (word("within"), Subject::Decision(Key([7; 16])));
    let receipt = |within: &str, id: &str| Receipt {
        within: within.to_owned(),
        id: id.to_owned(),
        address: String::new(),
        state: None,
        doubles: Vec::new(),
    };
    let known = receipt(&within, &word("id"));
    let tell = match word("tell").as_str() {
        "ticket" => Tell::Ticket(Ticket {
            within,
            text: text(),
            labels: vec!["payments team".to_owned()],
            decided: at,
        }),
        "comment" => Tell::Comment(Comment { ticket: known, text: text(), decided: at }),
        "state" => Tell::State(known),
        "message" => Tell::Message(Message { channel: within, about, text: text() }),
        "update" => Tell::Update(Update { message: known, about, text: text() }),
        "mail" => Tell::Mail(Letter {
            from: "holdfast@example.org".to_owned(),
            to: vec![within],
            text: text(),
            at,
            follows: Some(receipt("", "<holdfast-1@example.org>")),
        }),
        "hook" => Tell::Hook(Hook {
            kind: "decision.made".to_owned(),
            at,
            data: serde_json::json!({"finding": "K7"}),
            text: text(),
        }),
        other => panic!("what is `{other}`?"),
    };
    // Errands are kept in the outbox as documents.
    let kept: Tell = serde_json::from_value(serde_json::to_value(&tell).unwrap()).unwrap();
    assert_eq!(kept, tell);
    tell
}

/// Whether everything that is expected is there; lists have to be equal.
fn within(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|found| within(value, found))),
        _ => expected == found,
    }
}

fn check(name: &str, ask: &Value, request: &Request) {
    let authority = match request.authority {
        Authority::Query => "query",
        Authority::Tell => "tell",
    };
    if let Some(expected) = ask["authority"].as_str() {
        assert_eq!(authority, expected, "{name}");
    }
    let said = match &request.carried {
        Carried::Http(Call { method, path, body, .. }) => {
            if let Some(expected) = ask["method"].as_str() {
                assert_eq!(format!("{method:?}"), expected, "{name}");
            }
            if let Some(expected) = ask["path"].as_str() {
                assert_eq!(path, expected, "{name}");
            }
            if !ask["body"].is_null() {
                let found: Value = serde_json::from_str(body).unwrap();
                assert!(within(&ask["body"], &found), "{name}: {found:#}");
            }
            body
        }
        Carried::Mail(envelope) => {
            assert!(envelope.message.lines().all(|line| line.len() <= 998), "{name}");
            &envelope.message
        }
    };
    let parts = |list: &str| ask[list].as_array().cloned().unwrap_or_default();
    for part in parts("contains") {
        assert!(said.contains(part.as_str().unwrap()), "{name}: {part} is missing in {said}");
    }
    for part in parts("lacks") {
        assert!(!said.contains(part.as_str().unwrap()), "{name}: {part} stands in {said}");
    }
}

fn answer(document: &Value) -> Answer {
    match document.as_str() {
        Some("lost") => return Answer::Lost,
        Some(_) => return Answer::NotSent(Problem::new("http-unreachable", "nobody listens")),
        None => {}
    }
    let headers = document["headers"].as_object().into_iter().flatten();
    Answer::Got(Response {
        status: u16::try_from(document["status"].as_u64().unwrap()).unwrap(),
        headers: headers
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        body: match &document["body"] {
            Value::Null => document["text"].as_str().unwrap().as_bytes().to_vec(),
            body => body.to_string().into_bytes(),
        },
        cut: document["cut"].as_bool().unwrap_or(false),
    })
}

fn replay(id: &str, case: &Value, account: &AccountId, key: &OnceKey) {
    let name = format!("{id}: {}", case["case"].as_str().unwrap());
    let connector = connector(id).unwrap();
    let tell = tell(case);
    let mut history = Vec::new();
    if case["earlier"] == Value::Bool(true) {
        // A crash left the entry `started`: the request may have been done.
        let call = Call {
            method: holdfast_act::connector::Method::Post,
            path: String::new(),
            headers: Vec::new(),
            body: String::new(),
        };
        let request = Request {
            account: account.clone(),
            authority: Authority::Tell,
            credential: Credential::Bearer,
            carried: Carried::Http(call),
        };
        history.push(Exchange { request, answer: Answer::Lost });
    }
    let earlier = history.len();
    let exchanges = case["exchanges"].as_array().unwrap();
    let mut asked = 0;
    let mut send = |request: &Request| {
        assert_eq!(&request.account, account);
        let again = case["again_and_again"] == Value::Bool(true);
        let at = if again { 0 } else { asked };
        let Some(exchange) = exchanges.get(at) else {
            panic!("{name}: asks too much: {request:?}")
        };
        check(&name, &exchange["ask"], request);
        asked += 1;
        answer(&exchange["answer"])
    };
    let came = carry(connector, &tell, key, account, &mut history, &mut send);
    assert!(asked >= exchanges.len(), "{name}: asked only {asked} times");
    match came {
        Ok(receipt) => {
            let done = serde_json::to_value(&receipt).unwrap();
            assert_eq!(done, case["done"], "{name}");
            assert!(history.is_empty(), "{name}");
            assert!(connector.takes(&tell), "{name}");
        }
        Err(refusal) => {
            let expected = &case["refused"];
            assert_eq!(refusal.problem.code, expected["code"], "{name}: {}", refusal.problem);
            let again = serde_json::to_value(refusal.again).unwrap();
            assert_eq!(again, expected["again"], "{name}: {}", refusal.problem);
            assert_eq!(refusal.maybe_done, expected["maybe_done"], "{name}");
            let says = expected["says"].as_str().unwrap_or_default();
            assert!(refusal.problem.message.contains(says), "{name}: {}", refusal.problem);
            assert!(!refusal.problem.help.is_empty() || refusal.problem.code == "http-unreachable");
            // What may have been done is remembered, and nothing else.
            let told = earlier + usize::from(refusal.maybe_done);
            assert_eq!(history.len(), told, "{name}");
            assert!(history.iter().all(|one| one.answer == Answer::Lost), "{name}");
        }
    }
}

#[test]
fn every_connector_keeps_its_contract() {
    let account = AccountId("shop".into());
    let key = OnceKey::new(&account, ["decision", "K7", "1"]);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/exchanges");
    let mut seen = BTreeSet::new();
    for connector in connectors() {
        let id = connector.about().id;
        let text = std::fs::read_to_string(format!("{folder}/{id}.json")).unwrap();
        let cases: Value = serde_json::from_str(&text.replace("KEY", key.as_str())).unwrap();
        let cases = cases.as_array().unwrap();
        assert!(cases.len() >= 5, "{id}");
        for case in cases {
            assert!(seen.insert(format!("{id} {}", case["case"])), "{case}");
            replay(id, case, &account, &key);
        }
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), connectors().len());
}

#[test]
fn the_registry_is_sound() {
    let ids: Vec<&str> = connectors().iter().map(|connector| connector.about().id).collect();
    assert!(ids.is_sorted_by(|one, other| one < other), "{ids:?}");
    for connector in connectors() {
        let about = connector.about();
        assert!(about.file.starts_with("crates/act/src/"), "{}", about.file);
        assert!(about.text.ends_with('.'), "{}", about.text);
    }
    assert!(connector("no such").is_none());
}

#[test]
fn a_key_is_of_the_account_and_the_decision_alone() {
    let account = AccountId("shop".into());
    let key = OnceKey::new(&account, ["decision", "K7"]);
    assert_eq!(key, OnceKey::new(&account, ["decision", "K7"]));
    assert_ne!(key, OnceKey::new(&account, ["decisionK", "7"]));
    assert_ne!(key, OnceKey::new(&AccountId("pay".into()), ["decision", "K7"]));
    let digits = key.as_str().strip_prefix("holdfast-").unwrap();
    assert!(digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
}
