//! Jobs of cron: in its own table, in the folder of tables, and in those of users.
//!
//! Knows the lines of crontab(5), and where Debian, Red Hat, SUSE and Alpine keep tables; must not
//! know which jobs are good.

use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Reading, Resource};

use super::look::{Gap, Got, Look, MAX_FILES, setting};
use super::{Answers, Asked, Collector};
use crate::text::{Document, file_name};

/// The collector.
pub(super) struct Cron;

static ABOUT: About = About {
    id: "host-cron",
    title: "Jobs in the tables of cron",
    text: "A job is there where a line of `/etc/crontab` or `/etc/cron.d` names its user and all words \
        of its command, or one of the user's own table (`/var/spool/cron/crontabs`, \
        `/var/spool/cron`, `/var/spool/cron/tabs` or `/etc/crontabs`) those words; blanks between \
        them do not count. Of files in the folder whose names only some crons read it is left open. \
        Scripts in `/etc/cron.daily` and its like are files, and timers are units; tables of \
        anacron, and whether cron runs at all, are not judged here.",
    file: file!(),
};

const MAIN: &str = "/etc/crontab";
const FOLDER: &str = "/etc/cron.d/*";
/// Where users have tables of their own.
const SPOOLS: [&str; 4] =
    ["/var/spool/cron/crontabs", "/var/spool/cron", "/var/spool/cron/tabs", "/etc/crontabs"];

fn job_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Cron { command, .. } => Some(command),
        _ => None,
    }
}

impl Collector for Cron {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let look = Look::new(answers);
        for (resource, command) in asked.each(job_of) {
            for (reading, place) in jobs(&look, resource, command) {
                out(setting(resource, Aspect::Value, reading, place));
            }
        }
    }
}

/// A table, and whether its lines name a user.
struct Table {
    path: Arc<str>,
    names_users: bool,
    /// Whether every cron reads a file of this name.
    sure: bool,
}

/// Each line of a job, with its time; and what could not be looked at. Where there is neither, that
/// there is none.
fn jobs(look: &Look<'_>, resource: &Resource, command: &str) -> Vec<(Reading, Option<Place>)> {
    let Resource::Cron { user, .. } = resource else { return Vec::new() };
    let (tables, mut gap) = tables(look, user);
    let mut found = Vec::new();
    let mut start = None;
    for Table { path, names_users, sure } in tables {
        let bytes = match look.file(&path) {
            Got::Here(bytes) => bytes,
            Got::Missing => continue,
            Got::Hidden(hidden) => {
                gap.get_or_insert(hidden);
                continue;
            }
        };
        let document = Document::open(&path, bytes);
        if !document.readable() {
            let reason = format!("`{path}` is no text");
            gap.get_or_insert(Gap::new(reason, "a file that is written in UTF-8"));
            continue;
        }
        start.get_or_insert_with(|| Place::start_of(Arc::clone(&path)));
        let mut at = 0;
        for line in document.text().split_inclusive('\n') {
            let first = at + (line.len() - line.trim_start().len());
            at += line.len();
            let Some(time) = time_of(line, names_users.then_some(user), command) else { continue };
            if sure {
                found.push((Reading::Is(time.into()), Some(document.place(first))));
            } else {
                let reason = format!("whether cron reads `{path}` depends on which cron it is");
                gap.get_or_insert(Gap::new(reason, "a name of letters, digits, `_` and `-` alone"));
            }
        }
    }
    found.extend(gap.map(|gap| (gap.reading(), None)));
    if found.is_empty() {
        found.push((Reading::Absent, start));
    }
    found
}

fn tables(look: &Look<'_>, user: &str) -> (Vec<Table>, Option<Gap>) {
    let mut tables = vec![Table { path: MAIN.into(), names_users: true, sure: true }];
    let mut gap = None;
    match look.paths(FOLDER) {
        Got::Here(paths) => {
            if paths.len() > MAX_FILES {
                gap = Some(Gap::new("`/etc/cron.d` holds too many files", "fewer files"));
            }
            let mut paths: Vec<Arc<str>> = paths.iter().take(MAX_FILES).cloned().collect();
            paths.sort();
            let read = paths.into_iter().filter(|path| !is_left(file_name(path)));
            tables.extend(read.map(|path| {
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                let sure = file_name(&path).chars().all(plain);
                Table { path, names_users: true, sure }
            }));
        }
        Got::Missing => {}
        Got::Hidden(hidden) => gap = Some(hidden),
    }
    tables.extend(SPOOLS.map(|folder| Table {
        path: format!("{folder}/{user}").into(),
        names_users: false,
        sure: true,
    }));
    (tables, gap)
}

/// Files that no cron reads: those of editors and package managers.
fn is_left(name: &str) -> bool {
    name.starts_with('.')
        || name.ends_with(['~', '#'])
        || name.contains(".dpkg-")
        || [".rpmsave", ".rpmorig", ".rpmnew"].iter().any(|end| name.ends_with(end))
}

/// When a line runs a command; `None` where it runs another or is no job.
fn time_of(line: &str, user: Option<&Arc<str>>, command: &str) -> Option<String> {
    let body = line.trim();
    let name = |name: &str| {
        let name = name.trim().trim_matches(['"', '\'']);
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if body.starts_with('#') || body.split_once('=').is_some_and(|(left, _)| name(left)) {
        return None;
    }
    let words: Vec<&str> = body.split_whitespace().collect();
    let fields = if body.starts_with('@') { 1 } else { 5 };
    let (time, mut rest) = words.split_at_checked(fields)?;
    if let Some(user) = user {
        let (whose, command) = rest.split_first()?;
        if **whose != **user {
            return None;
        }
        rest = command;
    }
    let time = time.join(" ");
    // cron(8) of Red Hat: a sign before the first field keeps the job out of the log.
    let time = time.strip_prefix('-').unwrap_or(&time);
    rest.iter().copied().eq(command.split_whitespace()).then(|| time.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_job_by_its_user_and_command() {
        let root: Arc<str> = "root".into();
        let system = |line: &str| time_of(line, Some(&root), "/usr/bin/a -b");
        assert_eq!(system(" 5 4\t* * *  root /usr/bin/a   -b\n").as_deref(), Some("5 4 * * *"));
        assert_eq!(system("-@daily root /usr/bin/a -b"), None);
        assert_eq!(system("-*/5 * * * * root /usr/bin/a -b").as_deref(), Some("*/5 * * * *"));
        assert_eq!(system("@daily root /usr/bin/a -b").as_deref(), Some("@daily"));
        for other in [
            "5 4 * * * daemon /usr/bin/a -b",
            "5 4 * * * root /usr/bin/a",
            "5 4 * * * root /usr/bin/a -b -c",
            "# 5 4 * * * root /usr/bin/a -b",
            "MAILTO = root",
            "5 4 * *",
            "",
        ] {
            assert_eq!(system(other), None, "{other}");
        }
        let own = time_of("5 4 * * * /usr/bin/a -b=c", None, "/usr/bin/a -b=c");
        assert_eq!(own.as_deref(), Some("5 4 * * *"));
    }
}
