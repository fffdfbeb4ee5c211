//! Jira Cloud, interface version 3.
//!
//! A ticket bears the once key as a label, a comment as its last line; both are looked for before
//! one is made. `/rest/api/3/search` is gone (410): `search/jql` wants its fields named and pages
//! by `nextPageToken`. Its index lags behind: `outbox::wait` leaves it a minute.

use holdfast_model::{About, Problem};
use serde_json::{Value, json};

use super::{adf, labels, title};
use crate::connector::{
    AccountId, Authority, Call, Carried, Comment, Connector, Credential, Document, Exchange, Form,
    Method, Next, Once, OnceKey, Receipt, Refusal, Request, Response, Tell, Ticket, TicketState,
    answered, heard, read,
};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Jira;

static ABOUT: About = About {
    id: "jira",
    title: "Jira",
    text: "Makes issues in Jira Cloud, comments on them and reads their status. Needs the site's \
           address, a user and an API token that may create issues in the project. Issues bear the \
           label `holdfast` and one of their own, by which they are found again; leave it there.",
    file: file!(),
};

const CREATE: &str = "/rest/api/3/issue";
const SEARCH: &str = "/rest/api/3/search/jql";
/// Comments of one page.
const PAGE: u64 = 100;

impl Connector for Jira {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn once(&self) -> Once {
        Once::Lookup
    }

    fn form(&self) -> Form {
        Form::Ticket
    }

    fn takes(&self, tell: &Tell) -> bool {
        matches!(tell, Tell::Ticket(_) | Tell::Comment(_) | Tell::State(_))
    }

    fn next(
        &self,
        tell: &Tell,
        key: &OnceKey,
        account: &AccountId,
        so_far: &[Exchange],
    ) -> Next<Receipt> {
        let last = heard(so_far).next_back();
        let next = match tell {
            Tell::Ticket(ticket) => ticket_step(ticket, key, last),
            Tell::Comment(comment) => comment_step(comment, key, last),
            Tell::State(ticket) => state_step(ticket, last),
            _ => return answered::unfit(&ABOUT, tell),
        };
        match next {
            Err(refusal) => Next::Refused(refusal),
            Ok(Step::Done(receipt)) => Next::Done(receipt),
            Ok(Step::Ask(authority, method, path, body)) => Next::Send(Request {
                account: account.clone(),
                authority,
                credential: Credential::Basic,
                carried: Carried::Http(Call {
                    method,
                    path,
                    headers: vec![
                        ("accept", "application/json".to_owned()),
                        ("content-type", "application/json".to_owned()),
                    ],
                    body: body.map(|body| body.to_string()).unwrap_or_default(),
                }),
            }),
        }
    }
}

enum Step {
    Ask(Authority, Method, String, Option<Value>),
    Done(Receipt),
}

fn unfit(message: String, help: &str) -> Refusal {
    answered::no(Problem::new("partner-unfit", message).help(help.to_owned()))
}

/// The key of a project and the type of issue, as a route names them.
fn destination(within: &str) -> Result<(&str, &str), Refusal> {
    let (project, kind) = within.split_once('/').unwrap_or((within, "Task"));
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if project.is_empty() || project.len() > 50 || !project.bytes().all(letter) || kind.is_empty() {
        let message = format!("{} names no project of Jira", answered::quoted(within));
        return Err(unfit(message, "write its key, as `SHOP`, or with a type, as `SHOP/Bug`"));
    }
    Ok((project, kind))
}

fn issue_key(key: &str) -> Result<&str, Refusal> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if key.is_empty() || key.len() > 80 || !key.bytes().all(letter) {
        let message = format!("{} is no key of an issue", answered::quoted(key));
        return Err(unfit(message, "it looks like `SHOP-12`"));
    }
    Ok(key)
}

fn ticket_step(
    ticket: &Ticket,
    key: &OnceKey,
    last: Option<(&Call, &Response)>,
) -> Result<Step, Refusal> {
    let (project, kind) = destination(&ticket.within)?;
    let search = |page: Option<&str>| {
        let mut body = json!({
            "jql": format!("project = \"{project}\" AND labels = \"{key}\" ORDER BY created ASC"),
            "fields": ["status", "labels"],
            "maxResults": 50,
        });
        if let (Some(page), Some(fields)) = (page, body.as_object_mut()) {
            fields.insert("nextPageToken".to_owned(), Value::from(page));
        }
        Step::Ask(Authority::Query, Method::Post, SEARCH.to_owned(), Some(body))
    };
    let Some((call, response)) = last else { return Ok(search(None)) };
    if call.path == CREATE {
        let document = read(ABOUT.title, response, true, words)?;
        let made = document.get("key").and_then(Value::as_str).and_then(|key| issue_key(key).ok());
        let Some(made) = made else {
            return Err(answered::garbled(ABOUT.title, "an issue without a key", true));
        };
        return Ok(Step::Done(receipt(project, made, &document)));
    }
    let document = read(ABOUT.title, response, false, words)?;
    let Some(issues) = document.get("issues").and_then(Value::as_array) else {
        return Err(answered::garbled(ABOUT.title, "a search without `issues`", false));
    };
    // A search that answers something else than what was asked is not believed.
    let ours = |issue: &&Value| {
        let labels = issue.pointer("/fields/labels").and_then(Value::as_array);
        labels.is_some_and(|labels| labels.iter().any(|label| label == key.as_str()))
    };
    let found: Vec<(&str, &Value)> = issues
        .iter()
        .filter(ours)
        .filter_map(|issue| Some((issue.get("key").and_then(Value::as_str)?, issue)))
        .collect();
    if let Some((first, issue)) = found.first() {
        let doubles = found.iter().skip(1).map(|(key, _)| (*key).to_owned()).collect();
        return Ok(Step::Done(Receipt { doubles, ..receipt(project, issue_key(first)?, issue) }));
    }
    if let Some(page) = document.get("nextPageToken").and_then(Value::as_str) {
        return Ok(search(Some(page)));
    }
    let body = json!({"fields": {
        "project": {"key": project},
        "issuetype": {"name": kind},
        "summary": title(&ticket.text),
        "description": adf::document(&ticket.text, None),
        "labels": labels(&ticket.labels, Some(key)),
    }});
    Ok(Step::Ask(Authority::Tell, Method::Post, CREATE.to_owned(), Some(body)))
}

fn comment_step(
    comment: &Comment,
    key: &OnceKey,
    last: Option<(&Call, &Response)>,
) -> Result<Step, Refusal> {
    let issue = issue_key(&comment.ticket.id)?;
    let path = format!("{CREATE}/{issue}/comment");
    let page = |start: u64| {
        let path = format!("{path}?orderBy=-created&maxResults={PAGE}&startAt={start}");
        Step::Ask(Authority::Query, Method::Get, path, None)
    };
    let Some((call, response)) = last else { return Ok(page(0)) };
    if call.method == Method::Post {
        let document = read(ABOUT.title, response, true, words)?;
        return said(issue, &document, true);
    }
    let document = read(ABOUT.title, response, false, words)?;
    let number = |name: &str| document.get(name).and_then(Value::as_u64);
    let (Some(comments), Some(total)) =
        (document.get("comments").and_then(Value::as_array), number("total"))
    else {
        let what = "a page of comments without `comments` and `total`";
        return Err(answered::garbled(ABOUT.title, what, false));
    };
    let ours = |comment: &&Value| {
        comment.get("body").is_some_and(|body| body.to_string().contains(key.as_str()))
    };
    let found: Vec<&Value> = comments.iter().filter(ours).collect();
    // The newest come first: the last of them was made first.
    if let Some(first) = found.last() {
        return said(issue, first, false);
    }
    let seen = number("startAt").unwrap_or(0) + comments.len() as u64;
    if seen < total && !comments.is_empty() {
        return Ok(page(seen));
    }
    let body = json!({"body": adf::comment(&comment.text, key.as_str())});
    Ok(Step::Ask(Authority::Tell, Method::Post, path, Some(body)))
}

fn said(issue: &str, document: &Document, told: bool) -> Result<Step, Refusal> {
    match document.get("id").and_then(Value::as_str) {
        Some(id) => Ok(Step::Done(Receipt::new(issue, id))),
        None => Err(answered::garbled(ABOUT.title, "a comment without an id", told)),
    }
}

fn state_step(ticket: &Receipt, last: Option<(&Call, &Response)>) -> Result<Step, Refusal> {
    let issue = issue_key(&ticket.id)?;
    let Some((_, response)) = last else {
        let path = format!("{CREATE}/{issue}?fields=status");
        return Ok(Step::Ask(Authority::Query, Method::Get, path, None));
    };
    let document = read(ABOUT.title, response, false, words)?;
    let Some(state) = state(&document) else {
        return Err(answered::garbled(ABOUT.title, "an issue without a status", false));
    };
    // An issue that was moved to another project answers with its new key.
    let key = document.get("key").and_then(Value::as_str).unwrap_or(issue);
    Ok(Step::Done(Receipt {
        state: Some(state),
        ..receipt(&ticket.within, issue_key(key)?, &document)
    }))
}

/// The category is the same in every project; names are the team's.
fn state(issue: &Value) -> Option<TicketState> {
    let status = issue.pointer("/fields/status")?;
    let word = status.get("name").and_then(Value::as_str)?;
    let category = status.pointer("/statusCategory/key").and_then(Value::as_str)?;
    Some(TicketState { closed: category == "done", word: crate::connector::one_line(word, 100) })
}

fn receipt(project: &str, key: &str, document: &Document) -> Receipt {
    // `self` is the interface's address; people see the same site.
    let site = document
        .get("self")
        .and_then(Value::as_str)
        .and_then(|address| address.split_once("/rest/api/"))
        .map(|(site, _)| site);
    let address = site.map(|site| format!("{site}/browse/{key}")).unwrap_or_default();
    Receipt { address, state: state(document), ..Receipt::new(project, key) }
}

/// `errorMessages` and `errors`, as one line.
fn words(document: &Document) -> String {
    let messages = document.get("errorMessages").and_then(Value::as_array).into_iter().flatten();
    let errors = document.get("errors").and_then(Value::as_object).into_iter().flatten();
    let messages = messages.filter_map(Value::as_str).map(str::to_owned);
    let errors = errors.map(|(field, what)| format!("{field}: {}", what.as_str().unwrap_or("?")));
    messages.chain(errors).collect::<Vec<_>>().join("; ")
}
