//! What collectors are going to ask: their rounds, played through on hosts that do not exist.
//!
//! One has nothing, one has everything, and on each of the others only the things of one folder
//! are there. What is asked of any of them is asked of a real host at once. Knows a few lines by
//! which files of common systems lead to others; whatever else leads on costs a second connection.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Along, Request};
use crate::host::{Answers, Asked, collectors};
use crate::{Answer, FileStat, FileType, Need};

/// Stands in the place of a wildcard: no file is called so.
const INVENTED: &str = "holdfast-invented-name";

/// What leads on in files of common systems: the end of a path, and its content.
const LEADS: [(&str, &str); 6] = [
    ("/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n"),
    ("/ssh_config", "Include /etc/ssh/ssh_config.d/*.conf\n"),
    ("/sudoers", "@includedir /etc/sudoers.d\n"),
    (".service", "[Install]\nWantedBy=multi-user.target\n"),
    (".timer", "[Install]\nWantedBy=timers.target\n"),
    (".socket", "[Install]\nWantedBy=sockets.target\n"),
];

/// A host that does not exist.
enum Host<'a> {
    Bare,
    Full,
    /// Only what stands in one folder.
    Folder(&'a str),
}

impl Host<'_> {
    fn has(&self, path: &str) -> bool {
        match self {
            Self::Bare => false,
            Self::Full => true,
            Self::Folder(folder) => crate::text::folder(path) == *folder,
        }
    }

    fn answer(&self, need: &Need) -> Answer {
        match need {
            Need::Stat(path) if self.has(path) => {
                let kind = FileType::File;
                Answer::Stat(FileStat { uid: 0, gid: 0, mode: 0o644, kind, link: None })
            }
            Need::File(path) if self.has(path) => {
                let content = LEADS.iter().find(|(end, _)| path.ends_with(end));
                Answer::Bytes(content.map_or("", |(_, text)| *text).as_bytes().into())
            }
            Need::Glob(pattern) => {
                Answer::Paths(if self.has(pattern) { vec![invented(pattern)] } else { Vec::new() })
            }
            Need::Command(_) if matches!(self, Self::Full) => {
                Answer::Output { status: Some(0), stdout: Arc::new([]), stderr: Arc::new([]) }
            }
            _ => Answer::Missing,
        }
    }
}

/// A path that a pattern finds.
fn invented(pattern: &str) -> Arc<str> {
    pattern.replace('*', INVENTED).replace('?', "x").into()
}

/// So many rounds lead to everything that is worth asking beforehand.
const ROUNDS: usize = 6;

pub(super) fn wanted(asked: &Asked<'_>, request: &mut Request) {
    let mut needs = BTreeSet::new();
    for host in [Host::Bare, Host::Full] {
        play(asked, &host, &mut needs);
    }
    let looked_at = needs.iter().filter_map(|need| match need {
        Need::Stat(path) => Some(crate::text::folder(path).to_owned()),
        _ => None,
    });
    let folders: BTreeSet<String> = looked_at.collect();
    for folder in folders.iter().filter(|folder| !folder.contains(INVENTED)) {
        play(asked, &Host::Folder(folder), &mut needs);
    }
    for need in &needs {
        let along = match need {
            Need::Glob(pattern) => {
                let path = invented(pattern);
                let read = needs.contains(&Need::File(Arc::clone(&path)));
                Along { stat: needs.contains(&Need::Stat(path)), read }
            }
            _ => Along::default(),
        };
        let text = match need {
            Need::File(path) | Need::Stat(path) | Need::Glob(path) => &**path,
            Need::Part { .. } | Need::Command(_) | Need::Walk { .. } => "",
        };
        if !text.contains(INVENTED) {
            request.add(need.clone(), along);
        }
    }
}

fn play(asked: &Asked<'_>, host: &Host<'_>, needs: &mut BTreeSet<Need>) {
    let mut answers = Answers::default();
    for _ in 0..ROUNDS {
        let open: BTreeSet<Need> = collectors()
            .iter()
            .flat_map(|collector| collector.needs(asked, &answers))
            .filter(|need| answers.get(need).is_none())
            .collect();
        if open.is_empty() {
            break;
        }
        for need in open {
            answers.give(need.clone(), host.answer(&need));
            needs.insert(need);
        }
    }
}
