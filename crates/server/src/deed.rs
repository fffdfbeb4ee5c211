//! What forms ask for: each is read into an action, the desk does it, and the answer leads on.
//!
//! Knows the fields of each form. Must not know who may do what; the desk says so.

mod journey;

use axum::http::StatusCode;
use axum::response::Response;
use holdfast_engine::desk::Action;
use holdfast_model::{Digest, Key, Tool};

use crate::answer::{self, Refusal};
use crate::asked::Asked;
use crate::{link, stale};

/// The longest reason, in characters.
const MOST_WORDS: usize = 2000;
/// The longest id, in bytes.
const MOST_ID: usize = 128;
/// The most findings of one plan.
const MOST_KEYS: usize = 1000;

/// `POST /accept`
pub(crate) async fn accept(asked: Asked) -> Response {
    act(&asked, read_accept(&asked)).await
}

/// `POST /approve-acceptance`
pub(crate) async fn approve_acceptance(asked: Asked) -> Response {
    act(&asked, key(&asked).map(|key| Action::ApproveAcceptance { key })).await
}

/// `POST /propose`
pub(crate) async fn propose(asked: Asked) -> Response {
    act(&asked, read_propose(&asked)).await
}

/// `POST /approve`
pub(crate) async fn approve(asked: Asked) -> Response {
    act(&asked, plan(&asked).map(|plan| Action::Approve { plan })).await
}

/// `POST /refuse`
pub(crate) async fn refuse(asked: Asked) -> Response {
    let action =
        plan(&asked).and_then(|plan| Ok(Action::Refuse { plan, because: because(&asked)? }));
    act(&asked, action).await
}

/// `POST /apply`
pub(crate) async fn apply(asked: Asked) -> Response {
    act(&asked, plan(&asked).map(|plan| Action::Apply { plan })).await
}

/// `POST /confirm`
pub(crate) async fn confirm(asked: Asked) -> Response {
    act(&asked, plan(&asked).map(|plan| Action::Confirm { plan })).await
}

/// `POST /undo`
pub(crate) async fn undo(asked: Asked) -> Response {
    act(&asked, plan(&asked).map(|plan| Action::Undo { plan })).await
}

/// `POST /announce`
pub(crate) async fn announce(asked: Asked) -> Response {
    act(&asked, journey::announce(&asked)).await
}

/// `POST /approve-announcement`
pub(crate) async fn approve_announcement(asked: Asked) -> Response {
    act(&asked, id(&asked).map(|id| Action::ApproveAnnouncement { id })).await
}

/// `POST /answer-case`
pub(crate) async fn answer_case(asked: Asked) -> Response {
    act(&asked, journey::answer(&asked)).await
}

/// `POST /own-case`
pub(crate) async fn own_case(asked: Asked) -> Response {
    act(&asked, journey::own(&asked)).await
}

/// `POST /test-channel`
pub(crate) async fn test_channel(asked: Asked) -> Response {
    act(&asked, journey::test_channel(&asked)).await
}

/// `POST /look`
pub(crate) async fn look(asked: Asked) -> Response {
    act(&asked, Ok(Action::Look)).await
}

/// Has the desk do it, and leads on to where one sees what came of it.
async fn act(asked: &Asked, action: Result<Action, Refusal>) -> Response {
    let action = match action {
        Ok(action) => action,
        Err(refusal) => return asked.refuse(&refusal),
    };
    let home = home(&action);
    let (to, words) = match asked.app.desk.act(asked.person(), action.clone()).await {
        Ok(done) => (done.plan.map_or(home, link::plan), done.message),
        Err(problem) => match stale::judge(asked, &action, &problem).await {
            stale::Judged::Already(words) => (home, words),
            stale::Judged::Refused(refusal) => {
                return asked.refuse(&refusal.back(home, "See how it stands now"));
            }
        },
    };
    let back = asked.form.one("back").filter(|back| link::is_ours(back));
    let to = back.unwrap_or(&to);
    if let Some(visitor) = &asked.visitor {
        asked.app.notices.put(&visitor.secret, to, words);
    }
    answer::see_other(to)
}

/// Where one sees what an action is about.
fn home(action: &Action) -> String {
    match action {
        Action::Accept { key, .. } | Action::ApproveAcceptance { key } => link::finding(*key),
        Action::Propose { keys, .. } => {
            keys.first().map_or_else(|| "/findings".to_owned(), |key| link::finding(*key))
        }
        Action::Approve { plan }
        | Action::Refuse { plan, .. }
        | Action::Apply { plan }
        | Action::Confirm { plan }
        | Action::Undo { plan } => link::plan(*plan),
        Action::Announce { .. } | Action::ApproveAnnouncement { .. } => "/announcements".to_owned(),
        Action::AnswerCase { id, .. } | Action::OwnCase { id, .. } => link::case(id),
        Action::TestChannel { .. } => "/settings".to_owned(),
        Action::AddHosts { .. } | Action::RemoveHost { .. } => "/assets".to_owned(),
        Action::ProposeAt { .. }
        | Action::Look
        | Action::IssueToken { .. }
        | Action::RevokeToken { .. } => "/".to_owned(),
    }
}

/// A form that no page of ours sends.
fn broken(field: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, format!("the form says nothing usable as `{field}`"))
        .help("nothing was done; load the page anew and try again")
}

/// What a person wrote cannot be used; they can go back, and their words are still there.
fn unusable(what: String, help: &str) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, what).help(help)
}

fn key(asked: &Asked) -> Result<Key, Refusal> {
    asked.form.one("key").and_then(Key::parse).ok_or_else(|| broken("key"))
}

fn plan(asked: &Asked) -> Result<Digest, Refusal> {
    asked.form.one("plan").and_then(Digest::parse).ok_or_else(|| broken("plan"))
}

/// The id of a case or an announcement: what it looks like is the desk's affair.
fn id(asked: &Asked) -> Result<String, Refusal> {
    let id = asked.form.one("id").map(str::trim).unwrap_or_default();
    let usable = !id.is_empty() && id.len() <= MOST_ID;
    usable.then(|| id.to_owned()).ok_or_else(|| broken("id"))
}

/// The reason somebody gives.
fn because(asked: &Asked) -> Result<String, Refusal> {
    let words = asked.form.one("because").ok_or_else(|| broken("because"))?.trim();
    if words.is_empty() {
        return Err(unusable(
            "there is no reason".to_owned(),
            "go back and say why, for those who read the record later",
        ));
    }
    let long = words.chars().count();
    if long > MOST_WORDS {
        let what = format!("the reason has {long} characters, more than {MOST_WORDS}");
        return Err(unusable(
            what,
            "go back and shorten it, or name the page where the rest stands",
        ));
    }
    Ok(words.to_owned())
}

fn read_accept(asked: &Asked) -> Result<Action, Refusal> {
    let key = key(asked)?;
    let until = asked.form.one("until").ok_or_else(|| broken("until"))?.trim();
    let Ok(until) = until.parse() else {
        let shown: String = until.chars().take(40).collect();
        let help = "go back and write year, month and day: `2027-01-31`";
        return Err(unusable(format!("`{shown}` is no day"), help));
    };
    Ok(Action::Accept { key, until, because: because(asked)? })
}

fn read_propose(asked: &Asked) -> Result<Action, Refusal> {
    let mut keys = Vec::new();
    for key in asked.form.all("key") {
        let key = Key::parse(key).ok_or_else(|| broken("key"))?;
        // A few at most are long lists; a box that was ticked twice is one wish.
        if !keys.contains(&key) {
            keys.push(key);
        }
        if keys.len() > MOST_KEYS {
            let what = format!("more than {MOST_KEYS} findings are chosen");
            return Err(unusable(what, "go back and choose fewer"));
        }
    }
    if keys.is_empty() {
        return Err(unusable("no finding is chosen".to_owned(), "go back and choose one"));
    }
    let tool = asked.form.one("tool").and_then(Tool::parse).ok_or_else(|| broken("tool"))?;
    Ok(Action::Propose { keys, tool })
}
