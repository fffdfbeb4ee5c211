//! What the desk of the tests does about announcements, cases and channels.

use std::sync::Arc;

use holdfast_engine::desk::{Action, AnnouncementView, CaseView, Done};
use holdfast_model::{Announcement, Problem, Timestamp};

use super::Data;

/// Does it.
pub fn act(data: &mut Data, who: &str, action: &Action, now: Timestamp) -> Result<Done, Problem> {
    match action {
        Action::Announce { .. } => announce(data, who, action, now),
        Action::ApproveAnnouncement { id } => {
            let known = data.view.announcements.iter_mut();
            let row = known.into_iter().find(|row| *row.announcement.id == **id);
            let row = row.ok_or_else(|| unknown("announcement", id))?;
            if row.announcement.by == who {
                let message = "you announced it; somebody else has to say yes";
                return Err(Problem::new("own-announcement", message));
            }
            if row.announcement.approver.is_some() || !row.in_force {
                return Err(Problem::new("not-asked", "nobody asks for a yes any more"));
            }
            row.announcement.approver = Some(who.to_owned());
            Ok(said("your yes is noted"))
        }
        Action::AnswerCase { id, answer, because } => {
            let case = case(data, id)?;
            if case.answered.is_some() {
                return Err(Problem::new("case-answered", "the case is answered already"));
            }
            case.case.answer = Some(*answer);
            case.answered = Some((who.to_owned(), now, because.clone()));
            Ok(said("the case is answered"))
        }
        Action::OwnCase { id, owner } => {
            case(data, id)?.case.owner.clone_from(owner);
            Ok(said(&format!("{owner} looks after it")))
        }
        Action::TestChannel { name } => {
            let known = data.view.channels.iter_mut().find(|channel| channel.name == *name);
            let channel = known.ok_or_else(|| unknown("channel", name))?;
            channel.last = Some((now, "a test arrived".to_owned()));
            Ok(said("a test message was sent"))
        }
        other => panic!("{other:?} is not about events"),
    }
}

fn announce(data: &mut Data, by: &str, action: &Action, now: Timestamp) -> Result<Done, Problem> {
    let Action::Announce { who, what, on, from, until, at_most, because } = action else {
        panic!("{action:?} announces nothing");
    };
    let from = from.unwrap_or(now);
    if *until <= from || *until <= now {
        let problem = Problem::new("announcement-window", "it ends before it begins, or is over");
        return Err(problem.help("choose a later end"));
    }
    let announcement = Announcement {
        id: Arc::from(data.view.entries.to_string()),
        by: by.to_owned(),
        who: who.clone(),
        what: what.clone(),
        on: on.clone(),
        from,
        until: *until,
        at_most: *at_most,
        because: because.clone(),
        noted: now,
        approver: None,
    };
    let told = "nothing of it happened yet".to_owned();
    let row = AnnouncementView { announcement, covered: 0, told, in_force: true };
    data.view.announcements.insert(0, row);
    Ok(said("announced"))
}

fn said(message: &str) -> Done {
    Done { message: message.to_owned(), ..Done::default() }
}

fn unknown(what: &str, name: &str) -> Problem {
    Problem::new("unknown-name", format!("nobody knows the {what} `{name}`"))
}

fn case<'a>(data: &'a mut Data, id: &str) -> Result<&'a mut CaseView, Problem> {
    let known = data.view.cases.iter_mut().find(|row| *row.case.id == *id);
    known.ok_or_else(|| unknown("case", id))
}
