//! The control socket: commands of this machine's users reach the holder through it, as one line of
//! JSON there and lines of JSON back. The operating system says who asks; a token, where one is
//! given, says so instead.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_model::Problem;
use holdfast_world::{ControlListener, World};
use serde::{Deserialize, Serialize};

use super::{Holder, Say, problem};
use crate::desk::{Action, Done, Person};
use crate::failure::Failure;
use crate::import::{self, Imported};
use crate::lineage::{self, Noted};
use crate::patching::{self, Patched};
use crate::renew::Renewed;

/// The name of the socket in the data folder.
pub(super) const SOCKET: &str = "control.sock";

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// What is to be done.
    #[serde(flatten)]
    pub asked: Asked,
    /// A token, where somebody else than the user asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// What may be asked through the socket.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// What the console may ask too.
    Action(Action),
    /// To bring in reports: files of this machine, which the console must not name.
    Import(import::Asked),
    /// To look at an image and write it down: a file of this machine too.
    Image(lineage::Asked),
    /// To bring findings up to date with feeds that just came.
    Renew {},
    /// To patch the hosts whose turn it is.
    Patch(patching::Asked),
}

/// What is answered: any number of lines, then one of the others.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// What is being done.
    Line(String),
    /// It was done.
    Done(Done),
    /// Reports were brought in; with the problems as people are shown them.
    Imported(Box<Imported>, Vec<Problem>),
    /// An image was looked at.
    Image(Box<Noted>),
    /// Findings are up to date.
    Renewed(Box<Renewed>),
    /// Hosts were patched.
    Patched(Box<Patched>),
    /// It was not, because somebody may not, or because it did not bring what it should.
    NotDone(Problem),
    /// It was not, because of how it was asked, or of the settings.
    Refused(Vec<Problem>),
    /// It was not, because something of ours went wrong.
    Failed(Problem),
}

/// Where the socket of a data folder is.
fn path(data: &Path) -> PathBuf {
    data.join(SOCKET)
}

/// Asks the holder of a data folder. `None` where nobody holds it.
///
/// # Errors
///
/// Why it was not done.
pub fn call(
    data: &Path,
    request: &Request,
    line: &mut dyn FnMut(&str),
) -> Result<Option<Done>, Failure> {
    match ask(data, request, line)? {
        None => Ok(None),
        Some(Answer::Done(done)) => Ok(Some(done)),
        Some(_) => Err(other()),
    }
}

/// Has the holder of a data folder bring in reports. `None` where nobody holds it.
///
/// # Errors
///
/// Why it was not done.
pub fn call_import(
    data: &Path,
    request: &Request,
    line: &mut dyn FnMut(&str),
) -> Result<Option<Imported>, Failure> {
    match ask(data, request, line)? {
        None => Ok(None),
        Some(Answer::Imported(imported, details)) => Ok(Some(Imported { details, ..*imported })),
        Some(_) => Err(other()),
    }
}

/// Has the holder of a data folder look at an image. `None` where nobody holds it.
///
/// # Errors
///
/// Why it was not done.
pub fn call_image(
    data: &Path,
    request: &Request,
    line: &mut dyn FnMut(&str),
) -> Result<Option<Noted>, Failure> {
    match ask(data, request, line)? {
        None => Ok(None),
        Some(Answer::Image(noted)) => Ok(Some(*noted)),
        Some(_) => Err(other()),
    }
}

/// Has the holder of a data folder bring findings up to date. `None` where nobody holds it.
///
/// # Errors
///
/// Why it was not done.
pub fn call_renew(
    data: &Path,
    request: &Request,
    line: &mut dyn FnMut(&str),
) -> Result<Option<Renewed>, Failure> {
    match ask(data, request, line)? {
        None => Ok(None),
        Some(Answer::Renewed(renewed)) => Ok(Some(*renewed)),
        Some(_) => Err(other()),
    }
}

/// Has the holder of a data folder patch the hosts whose turn it is. `None` where nobody holds it.
///
/// # Errors
///
/// Why it was not done.
pub fn call_patch(
    data: &Path,
    request: &Request,
    line: &mut dyn FnMut(&str),
) -> Result<Option<Patched>, Failure> {
    match ask(data, request, line)? {
        None => Ok(None),
        Some(Answer::Patched(patched)) => Ok(Some(*patched)),
        Some(_) => Err(other()),
    }
}

fn other() -> Failure {
    Failure::Ours(Problem::new("control", "the holder answered something else than was asked"))
}

fn ask(
    data: &Path,
    request: &Request,
    line: &mut dyn FnMut(&str),
) -> Result<Option<Answer>, Failure> {
    let bytes = serde_json::to_vec(request)
        .map_err(|error| Failure::Ours(Problem::new("control", error.to_string())))?;
    let mut last: Option<Result<Answer, Failure>> = None;
    let called =
        holdfast_world::control_call(
            &path(data),
            &bytes,
            &mut |answer| match serde_json::from_slice(answer) {
                Ok(Answer::Line(text)) => line(&text),
                Ok(Answer::NotDone(problem)) => last = Some(Err(Failure::NotDone(problem))),
                Ok(Answer::Refused(problems)) => last = Some(Err(problems.into())),
                Ok(Answer::Failed(problem)) => last = Some(Err(Failure::Ours(problem))),
                Ok(answer) => last = Some(Ok(answer)),
                Err(error) => {
                    let message = format!("the holder answered what cannot be read: {error}");
                    last = Some(Err(Failure::Ours(Problem::new("control", message))));
                }
            },
        );
    if !called? {
        return Ok(None);
    }
    let ended = || {
        let problem = Problem::new("control", "the holder ended before it answered");
        Failure::Ours(problem.help("look what became of it: holdfast plan list"))
    };
    last.unwrap_or_else(|| Err(ended())).map(Some)
}

/// Answers the control socket until the future is dropped.
///
/// # Errors
///
/// Where the socket cannot be made.
pub async fn serve(holder: Arc<Holder>, world: &World, data: &Path) -> Result<(), Failure> {
    let mut listener = ControlListener::bind(&path(data), world)?;
    loop {
        let Ok((mut stream, peer)) = listener.accept().await else { continue };
        let holder = Arc::clone(&holder);
        tokio::spawn(async move {
            let Ok(Some(line)) = stream.request().await else { return };
            let answer = answer(&holder, &peer.user, &line, &stream.lines()).await;
            let Ok(answer) = serde_json::to_vec(&answer) else { return };
            // Whoever went away does not hear the end; it stands in the record.
            let _ = stream.finish(&answer).await;
        });
    }
}

async fn answer(holder: &Holder, user: &str, line: &[u8], lines: &holdfast_world::Lines) -> Answer {
    let request: Request = match serde_json::from_slice(line) {
        Ok(request) => request,
        Err(error) => {
            let message = format!("the request cannot be read: {error}");
            return Answer::Refused(vec![Problem::new("control", message)]);
        }
    };
    let who = match &request.token {
        None => Ok(Person { name: user.to_owned() }),
        Some(token) => holder.person_of_token(token).await,
    };
    let who = match who {
        Ok(who) => who,
        Err(failure) => return Answer::NotDone(problem(failure)),
    };
    let lines = Mutex::new(lines.clone());
    let say: Say = Arc::new(move |text: &str| {
        if let Ok(line) = serde_json::to_vec(&Answer::Line(text.to_owned())) {
            lines.lock().unwrap_or_else(PoisonError::into_inner).say(&line);
        }
    });
    let done = match request.asked {
        Asked::Action(action) => holder.do_it(&who, action, &say, true).await.map(Answer::Done),
        Asked::Import(asked) => holder.import(&who, asked).await.map(|mut imported| {
            let details = std::mem::take(&mut imported.details);
            Answer::Imported(Box::new(imported), details)
        }),
        Asked::Image(asked) => {
            holder.record_image(asked).await.map(|noted| Answer::Image(Box::new(noted)))
        }
        Asked::Renew {} => holder.renew().await.map(|renewed| Answer::Renewed(Box::new(renewed))),
        Asked::Patch(asked) => {
            let patched = holder.patch(&who, &asked, &say).await;
            patched.map(|patched| Answer::Patched(Box::new(patched)))
        }
    };
    match done {
        Ok(answer) => answer,
        Err(Failure::NotDone(problem)) => Answer::NotDone(problem),
        Err(Failure::Usage(problems)) => Answer::Refused(problems),
        Err(Failure::Ours(problem)) => Answer::Failed(problem),
    }
}
