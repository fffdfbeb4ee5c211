//! Whether a program runs.
//!
//! Knows the two places in which Linux names a process (proc_pid_exe(5), proc_pid_comm(5)).

use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Reading, Resource};

use super::look::{Gap, Got, Look, setting};
use super::{Answers, Asked, Collector};
use crate::text::file_name;

/// The collector.
pub(super) struct Process;

static ABOUT: About = About {
    id: "host-process",
    title: "Whether a program runs",
    text: "A process is of a program if the file that it runs has its name, or if it calls itself \
        so: what an interpreter runs is known by that alone. Who is not root does not see which \
        files the processes of others run; then the answer is *not assessed*, unless one that it \
        may see is found.",
    file: file!(),
};

const COMMS: &str = "/proc/*/comm";
/// How many processes are looked at.
const MOST: usize = 4096;
/// How long a process's own name can be, in bytes: `TASK_COMM_LEN` without its end.
const NAME: usize = 15;
/// What stands behind the name of a file that was replaced or removed.
const DELETED: &str = " (deleted)";

fn name_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Process { name } => Some(name),
        _ => None,
    }
}

/// What the processes are called.
enum Processes {
    /// Each with its own name, the name of its file where that can be seen, and where it stands;
    /// and why not all could be seen.
    Seen(Vec<(String, Option<String>, Arc<str>)>, Option<Gap>),
    Hidden(Gap),
}

fn processes(look: &Look<'_>) -> Processes {
    let paths = match look.paths(COMMS) {
        Got::Here(paths) => paths,
        Got::Missing => &[],
        Got::Hidden(gap) => return Processes::Hidden(gap),
    };
    let of_process = |path: &&Arc<str>| {
        let process = path.split('/').nth(2).unwrap_or_default();
        !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit())
    };
    let all: Vec<&Arc<str>> = paths.iter().filter(of_process).collect();
    if all.is_empty() {
        return Processes::Hidden(Gap::new("`/proc` shows no process", "mount -t proc proc /proc"));
    }
    let mut gap = (all.len() > MOST)
        .then(|| Gap::new(format!("there are more than {MOST} processes"), "fewer processes"));
    // The first one always runs: whoever does not see it sees their own alone (`hidepid`).
    if !all.iter().any(|path| &***path == "/proc/1/comm") {
        let why = "`/proc` does not show the processes of others here";
        gap = gap.or_else(|| Some(Gap::new(why, "root")));
    }
    let mut seen = Vec::new();
    for path in all.into_iter().take(MOST) {
        let folder = path.strip_suffix("/comm").unwrap_or(path);
        let (comm, exe) = (look.file(path), look.stat(&format!("{folder}/exe")));
        let comm = match comm {
            Got::Here(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                text.strip_suffix('\n').unwrap_or(&text).to_owned()
            }
            // It ended meanwhile.
            Got::Missing => continue,
            Got::Hidden(why) => {
                gap = gap.or(Some(why));
                String::new()
            }
        };
        let file = match exe {
            Got::Here(stat) => {
                let link = stat.link.as_deref();
                if link.is_none() {
                    let why = format!("nobody says where the link `{folder}/exe` leads");
                    gap = gap.or_else(|| Some(Gap::new(why, "root")));
                }
                link.map(|link| file_name(link.strip_suffix(DELETED).unwrap_or(link)).to_owned())
            }
            // The kernel's own have none.
            Got::Missing => None,
            Got::Hidden(why) => {
                gap = gap.or(Some(why));
                None
            }
        };
        seen.push((comm, file, Arc::clone(path)));
    }
    Processes::Seen(seen, gap)
}

impl Collector for Process {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let mut names = asked.each(name_of).peekable();
        if names.peek().is_none() {
            return;
        }
        let look = Look::new(answers);
        let processes =
            if asked.running { processes(&look) } else { Processes::Hidden(Gap::at_rest()) };
        for (resource, name) in names {
            let (reading, place) = match &processes {
                Processes::Hidden(gap) => (gap.clone().reading(), None),
                Processes::Seen(all, gap) => {
                    let known: String = name.chars().take(NAME).collect();
                    let found = all
                        .iter()
                        .find(|(comm, file, _)| file.as_deref() == Some(name) || *comm == known);
                    match (found, gap) {
                        (Some((_, _, path)), _) => {
                            let place = Place::start_of(Arc::clone(path));
                            (Reading::Is("running".into()), Some(place))
                        }
                        (None, Some(gap)) => (gap.clone().reading(), None),
                        (None, None) => (Reading::Absent, None),
                    }
                }
            };
            out(setting(resource, Aspect::Running, reading, place));
        }
    }
}
