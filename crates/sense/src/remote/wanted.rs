//! What collectors are going to ask: their looks, played through on hosts that do not exist.
//!
//! One has nothing, one has everything, and on each of the others only the things of one folder
//! are there. What is asked of any of them is asked of a real host at once. Knows a few lines by
//! which files of common systems lead to others; whatever else leads on costs a second connection.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::pattern::is_wild;
use super::{Along, Request};
use crate::host::{Answers, Asked, Collector, collectors};
use crate::text::{file_name, folder};
use crate::{Answer, FileStat, FileType, Need};

/// What is asked; in no order, which the request has.
type Needs = HashSet<Need, RandomState>;

/// Stands in the place of a wildcard: no file is called so.
const INVENTED: &str = "holdfast-invented-name";
/// How names in a folder end of which not all are read.
const ENDINGS: [&str; 5] = ["", ".conf", ".defs", ".rules", ".sh"];
/// A process that does not exist: Linux counts no further than 4194304 (`PID_MAX_LIMIT`).
const PROCESS: &str = "/proc/4194305/";
const PROCESSES: &str = "/proc/*/";

/// What leads on in files of common systems: the end of a path, and its content.
const LEADS: [(&str, &str); 8] = [
    // Where accounts of common systems have their homes.
    (
        "/etc/passwd",
        concat!(
            "a:x:0:0::/root:/bin/sh\n",
            "b:x:1:1::/:/bin/sh\n",
            "c:x:2:2::/holdfast-invented-name:/bin/sh\n",
            "d:x:3:3::/home",
            "/holdfast-invented-name:/bin/sh\n",
            "e:x:4:4::/opt/holdfast-invented-name:/bin/sh\n",
            "f:x:5:5::/run/holdfast-invented-name:/bin/sh\n",
            "g:x:6:6::/srv/holdfast-invented-name:/bin/sh\n",
            "h:x:7:7::/usr/holdfast-invented-name:/bin/sh\n",
            "i:x:8:8::/var/holdfast-invented-name:/bin/sh\n",
            "j:x:9:9::/var/holdfast-invented-name/holdfast-invented-name:/bin/sh\n",
        ),
    ),
    (
        "/sshd_config",
        "Include /etc/ssh/sshd_config.d/*.conf\n\
         Include /usr/etc/ssh/sshd_config.d/*.conf\n\
         Include /etc/crypto-policies/back-ends/opensshserver.config\n",
    ),
    (
        "/ssh_config",
        "Include /etc/ssh/ssh_config.d/*.conf\n\
         Include /usr/etc/ssh/ssh_config.d/*.conf\n\
         Include /etc/crypto-policies/back-ends/openssh.config\n",
    ),
    ("/sudoers", "@includedir /etc/sudoers.d\n"),
    (
        "/etc/profile",
        ". /etc/bash.bashrc\n. /etc/bashrc\n. /etc/locale.conf\n\
         . /usr/share/bash-completion/bash_completion\n\
         for i in /etc/profile.d/*.sh /etc/profile.d/sh.local; do\n. $i\ndone\n",
    ),
    (".service", "[Install]\nWantedBy=multi-user.target\n"),
    (".timer", "[Install]\nWantedBy=timers.target\n"),
    (".socket", "[Install]\nWantedBy=sockets.target\n"),
];

/// What services of PAM include: of Debian, Red Hat and Alpine.
const STACKS: &str = "@include common-auth\n@include common-account\n@include common-password\n\
    @include common-session\n@include common-session-noninteractive\n@include system-auth\n\
    @include password-auth\n@include postlogin\n@include base-auth\n@include base-account\n\
    @include base-password\n@include base-session\n@include base-session-noninteractive\n";

/// Patterns of which is looked at what bears the name of a unit.
const LINKS: [&str; 3] = [
    "/etc/systemd/system/*.wants/*",
    "/etc/systemd/system/*.requires/*",
    "/etc/systemd/system/*.upholds/*",
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
            Self::Folder(own) => folder(path) == *own,
        }
    }

    fn answer(&self, need: &Need) -> Answer {
        match need {
            Need::Stat(path) if self.has(path) => {
                let kind = FileType::File;
                Answer::Stat(FileStat { uid: 0, gid: 0, mode: 0o644, kind, link: None })
            }
            Need::File(path) | Need::Sieved(path, _) if self.has(path) => {
                Answer::Bytes(content(path).as_bytes().into())
            }
            Need::Glob(pattern) => {
                Answer::Paths(if self.has(pattern) { invented(pattern) } else { Vec::new() })
            }
            Need::Command(_) if matches!(self, Self::Full) => {
                Answer::Output { status: Some(0), stdout: Arc::new([]), stderr: Arc::new([]) }
            }
            _ => Answer::Missing,
        }
    }
}

/// What stands in a file.
fn content(path: &str) -> &'static str {
    let name = file_name(path);
    if folder(path) == "/etc/pam.d" {
        // What is included leads no further.
        let included = STACKS.lines().any(|line| line.rsplit(' ').next() == Some(name));
        return if included { "" } else { STACKS };
    }
    LEADS.iter().find(|(end, _)| path.ends_with(end)).map_or("", |(_, text)| *text)
}

/// The paths that a pattern finds.
fn invented(pattern: &str) -> Vec<Arc<str>> {
    if let Some(rest) = pattern.strip_prefix(PROCESSES) {
        return vec![format!("{PROCESS}{rest}").into()];
    }
    let plain = pattern.replace('*', INVENTED).replace('?', "x");
    let endings = if pattern.ends_with("/*") { &ENDINGS[..] } else { &[""] };
    endings.iter().map(|ending| format!("{plain}{ending}").into()).collect()
}

pub(super) fn wanted(asked: &Asked<'_>, request: &mut Request) {
    let needs = all(asked);
    let found: BTreeSet<Arc<str>> = needs
        .iter()
        .filter_map(|need| match need {
            Need::Glob(pattern) if !pattern.contains(INVENTED) => Some(invented(pattern)),
            _ => None,
        })
        .flatten()
        .collect();
    for need in &needs {
        let (text, own) = match need {
            Need::File(path) => (&**path, Along { stat: false, read: true }),
            Need::Stat(path) => (&**path, Along { stat: true, read: false }),
            Need::Glob(path) => (&**path, Along::default()),
            Need::Sieved(..) | Need::Part { .. } | Need::Command(_) | Need::Walk { .. } => {
                ("", Along::default())
            }
        };
        if let Some(rest) = text.strip_prefix(PROCESS) {
            // What is asked of one process is asked of all.
            request.add(Need::Glob(format!("{PROCESSES}{rest}").into()), own);
        } else if !text.contains(INVENTED) {
            request.add(need.clone(), along(need, &needs));
        } else if !found.contains(text) {
            // What follows from what a pattern finds has a pattern of its own.
            request.add(Need::Glob(text.replace(INVENTED, "*").into()), own);
        }
    }
}

/// What else is wanted of what a question leads to.
fn along(need: &Need, needs: &Needs) -> Along {
    let Need::Glob(pattern) = need else { return Along::default() };
    let found = invented(pattern);
    let asked =
        |of: fn(Arc<str>) -> Need| found.iter().any(|path| needs.contains(&of(Arc::clone(path))));
    Along { stat: LINKS.contains(&&**pattern) || asked(Need::Stat), read: asked(Need::File) }
}

/// Everything that is asked of any of the hosts.
fn all(asked: &Asked<'_>) -> Needs {
    let mut needs = Needs::default();
    let mut bare = Vec::new();
    for collector in collectors() {
        let own = play(*collector, asked, &Host::Bare);
        needs.extend(play(*collector, asked, &Host::Full));
        needs.extend(own.iter().cloned());
        bare.push((collector, own));
    }
    // What a pattern finds in a folder is looked at perhaps in the first of several alone.
    let looked_at = needs.iter().filter(|need| matches!(need, Need::Stat(_) | Need::Glob(_)));
    let one = |folder: &String| !folder.contains(INVENTED) && !is_wild(folder);
    let folders: BTreeSet<String> = looked_at.filter_map(folder_of).filter(one).collect();
    for (collector, own) in bare {
        // Where nothing is asked of a folder, that is there or not is all the same.
        let concerned: BTreeSet<String> = own.iter().filter_map(folder_of).collect();
        for folder in folders.intersection(&concerned) {
            needs.extend(play(*collector, asked, &Host::Folder(folder)));
        }
    }
    needs
}

/// The folder of what is asked about.
fn folder_of(need: &Need) -> Option<String> {
    match need {
        Need::File(path) | Need::Sieved(path, _) | Need::Stat(path) | Need::Glob(path) => {
            Some(folder(path).to_owned())
        }
        Need::Part { .. } | Need::Command(_) | Need::Walk { .. } => None,
    }
}

/// What a collector asks of a host.
fn play(collector: &dyn Collector, asked: &Asked<'_>, host: &Host<'_>) -> Needs {
    let needs = RefCell::new(Needs::default());
    let source = |need: &Need| {
        needs.borrow_mut().insert(need.clone());
        host.answer(need)
    };
    collector.read(asked, &Answers::new(&source), &mut |_| {});
    needs.into_inner()
}
