//! What a page is told that shows yesterday's state: what happened meanwhile, and by whom.
//!
//! Knows how to tell a wish that came too late from one that came twice. Must not know why the
//! desk said no; its words are passed on.

mod journey;

use axum::http::StatusCode;
use holdfast_engine::desk::{Action, PlanState, PlanView, View, Voice};
use holdfast_model::{Problem, State, Timestamp};
use jiff::tz::TimeZone;

use crate::answer::Refusal;
use crate::asked::Asked;

/// Why the desk said no, as far as the person needs to know.
#[derive(Debug)]
pub(crate) enum Judged {
    /// What they want is so already: the form came twice.
    Already(String),
    /// It is not so, and will not be.
    Refused(Refusal),
}

/// Looks at how things stand now.
pub(crate) async fn judge(asked: &Asked, action: &Action, problem: &Problem) -> Judged {
    let view = asked.app.desk.view();
    if let Some(words) = already(&view, &asked.person().name, action) {
        return Judged::Already(words);
    }
    let (status, mut story) = standing(&view, &asked.person().name, action);
    if let Action::Accept { key, .. } | Action::ApproveAcceptance { key } = action
        && status == StatusCode::CONFLICT
        && let Ok(Some(detail)) = asked.app.desk.finding(*key).await
        && !detail.acceptance.is_empty()
    {
        story = format!("{story} {}", detail.acceptance);
    }
    Judged::Refused(Refusal::of(status, problem).text(story))
}

/// Whether what somebody wants has come about, so that sending it twice does no harm and says so.
fn already(view: &View, who: &str, action: &Action) -> Option<String> {
    let said = |plan: &PlanView, yes: bool| {
        plan.voices.iter().any(|voice| voice.who == who && voice.yes == yes)
    };
    let words = match action {
        Action::Approve { plan } => {
            let plan = find(view, plan)?;
            let lost = matches!(plan.state, PlanState::Refused | PlanState::Expired);
            if lost || !said(plan, true) {
                return None;
            }
            let missing = &plan.missing;
            let gap = if missing.is_empty() { "" } else { "; " };
            return Some(format!("your yes is noted already{gap}{missing}"));
        }
        Action::Refuse { plan, .. } => {
            let plan = find(view, plan)?;
            (plan.state == PlanState::Refused && said(plan, false))
                .then_some("your no is noted already")
        }
        Action::Apply { plan } => match find(view, plan)?.state {
            PlanState::Running => Some("it is being carried out already"),
            PlanState::ToConfirm | PlanState::Done => Some("it was carried out already"),
            _ => None,
        },
        Action::Confirm { plan } => {
            (find(view, plan)?.state == PlanState::Done).then_some("it was confirmed already")
        }
        Action::Undo { plan } => {
            (find(view, plan)?.state == PlanState::Undone).then_some("it was taken back already")
        }
        Action::ApproveAcceptance { key } => view
            .findings
            .iter()
            .any(|row| row.key == *key && row.row.state == State::Accepted)
            .then_some("it is accepted already"),
        Action::ApproveAnnouncement { .. } | Action::AnswerCase { .. } | Action::OwnCase { .. } => {
            journey::already(view, who, action)
        }
        Action::Accept { .. }
        | Action::Propose { .. }
        | Action::ProposeAt { .. }
        | Action::Announce { .. }
        | Action::TestChannel { .. }
        | Action::Look
        | Action::AddHosts { .. }
        | Action::RemoveHost { .. }
        | Action::IssueToken { .. }
        | Action::RevokeToken { .. } => None,
    };
    words.map(str::to_owned)
}

fn find<'a>(view: &'a View, id: &holdfast_model::Digest) -> Option<&'a PlanView> {
    view.plans.iter().find(|plan| plan.id == *id)
}

/// How what an action is about stands now, and whether that is why it cannot be done.
fn standing(view: &View, who: &str, action: &Action) -> (StatusCode, String) {
    let unchanged = (StatusCode::UNPROCESSABLE_ENTITY, String::new());
    match action {
        Action::Approve { plan }
        | Action::Refuse { plan, .. }
        | Action::Apply { plan }
        | Action::Confirm { plan }
        | Action::Undo { plan } => match find(view, plan) {
            None => (StatusCode::NOT_FOUND, String::new()),
            Some(plan) => (of_plan(plan, who, action), story(plan, &view.zone)),
        },
        Action::Accept { key, .. } | Action::ApproveAcceptance { key } => {
            match view.findings.iter().find(|row| row.key == *key) {
                None => (StatusCode::NOT_FOUND, String::new()),
                Some(row) if row.open => unchanged,
                Some(row) => {
                    let since = at(row.since, &view.zone);
                    let word = row.row.state.word();
                    (StatusCode::CONFLICT, format!("It is {word} since {since}."))
                }
            }
        }
        Action::ApproveAnnouncement { .. }
        | Action::AnswerCase { .. }
        | Action::OwnCase { .. }
        | Action::TestChannel { .. } => journey::standing(view, who, action).unwrap_or(unchanged),
        Action::Propose { .. }
        | Action::ProposeAt { .. }
        | Action::Announce { .. }
        | Action::Look
        | Action::AddHosts { .. }
        | Action::RemoveHost { .. }
        | Action::IssueToken { .. }
        | Action::RevokeToken { .. } => unchanged,
    }
}

/// Whether somebody was faster, or their word does not count, or it is neither.
fn of_plan(plan: &PlanView, who: &str, action: &Action) -> StatusCode {
    match (action, plan.state) {
        (Action::Approve { .. }, PlanState::Waiting) => match plan.voice(who) {
            Voice::No(_) => StatusCode::FORBIDDEN,
            Voice::Yes => StatusCode::UNPROCESSABLE_ENTITY,
        },
        (Action::Refuse { .. }, PlanState::Waiting) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    }
}

/// What happened to a plan, in sentences, and who said what.
fn story(plan: &PlanView, zone: &TimeZone) -> String {
    let now = match plan.state {
        PlanState::Waiting => "The plan waits for a yes.",
        PlanState::Approved => "The plan is approved and may be carried out.",
        PlanState::Running => "The plan is being carried out.",
        PlanState::ToConfirm => "The plan was carried out and waits for somebody to confirm.",
        PlanState::Done => "The plan was carried out, and a new look proved it.",
        PlanState::Failed => "The plan was tried, did not succeed, and was taken back.",
        PlanState::Undone => "The plan was carried out and taken back.",
        PlanState::Refused => "The plan was refused.",
        PlanState::Expired => "Nobody said yes in time, or what it would change has changed.",
        PlanState::Unknown => "The plan began, and nobody knows how it ended.",
    };
    let mut sentences = vec![now.to_owned()];
    sentences.extend(plan.voices.iter().map(|voice| {
        let word = if voice.yes { "yes" } else { "no" };
        let because = voice.because.trim();
        let why = if because.is_empty() { String::new() } else { format!(": “{because}”") };
        format!("{} said {word} on {}{why}.", voice.who, at(voice.at, zone))
    }));
    if plan.voices.is_empty() {
        sentences.push(format!("{} planned it on {}.", plan.author, at(plan.proposed, zone)));
    }
    sentences.join(" ")
}

/// A time with its zone.
fn at(time: Timestamp, zone: &TimeZone) -> String {
    let time = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}
