//! Partners that lose, cut, garble and delay: nothing is told twice where they allow it.
//!
//! Each partner is played in memory, from its documented contract and not from our connector; a
//! seed decides what goes wrong, crashes of our own between request and receipt included.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use holdfast_act::connector::{
    AccountId, Action, Again, Answer, Authority, Call, Carried, Comment, Exchange, Hook, Message,
    Method, OnceKey, Receipt, Request, Response, Subject, Tell, Text, Ticket, carry, connector,
};
use holdfast_model::{Problem, Timestamp};
use serde_json::{Value, json};

/// SplitMix64.
struct Seed(u64);

impl Seed {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What a partner holds.
#[derive(Default)]
struct Partner {
    issues: Vec<Value>,
    comments: Vec<Value>,
    messages: Vec<Value>,
    asked: usize,
}

impl Partner {
    fn does(&mut self, id: &str, call: &Call) -> (u16, Value) {
        self.asked += 1;
        let body: Value = serde_json::from_str(&call.body).unwrap_or(Value::Null);
        let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
        let number = |name: &str| {
            let found = query.split('&').find_map(|part| part.strip_prefix(name));
            found.map_or(0, |number| number.parse::<usize>().unwrap())
        };
        match (id, call.method, path) {
            ("jira", Method::Post, "/rest/api/3/search/jql") => {
                let jql = body["jql"].as_str().unwrap();
                let label = jql.split("labels = \"").nth(1).unwrap().split('"').next().unwrap();
                let found = self.issues.iter().filter(|issue| {
                    issue["fields"]["labels"].as_array().unwrap().iter().any(|one| one == label)
                });
                (200, json!({"issues": found.collect::<Vec<_>>(), "isLast": true}))
            }
            ("jira", Method::Post, "/rest/api/3/issue") => {
                let key = format!("SHOP-{}", self.issues.len() + 1);
                self.issues.push(json!({"key": key, "fields": body["fields"]}));
                (201, json!({"id": "1", "key": key}))
            }
            ("jira", Method::Get, _) => {
                let start = number("startAt=");
                let newest: Vec<&Value> =
                    self.comments.iter().rev().skip(start).take(100).collect();
                let total = self.comments.len();
                (200, json!({"comments": newest, "startAt": start, "total": total}))
            }
            ("jira", Method::Post, _) => {
                let id = format!("{}", self.comments.len() + 1);
                self.comments.push(json!({"id": id, "body": body["body"]}));
                (201, json!({"id": id}))
            }
            ("github", Method::Get, "/repos/acme/shop/issues") => {
                let (page, size) = (number("&page=").max(number("page=")), number("per_page="));
                let newest = self.issues.iter().rev().skip((page - 1) * size).take(size);
                (200, Value::from(newest.cloned().collect::<Vec<_>>()))
            }
            ("github", Method::Post, "/repos/acme/shop/issues") => {
                let number = self.issues.len() + 1;
                // Labels are dropped in silence: the token may not push.
                self.issues.push(json!({
                    "number": number, "body": body["body"], "labels": [],
                    "created_at": "2026-01-02T00:00:00Z", "state": "open",
                }));
                (201, self.issues.last().unwrap().clone())
            }
            ("github", Method::Get, _) => {
                let (page, size) = (number("page="), number("per_page="));
                let found = self.comments.iter().skip((page - 1) * size).take(size);
                (200, Value::from(found.cloned().collect::<Vec<_>>()))
            }
            ("github", Method::Post, _) => {
                let id = self.comments.len() + 1;
                self.comments.push(json!({"id": id, "body": body["body"]}));
                (201, json!({"id": id}))
            }
            ("slack", ..) => {
                self.messages.push(body);
                (200, json!({"ok": true, "channel": "C1", "ts": self.messages.len().to_string()}))
            }
            ("webhook", ..) => {
                self.messages.push(body);
                (200, json!({}))
            }
            other => panic!("what is {other:?}?"),
        }
    }

    /// The same with something going wrong in one of two cases.
    fn faulty(&mut self, id: &str, call: &Call, seed: &mut Seed) -> Answer {
        let got = |status: u16, body: Vec<u8>, cut: bool| {
            Answer::Got(Response { status, body, cut, ..Response::default() })
        };
        let fate = seed.below(20);
        match fate {
            0 => return Answer::NotSent(Problem::new("http-unreachable", "nobody listens")),
            1 => return Answer::Lost,
            2 => return got(503, b"busy".to_vec(), false),
            3 => return got(429, b"<html>slow down</html>".to_vec(), false),
            4 => return got(200, b"<html>log in</html>".to_vec(), false),
            5 => return got(200, b"{}".to_vec(), false),
            _ => {}
        }
        let (status, document) = self.does(id, call);
        let whole = document.to_string().into_bytes();
        match fate {
            6 | 7 => Answer::Lost,
            8 => got(502, b"bad gateway".to_vec(), false),
            9 => got(status, whole[..whole.len() / 2].to_vec(), true),
            10 => got(status, b"null".to_vec(), false),
            _ => got(status, whole, false),
        }
    }
}

fn text() -> Text {
    Text::new("soon: something", Action::Command("holdfast fix K7".to_owned()))
}

fn ticket(within: &str) -> Tell {
    let decided = Timestamp::parse("2026-01-01").unwrap();
    Tell::Ticket(Ticket { within: within.to_owned(), text: text(), labels: Vec::new(), decided })
}

fn comment(within: &str, id: &str) -> Tell {
    let ticket = Receipt {
        within: within.to_owned(),
        id: id.to_owned(),
        address: String::new(),
        state: None,
        doubles: Vec::new(),
    };
    let decided = Timestamp::parse("2026-01-01").unwrap();
    Tell::Comment(Comment { ticket, text: text(), decided })
}

/// Tries until it is done, as the outbox does, and crashes now and then.
fn deliver(id: &str, tell: &Tell, partner: &mut Partner, seed: &mut Seed) -> Option<Receipt> {
    let account = AccountId("a".into());
    let key = OnceKey::new(&account, ["decision", "K7"]);
    let connector = connector(id).unwrap();
    let mut history: Vec<Exchange> = Vec::new();
    // Far more than the outbox would try: here half of all requests fail.
    for _ in 0..1_000 {
        // A crash forgets everything but the entry `started`, which names the telling request.
        let crash = seed.below(5) == 0;
        let mut started: Option<Request> = None;
        let mut send = |request: &Request| {
            let Carried::Http(call) = &request.carried else { panic!("{request:?}") };
            if request.authority == Authority::Tell {
                started = Some(request.clone());
            }
            partner.faulty(id, call, seed)
        };
        let before = history.clone();
        let came = carry(connector, tell, &key, &account, &mut history, &mut send);
        if crash {
            history = before;
            history.extend(started.map(|request| Exchange { request, answer: Answer::Lost }));
            continue;
        }
        match came {
            Ok(receipt) => return Some(receipt),
            Err(refusal) => assert_ne!(refusal.again, Again::No, "{}", refusal.problem),
        }
    }
    None
}

#[test]
fn no_fault_and_no_crash_makes_a_second_ticket() {
    let mut faults = 0;
    for (id, within) in [("jira", "SHOP"), ("github", "acme/shop")] {
        for seed in 0..400 {
            // Others write issues too: with them, ours is on another page.
            let mut partner = Partner::default();
            for number in 1..=seed % 70 {
                partner.issues.push(json!({
                    "number": number, "key": format!("SHOP-{number}"), "body": "another",
                    "fields": {"labels": ["another"]}, "created_at": "2026-01-01T12:00:00Z",
                }));
            }
            let others = partner.issues.len();
            let mut random = Seed(seed);
            let receipt = deliver(id, &ticket(within), &mut partner, &mut random);
            let receipt = receipt.unwrap_or_else(|| panic!("{id} {seed}: never done"));
            assert_eq!(partner.issues.len(), others + 1, "{id} {seed}");
            assert!(receipt.id.ends_with(&(others + 1).to_string()), "{id} {seed}: {receipt:?}");
            assert!(receipt.doubles.is_empty());
            faults += usize::from(partner.asked > 2 + others / 30);
        }
    }
    assert!(faults > 400, "too little went wrong to prove anything: {faults}");
}

#[test]
fn no_fault_and_no_crash_makes_a_second_comment() {
    for (id, within, ticket) in [("jira", "SHOP", "SHOP-1"), ("github", "acme/shop", "1")] {
        for seed in 0..200 {
            let mut partner = Partner::default();
            // Three pages of either.
            let most = if id == "jira" { 250 } else { 70 };
            for number in 0..seed % most {
                partner.comments.push(json!({"id": number, "body": "another"}));
            }
            if id == "jira" {
                for comment in &mut partner.comments {
                    comment["id"] = Value::from(comment["id"].to_string());
                }
            }
            let others = partner.comments.len();
            let mut random = Seed(seed);
            let receipt = deliver(id, &comment(within, ticket), &mut partner, &mut random);
            assert!(receipt.is_some(), "{id} {seed}: never done");
            assert_eq!(partner.comments.len(), others + 1, "{id} {seed}");
        }
    }
}

#[test]
fn a_message_that_may_be_a_repeat_says_so_and_the_first_never_does() {
    let about = Subject::Trial;
    let tell = Tell::Message(Message { channel: "C1".to_owned(), about, text: text() });
    let mut repeats = 0;
    for seed in 0..300 {
        let mut partner = Partner::default();
        let receipt = deliver("slack", &tell, &mut partner, &mut Seed(seed));
        assert!(receipt.is_some(), "{seed}");
        for message in partner.messages.iter().skip(1) {
            repeats += 1;
            assert!(message.to_string().contains("may be a repeat"), "{seed}: {message}");
        }
    }
    assert!(repeats > 50, "{repeats}");
    let mut partner = Partner::default();
    let account = AccountId("a".into());
    let key = OnceKey::new(&account, ["decision"]);
    let mut send = |request: &Request| {
        let Carried::Http(call) = &request.carried else { panic!() };
        let (status, body) = partner.does("slack", call);
        Answer::Got(Response { status, body: body.to_string().into(), ..Response::default() })
    };
    let slack = connector("slack").unwrap();
    carry(slack, &tell, &key, &account, &mut Vec::new(), &mut send).unwrap();
    assert!(!partner.messages[0].to_string().contains("repeat"));
}

#[test]
fn an_event_is_the_same_however_often_it_is_sent() {
    let hook = Hook {
        kind: "case.opened".to_owned(),
        at: Timestamp(0),
        data: json!({"case": "c1"}),
        text: text(),
    };
    let mut repeats = 0;
    for seed in 0..200 {
        let mut partner = Partner::default();
        // Whatever a program answers with success counts: nothing is read of it.
        let receipt = deliver("webhook", &Tell::Hook(hook.clone()), &mut partner, &mut Seed(seed));
        assert!(receipt.is_some());
        repeats += partner.messages.len().saturating_sub(1);
        assert!(partner.messages.windows(2).all(|pair| pair[0] == pair[1]));
    }
    assert!(repeats > 20, "{repeats}");
}
