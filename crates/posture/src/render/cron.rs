//! Steps for jobs of cron: a table of ours, and comments in those of others.
//!
//! Knows where tables stand and how lines of them are written. Must not know how any tool says it.

use std::sync::Arc;

use holdfast_model::{Aspect, CronWanted, Desired, Resource, Setting};

use super::change::{CRON, CRON_BACK, CRON_OFF, Change};
use super::holds::{suits, value};
use super::plan::Plan;
use super::quote::one_line;
use super::steps::{Edit, Step};
use crate::Seen;

/// The permission bits of our table.
const MODE: u32 = 0o644;

/// A job, and what is wanted of it.
struct Job<'d> {
    user: &'d Arc<str>,
    command: &'d Arc<str>,
    wanted: &'d CronWanted,
}

impl<'d> Job<'d> {
    fn of(desired: &'d Desired) -> Option<Self> {
        match desired {
            Desired::Cron { user, command, wanted } => Some(Self { user, command, wanted }),
            _ => None,
        }
    }

    fn resource(&self) -> Resource {
        Resource::Cron { user: Arc::clone(self.user), command: Arc::clone(self.command) }
    }

    /// The lines that tables have of it.
    fn lines<'s>(&self, seen: &'s Seen) -> Vec<&'s Setting> {
        let of = self.resource();
        seen.of(&of, Aspect::Value).filter(|setting| value(setting).is_some()).collect()
    }

    /// Whether a line of it may stay.
    fn is_right(&self, setting: &Setting) -> bool {
        match self.wanted {
            CronWanted::At(time) => {
                value(setting).is_some_and(|found| suits(&setting.resource, time, found))
            }
            CronWanted::Present => true,
            CronWanted::Absent => false,
        }
    }

    /// Its line in our table; `None` where there is nothing to say, or another table says it: it
    /// would run twice.
    fn line(&self, ours: &str, seen: &Seen) -> Option<String> {
        let CronWanted::At(time) = self.wanted else { return None };
        let lines = self.lines(seen);
        let elsewhere = |setting: &&Setting| path(setting) != Some(ours) && self.is_right(setting);
        let says = || format!("{} {} {}\n", one_line(&time.to_set()), self.user, self.command);
        (!lines.iter().any(elsewhere)).then(says)
    }

    /// Lines of a table become comments.
    fn off(&self, id: &str, path: &str) -> Change {
        let owner = if names_users(path) { self.user.to_string() } else { String::new() };
        let variables = vec![
            ("MARK", format!("#holdfast {id}")),
            ("OWNER", owner),
            ("COMMAND", self.command.to_string()),
        ];
        let back = Change {
            path: path.to_owned(),
            programs: &[&CRON, &CRON_BACK],
            variables: variables.clone(),
            says: format!("bring back what {path} said of {}", self.command),
            back: None,
        };
        Change {
            path: path.to_owned(),
            programs: &[&CRON, &CRON_OFF],
            variables,
            says: format!("turn the lines of {path} that run {} into comments", self.command),
            back: Some(Box::new(back)),
        }
    }
}

/// Adds the steps for the jobs among some states. All jobs of a control stand in one table.
pub(super) fn plan(plan: &mut Plan, todo: &[&Desired], all: &[&Desired], seen: &Seen) {
    let asked: Vec<Job<'_>> = todo.iter().copied().filter_map(Job::of).collect();
    let ours = table(&plan.id);
    let mut lines: Vec<String> = Vec::new();
    if asked.iter().any(|job| matches!(job.wanted, CronWanted::At(_))) {
        let jobs = all.iter().copied().filter_map(Job::of);
        lines.extend(jobs.filter_map(|job| job.line(&ours, seen)));
    }
    let mut others: Vec<Edit> = Vec::new();
    for job in &asked {
        let found = job.lines(seen);
        if *job.wanted == CronWanted::Present && found.is_empty() {
            plan.manual.push(format!(
                "let cron run `{}` as {}: only the owner of the host knows when",
                job.command, job.user
            ));
        }
        // The program knows commands and no times: a table in which one line is right is left.
        let (right, wrong): (Vec<&Setting>, Vec<&Setting>) =
            found.into_iter().partition(|setting| job.is_right(setting));
        let kept: Vec<&str> = right.into_iter().filter_map(path).collect();
        for path in wrong.into_iter().filter_map(path) {
            let edit = Edit::Change(job.off(&plan.id, path));
            // Ours is written anew where it has something to say, and else is one as any other.
            let anew = path == ours && !lines.is_empty();
            if !anew && !kept.contains(&path) && !others.contains(&edit) {
                others.push(edit);
            }
        }
    }
    if !lines.is_empty() {
        let content = content(&plan.id, &lines);
        plan.steps.push(Step::Edit(Edit::Write { path: ours, content, mode: MODE }));
    }
    plan.steps.extend(others.into_iter().map(Step::Edit));
}

fn path(setting: &Setting) -> Option<&str> {
    setting.place.as_ref().map(|place| &*place.path)
}

/// Whether the lines of a table name users: those of users' own tables do not.
fn names_users(path: &str) -> bool {
    path == "/etc/crontab" || path.starts_with("/etc/cron.d/")
}

/// Our table of a control. cron(8) of Debian passes over names with dots.
fn table(id: &str) -> String {
    format!("/etc/cron.d/holdfast-{id}")
}

fn content(id: &str, lines: &[String]) -> String {
    format!("# Written by Holdfast for the control {id}.\n{}", lines.concat())
}

/// What our table said when it was seen; `None` where there was none.
pub(super) fn before(path: &str, id: &str, seen: &Seen) -> Option<(String, u32)> {
    if path != table(id) {
        return None;
    }
    let mut lines: Vec<(u32, String)> = seen
        .settings()
        .iter()
        .filter_map(|setting| {
            let Resource::Cron { user, command } = &setting.resource else { return None };
            let place = setting.place.as_ref().filter(|place| *place.path == *path)?;
            Some((place.line, format!("{} {user} {command}\n", value(setting)?)))
        })
        .collect();
    lines.sort();
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    (!lines.is_empty()).then(|| (content(id, &lines), MODE))
}
