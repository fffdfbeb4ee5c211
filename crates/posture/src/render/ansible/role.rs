//! The parts of a role: the tasks of one control, and the handlers that they tell.
//!
//! Knows how a role tells its handlers. Must not know in which files they stand.

use super::super::precheck::SOMEBODY_ELSE;
use super::super::steps::Step;
use super::super::yaml::{Arg, Task};
use super::Play;

/// What handlers for the ssh server listen to.
fn topic(role: &str) -> String {
    format!("{role}: the ssh server has new files")
}

/// The tasks of one control. What has to succeed before anything is done, if anything has, stands
/// first; it only looks, so that it is asked in check mode too.
pub(in crate::render) fn tasks(role: &str, id: &str, steps: &[Step], precheck: &str) -> Vec<Task> {
    let mut play = Play::new(id);
    play.told = Some(topic(role));
    let mut tasks = Vec::new();
    if !precheck.is_empty() {
        tasks.push(play.script(SOMEBODY_ELSE, precheck).looks());
    }
    for step in steps {
        tasks.extend(play.step(step));
        if matches!(step, Step::Sshd { reload: Some(_), .. }) {
            // Where any task behind it fails, handlers that wait for the end of the play never run on
            // that host; and in the next run the files are as wanted, so that nobody tells them.
            let name = play.name("have handlers of changed files run now");
            tasks.push(Task::meta(name, "flush_handlers"));
        }
    }
    tasks
}

/// What is done where a control changed files of the ssh server; nothing where none of these steps
/// has it read them.
pub(in crate::render) fn handlers<'s>(
    role: &str,
    mut steps: impl Iterator<Item = &'s Step>,
) -> Vec<Task> {
    let unit = steps.find_map(|step| match step {
        Step::Sshd { reload, .. } => *reload,
        _ => None,
    });
    let Some(unit) = unit else { return Vec::new() };
    let topic = topic(role);
    let heard = |task: Task| task.with("listen", Arg::text(topic.as_str()));
    Play::new(role).reload(unit, None).into_iter().map(heard).collect()
}
