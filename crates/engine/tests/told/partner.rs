//! GitHub and Slack in memory, as their documentation says they answer.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use holdfast_model::Problem;
use holdfast_world::{
    Downloaded, Http, HttpGet, HttpMethod, HttpRequest, HttpResponse, HttpSecret, SendError,
};
use serde_json::{Value, json};

#[derive(Debug, Default)]
struct Held {
    issues: Vec<Value>,
    comments: Vec<Value>,
    messages: Vec<String>,
    secrets: Vec<String>,
}

/// The partner.
#[derive(Debug, Default)]
pub(crate) struct Partner {
    held: Mutex<Held>,
    refuses: AtomicBool,
}

impl Partner {
    pub(crate) fn titles(&self) -> Vec<String> {
        let text = |one: &Value| one["title"].as_str().unwrap().to_owned();
        self.held.lock().unwrap().issues.iter().map(text).collect()
    }

    pub(crate) fn comments(&self) -> Vec<String> {
        let text = |one: &Value| one["body"].as_str().unwrap().to_owned();
        self.held.lock().unwrap().comments.iter().map(text).collect()
    }

    /// The titles of the tickets that were commented on.
    pub(crate) fn commented(&self) -> Vec<String> {
        let text = |one: &Value| one["on"].as_str().unwrap().to_owned();
        self.held.lock().unwrap().comments.iter().map(text).collect()
    }

    /// Each message as it stands now.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.held.lock().unwrap().messages.clone()
    }

    /// From now on no secret is good.
    pub(crate) fn refuse(&self) {
        self.refuses.store(true, Ordering::Relaxed);
    }

    /// Somebody closes a ticket.
    pub(crate) fn close(&self, title: &str) {
        let mut held = self.held.lock().unwrap();
        let of = |one: &&mut Value| one["title"].as_str().unwrap().contains(title);
        let issue = held.issues.iter_mut().find(of).unwrap();
        issue["state"] = json!("closed");
        issue["state_reason"] = json!("completed");
    }

    pub(crate) fn saw_secret(&self, text: &str) -> bool {
        let secret = format!("{:?}", holdfast_world::Secret::new(text).unwrap());
        self.held.lock().unwrap().secrets.contains(&secret)
    }

    fn github(held: &mut Held, method: HttpMethod, path: &str, body: &Value) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let number = |name: &str| {
            let found = query.split('&').find_map(|part| part.strip_prefix(name));
            found.and_then(|number| number.parse::<usize>().ok()).unwrap_or(1)
        };
        let page = |all: Vec<&Value>| {
            let (page, size) = (number("page="), number("per_page="));
            let some = all.into_iter().skip((page - 1) * size).take(size);
            (200, some.cloned().collect::<Value>())
        };
        let comments = path.ends_with("/comments");
        if let (HttpMethod::Get, Some(issue)) = (method, path.split('/').nth(5))
            && !comments
        {
            return (200, held.issues[issue.parse::<usize>().unwrap() - 1].clone());
        }
        match (method, comments) {
            (HttpMethod::Get, false) => page(held.issues.iter().rev().collect()),
            (HttpMethod::Get, true) => page(held.comments.iter().collect()),
            (HttpMethod::Post, false) => {
                let number = held.issues.len() + 1;
                held.issues.push(json!({
                    "number": number, "title": body["title"], "body": body["body"],
                    "state": "open", "created_at": "2026-11-21T10:00:00Z",
                    "html_url": format!("https://github.example/acme/shop/issues/{number}"),
                }));
                (201, held.issues.last().unwrap().clone())
            }
            (HttpMethod::Post, true) => {
                let id = held.comments.len() + 1;
                let issue = path.split('/').nth(5).unwrap();
                let issue: usize = issue.parse().unwrap();
                let title = held.issues[issue - 1]["title"].clone();
                held.comments.push(json!({"id": id, "body": body["body"], "on": title}));
                (201, held.comments.last().unwrap().clone())
            }
        }
    }

    fn slack(held: &mut Held, path: &str, body: &Value) -> (u16, Value) {
        let text = body.to_string();
        let ts = match path {
            "/api/chat.update" => {
                let ts = body["ts"].as_str().unwrap().to_owned();
                let at: usize = ts.parse().unwrap();
                held.messages[at - 1] = text;
                ts
            }
            "/api/chat.postMessage" => {
                held.messages.push(text);
                held.messages.len().to_string()
            }
            other => panic!("what is {other}?"),
        };
        (200, json!({"ok": true, "channel": "C1", "ts": ts}))
    }
}

impl Http for Partner {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, SendError> {
        let mut held = self.held.lock().unwrap();
        let HttpSecret::Bearer(secret) = &request.secret else { panic!("{request:?}") };
        held.secrets.push(format!("{secret:?}"));
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let slack = request.address.strip_prefix("https://slack.com");
        if self.refuses.load(Ordering::Relaxed) {
            return Ok(match slack {
                Some(_) => HttpResponse::of(200, r#"{"ok":false,"error":"token_revoked"}"#),
                None => HttpResponse::of(401, r#"{"message":"Bad credentials"}"#),
            });
        }
        let (status, document) = if let Some(path) = slack {
            Self::slack(&mut held, path, &body)
        } else {
            let path = request.address.strip_prefix("https://api.github.com").unwrap();
            Self::github(&mut held, request.method, path, &body)
        };
        Ok(HttpResponse::of(status, document.to_string()))
    }

    fn download(&self, _: &HttpGet) -> Result<Downloaded, Problem> {
        Err(Problem::new("http-unreachable", "nobody asked for a download"))
    }
}
