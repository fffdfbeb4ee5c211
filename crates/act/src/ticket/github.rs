//! GitHub's issues, interface version 2022-11-28.
//!
//! A ticket bears the once key in a comment of its body that nobody sees. It is looked for in the
//! list of issues, newest first, not by the search, whose index lags; labels are no mark, because
//! GitHub drops them in silence where a token may not push.

use holdfast_model::{About, Problem, Timestamp};
use serde_json::{Value, json};

use super::{GITHUB_BODY, labels, markdown, title};
use crate::connector::{
    AccountId, Again, Authority, Call, Carried, Comment, Connector, Credential, Document, Exchange,
    Form, Method, Next, Once, OnceKey, Receipt, Refusal, Request, Response, Tell, Ticket,
    TicketState, answered, heard, one_line, read,
};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Github;

static ABOUT: About = About {
    id: "github",
    title: "GitHub",
    text: "Makes issues on GitHub, comments on them and reads how they stand. Needs a token that \
           may read and write issues of the repository. An issue is found again by a comment in \
           its body that is not shown; leave it there.",
    file: file!(),
};

/// Issues of one page: bodies are long, and an answer is bounded.
const PAGE: usize = 30;
/// Clocks differ: what was made a day before it was decided is looked at too.
const CLOCKS: i64 = 86_400_000;

impl Connector for Github {
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
        let pages = heard(so_far).count();
        let last = heard(so_far).next_back();
        let next = match tell {
            Tell::Ticket(ticket) => ticket_step(ticket, key, last, pages),
            Tell::Comment(comment) => comment_step(comment, key, last, pages),
            Tell::State(ticket) => state_step(ticket, last),
            _ => return answered::unfit(&ABOUT, tell),
        };
        match next {
            Err(refusal) => Next::Refused(refusal),
            Ok(Step::Done(receipt)) => Next::Done(receipt),
            Ok(Step::Ask(path)) => {
                request(account, Authority::Query, Method::Get, path, String::new())
            }
            Ok(Step::Make(path, body)) => {
                request(account, Authority::Tell, Method::Post, path, body.to_string())
            }
        }
    }
}

enum Step {
    Ask(String),
    Make(String, Value),
    Done(Receipt),
}

fn request(
    account: &AccountId,
    authority: Authority,
    method: Method,
    path: String,
    body: String,
) -> Next<Receipt> {
    Next::Send(Request {
        account: account.clone(),
        authority,
        credential: Credential::Bearer,
        carried: Carried::Http(Call {
            method,
            path,
            headers: vec![
                ("accept", "application/vnd.github+json".to_owned()),
                ("content-type", "application/json".to_owned()),
                ("x-github-api-version", "2022-11-28".to_owned()),
            ],
            body,
        }),
    })
}

fn repository(within: &str) -> Result<&str, Refusal> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fits = |part: &str| {
        (1..=100).contains(&part.len()) && part.bytes().all(letter) && part != "." && part != ".."
    };
    match within.split_once('/') {
        Some((owner, name)) if fits(owner) && fits(name) => Ok(within),
        _ => Err(unfit(
            format!("{} names no repository", answered::quoted(within)),
            "write it as `owner/name`",
        )),
    }
}

fn number(id: &str) -> Result<&str, Refusal> {
    if !id.is_empty() && id.len() <= 18 && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(id);
    }
    Err(unfit(format!("{} is no number of an issue", answered::quoted(id)), "it is a number"))
}

fn unfit(message: String, help: &str) -> Refusal {
    answered::no(Problem::new("partner-unfit", message).help(help.to_owned()))
}

/// GitHub says 403 also where it means "too often".
fn answer(response: &Response, told: bool) -> Result<Document, Refusal> {
    let asked_often = response.status == 403
        && (response.header("retry-after").is_some()
            || response.header("x-ratelimit-remaining") == Some("0"));
    if asked_often {
        let busy = Response { status: 429, ..response.clone() };
        let refusal = answered::status(ABOUT.title, &busy, told, "");
        // Without a number, GitHub asks for a minute at least.
        let least = answered::retry_after(response).max(60);
        return Err(refusal.map_or_else(
            || answered::garbled(ABOUT.title, "nothing", told),
            |refusal| Refusal { again: Again::After(least), ..refusal },
        ));
    }
    read(ABOUT.title, response, told, words)
}

fn mark(key: &OnceKey) -> String {
    format!("<!-- {key} -->")
}

fn ticket_step(
    ticket: &Ticket,
    key: &OnceKey,
    last: Option<(&Call, &Response)>,
    pages: usize,
) -> Result<Step, Refusal> {
    let within = repository(&ticket.within)?;
    let path = format!("/repos/{within}/issues");
    let page = |page: usize| {
        let query = "state=all&sort=created&direction=desc";
        Step::Ask(format!("{path}?{query}&per_page={PAGE}&page={page}"))
    };
    let Some((call, response)) = last else { return Ok(page(1)) };
    if call.method == Method::Post {
        let document = answer(response, true)?;
        return issue(within, &document, true).map(Step::Done);
    }
    let document = answer(response, false)?;
    let Some(issues) = document.as_array() else {
        return Err(answered::garbled(ABOUT.title, "a list of issues that is none", false));
    };
    let found: Vec<&Value> = issues.iter().filter(|issue| bears(issue, key)).collect();
    if let Some(first) = found.last() {
        let doubles = found.iter().rev().skip(1).filter_map(|double| number_of(double)).collect();
        let receipt = issue(within, first, false)?;
        return Ok(Step::Done(Receipt { doubles, ..receipt }));
    }
    // The list ends, or what follows is older than the decision.
    let older = issues.last().and_then(made_at);
    let past = older.is_some_and(|at| at.0 < ticket.decided.0.saturating_sub(CLOCKS));
    if issues.len() >= PAGE && !past {
        return Ok(page(pages + 1));
    }
    let text = markdown(&ticket.text, GITHUB_BODY);
    let body = json!({
        "title": title(&ticket.text),
        "body": format!("{text}\n{}\n", mark(key)),
        "labels": labels(&ticket.labels, None),
    });
    Ok(Step::Make(path, body))
}

fn comment_step(
    comment: &Comment,
    key: &OnceKey,
    last: Option<(&Call, &Response)>,
    pages: usize,
) -> Result<Step, Refusal> {
    let within = repository(&comment.ticket.within)?;
    let issue = number(&comment.ticket.id)?;
    let path = format!("/repos/{within}/issues/{issue}/comments");
    let since = Timestamp(comment.decided.0.saturating_sub(CLOCKS));
    let page = |page: usize| Step::Ask(format!("{path}?since={since}&per_page={PAGE}&page={page}"));
    let Some((call, response)) = last else { return Ok(page(1)) };
    if call.method == Method::Post {
        return said(within, &answer(response, true)?, true);
    }
    let document = answer(response, false)?;
    let Some(comments) = document.as_array() else {
        return Err(answered::garbled(ABOUT.title, "a list of comments that is none", false));
    };
    if let Some(first) = comments.iter().find(|comment| bears(comment, key)) {
        return said(within, first, false);
    }
    if comments.len() >= PAGE {
        return Ok(page(pages + 1));
    }
    let headline = markdown::escaped(&one_line(&comment.text.headline, 400));
    let text = markdown(&comment.text, GITHUB_BODY);
    let body = json!({"body": format!("**{headline}**\n\n{text}\n{}\n", mark(key))});
    Ok(Step::Make(path, body))
}

fn state_step(ticket: &Receipt, last: Option<(&Call, &Response)>) -> Result<Step, Refusal> {
    let within = repository(&ticket.within)?;
    let id = number(&ticket.id)?;
    let Some((_, response)) = last else {
        return Ok(Step::Ask(format!("/repos/{within}/issues/{id}")));
    };
    let receipt = issue(within, &answer(response, false)?, false)?;
    if receipt.state.is_none() {
        return Err(answered::garbled(ABOUT.title, "an issue without a state", false));
    }
    Ok(Step::Done(receipt))
}

fn bears(document: &Value, key: &OnceKey) -> bool {
    let body = document.get("body").and_then(Value::as_str);
    // Changes are listed among the issues; ours is none.
    document.get("pull_request").is_none() && body.is_some_and(|body| body.contains(&mark(key)))
}

fn number_of(document: &Value) -> Option<String> {
    document.get("number").and_then(Value::as_u64).map(|number| number.to_string())
}

fn made_at(document: &Value) -> Option<Timestamp> {
    document.get("created_at").and_then(Value::as_str).and_then(Timestamp::parse)
}

fn page_of(document: &Value) -> String {
    document.get("html_url").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn issue(within: &str, document: &Document, told: bool) -> Result<Receipt, Refusal> {
    let Some(id) = number_of(document) else {
        return Err(answered::garbled(ABOUT.title, "an issue without a number", told));
    };
    let state = document.get("state").and_then(Value::as_str).map(|state| {
        let reason = document.get("state_reason").and_then(Value::as_str).unwrap_or_default();
        let closed = state == "closed";
        let word = match reason.replace('_', " ") {
            reason if closed && !reason.is_empty() => format!("closed as {reason}"),
            _ => state.to_owned(),
        };
        TicketState { closed, word: one_line(&word, 100) }
    });
    Ok(Receipt { address: page_of(document), state, ..Receipt::new(within, id) })
}

fn said(within: &str, document: &Document, told: bool) -> Result<Step, Refusal> {
    let Some(id) = document.get("id").and_then(Value::as_u64) else {
        return Err(answered::garbled(ABOUT.title, "a comment without an id", told));
    };
    let receipt = Receipt::new(within, id.to_string());
    Ok(Step::Done(Receipt { address: page_of(document), ..receipt }))
}

/// `message` and the details of a refused field.
fn words(document: &Document) -> String {
    let message = document.get("message").and_then(Value::as_str).unwrap_or_default();
    let errors = document.get("errors").and_then(Value::as_array).into_iter().flatten();
    let fields = errors.filter_map(|error| {
        let field = error.get("field").and_then(Value::as_str)?;
        let code = error.get("code").and_then(Value::as_str).unwrap_or("wrong");
        Some(format!("{field}: {code}"))
    });
    std::iter::once(message.to_owned()).chain(fields).collect::<Vec<_>>().join("; ")
}
