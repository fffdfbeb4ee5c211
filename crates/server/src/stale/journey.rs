//! The same for cases, announcements and channels.
//!
//! Knows what somebody else may have done to them meanwhile. Must not know what covers what.

use axum::http::StatusCode;
use holdfast_engine::desk::{Action, AnnouncementView, CaseView, View};

use super::at;

/// Whether what somebody wants has come about already.
pub(super) fn already(view: &View, who: &str, action: &Action) -> Option<&'static str> {
    match action {
        Action::ApproveAnnouncement { id } => {
            let approver = announcement(view, id)?.announcement.approver.as_deref();
            (approver == Some(who)).then_some("your yes is noted already")
        }
        Action::AnswerCase { id, answer, .. } => {
            let case = case(view, id)?;
            let mine = case.answered.as_ref().is_some_and(|(by, ..)| by == who);
            (mine && case.case.answer == Some(*answer)).then_some("your answer is noted already")
        }
        Action::OwnCase { id, owner } => {
            (case(view, id)?.case.owner == *owner).then_some("they look after it already")
        }
        _ => None,
    }
}

/// How it stands now; `None` where nothing happened that would explain a no.
pub(super) fn standing(view: &View, who: &str, action: &Action) -> Option<(StatusCode, String)> {
    let unknown = (StatusCode::NOT_FOUND, String::new());
    match action {
        Action::ApproveAnnouncement { id } => {
            let Some(row) = announcement(view, id) else { return Some(unknown) };
            if let Some(other) = &row.announcement.approver {
                return Some((StatusCode::CONFLICT, format!("It has the yes of {other}.")));
            }
            if !row.in_force {
                return Some((StatusCode::CONFLICT, "It covers nothing any more.".to_owned()));
            }
            (row.announcement.by == who).then(|| (StatusCode::FORBIDDEN, String::new()))
        }
        Action::AnswerCase { id, .. } | Action::OwnCase { id, .. } => match case(view, id) {
            None => Some(unknown),
            Some(row) => story(row, view).map(|story| (StatusCode::CONFLICT, story)),
        },
        Action::TestChannel { name } => {
            view.channels.iter().all(|channel| channel.name != *name).then_some(unknown)
        }
        _ => None,
    }
}

fn case<'a>(view: &'a View, id: &str) -> Option<&'a CaseView> {
    view.cases.iter().find(|row| *row.case.id == *id)
}

fn announcement<'a>(view: &'a View, id: &str) -> Option<&'a AnnouncementView> {
    view.announcements.iter().find(|row| *row.announcement.id == *id)
}

/// Who said what a case came to, and why.
fn story(row: &CaseView, view: &View) -> Option<String> {
    let (who, when, because) = row.answered.as_ref()?;
    let word = row.case.answer?.word();
    let because = because.trim();
    let why = if because.is_empty() { String::new() } else { format!(": “{because}”") };
    Some(format!("On {} {who} said what it was: {word}{why}.", at(*when, &view.zone)))
}
