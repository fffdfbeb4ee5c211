//! apt's own log: who called it how, and which packages it changed.
//!
//! Knows the paragraphs that `apt-pkg/deb/dpkgpm.cc` writes.

use holdfast_model::{About, Logged, Record, Timestamp};
use jiff::tz::TimeZone;

use super::cursor::Cursor;
use super::lines::{Line, LineSplit};
use super::object::Object;
use super::syslog::Clock;
use super::{LONGEST, LogReader, LogStream, first_line, source, told, unrotated};
use crate::Claim;
use crate::text::folder;

/// The reader.
pub(super) struct AptHistory;

static ABOUT: About = About {
    id: "apt-history",
    title: "apt's history, who changed which packages",
    text: "Reads the paragraphs of `/var/log/apt/history.log`: one record for each call of apt, \
        with its command, who asked for it, and the packages that it installed, upgraded and \
        removed. Times are local and have no zone; the zone of the host is asked for. A call \
        that has not ended has no `end_time`.",
    file: file!(),
};

/// The lists of packages: apt's words, the members', and the actions where they stand alone.
const LISTS: [(&str, &str, &str); 6] = [
    ("Install", "install", "package-install"),
    ("Upgrade", "upgrade", "package-upgrade"),
    ("Downgrade", "downgrade", "package-downgrade"),
    ("Reinstall", "reinstall", "package-reinstall"),
    ("Remove", "remove", "package-remove"),
    ("Purge", "purge", "package-purge"),
];

impl LogReader for AptHistory {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let apt = crate::text::file_name(folder(path)) == "apt";
        if apt && unrotated(path) == "history.log" {
            Claim::ByName
        } else if first_line(head).starts_with(b"Start-Date: ") {
            Claim::ByContent
        } else {
            Claim::No
        }
    }

    fn start_at(&self, reference: Timestamp, zone: &TimeZone) -> Box<dyn LogStream> {
        Box::new(Stream {
            lines: LineSplit::new(),
            stanza: Stanza::default(),
            clock: Clock::new(reference, zone),
            object: Object::default(),
        })
    }
}

struct Stream {
    lines: LineSplit,
    stanza: Stanza,
    clock: Clock,
    object: Object,
}

/// The lines of one paragraph.
#[derive(Default)]
struct Stanza {
    at: Option<Cursor>,
    text: String,
    overlong: bool,
}

impl LogStream for Stream {
    fn push(&mut self, chunk: &[u8], end: bool, out: &mut dyn FnMut(Logged<'_>)) {
        let Self { lines, stanza, clock, object } = self;
        let mut cut = false;
        lines.push(chunk, end, &mut |at, line| match line {
            Line::Whole(line) => {
                let line = String::from_utf8_lossy(line);
                let line = line.trim();
                if line.is_empty() || line.starts_with("Start-Date:") {
                    stanza.end(clock, object, out);
                }
                if !line.is_empty() {
                    stanza.add(at, line);
                }
            }
            Line::TooLong => {
                stanza.at.get_or_insert(at);
                stanza.overlong = true;
            }
            Line::Half => {
                cut = true;
                out(Logged::Partial(told::cut(stanza.at.take().unwrap_or(at))));
            }
            Line::Utf16 => out(Logged::Refused(told::utf_16())),
        });
        if end && !cut {
            stanza.end(clock, object, out);
        }
    }
}

impl Stanza {
    fn add(&mut self, at: Cursor, line: &str) {
        self.at.get_or_insert(at);
        if self.text.len() + line.len() >= LONGEST {
            self.overlong = true;
        }
        if !self.overlong {
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    fn end(&mut self, clock: &Clock, object: &mut Object, out: &mut dyn FnMut(Logged<'_>)) {
        if let Some(at) = self.at.take() {
            if self.overlong {
                out(Logged::Refused(told::too_long(at)));
            } else {
                record(&self.text, at, clock, object, out);
            }
        }
        self.text.clear();
        self.overlong = false;
    }
}

fn record(
    text: &str,
    at: Cursor,
    clock: &Clock,
    object: &mut Object,
    out: &mut dyn FnMut(Logged<'_>),
) {
    let field = |name: &str| {
        text.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
    };
    let Some(start) = field("Start-Date") else {
        return out(Logged::Refused(told::line_unknown(at, text.as_bytes(), "apt")));
    };
    let Some(time) = clock.local(start) else {
        return out(Logged::Refused(told::time_unknown(at, text.as_bytes())));
    };
    object.begin();
    object.time("time", time);
    object.text("process", "apt");
    object.text("message", text.trim_end());
    let mut lists = LISTS.iter().filter(|(word, ..)| field(word).is_some());
    let action = match (lists.next(), lists.next()) {
        (Some((_, _, action)), None) => action,
        _ => "package-change",
    };
    object.text("action", action);
    let error = field("Error");
    object.text("outcome", if error.is_some() { "failed" } else { "done" });
    object.text_if_any("reason", error.unwrap_or_default());
    object.text_if_any("command", field("Commandline").unwrap_or_default());
    if let Some((user, uid)) = field("Requested-By").and_then(|by| by.rsplit_once(' ')) {
        object.text_if_any("user", user);
        object.text_if_any("uid", uid.trim_matches(['(', ')']));
    }
    let mut names = Vec::new();
    for (word, member, _) in LISTS {
        let items = items(field(word).unwrap_or_default());
        names.extend(items.iter().filter_map(|item| item.split([':', ' ']).next()));
        object.list(member, items);
    }
    names.sort_unstable();
    names.dedup();
    object.list("packages", names);
    if let Some(end) = field("End-Date").and_then(|end| clock.local(end)) {
        object.time("end_time", end);
    }
    let (line, column) = (at.line, at.column);
    out(Logged::Record(Record { json: object.end(), source: source::linux("apt"), line, column }));
}

/// `curl:amd64 (7.88.1-10), libc6:amd64 (2.36-9, automatic)`: commas stand in brackets, too.
fn items(list: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let mut rest = list;
    while let Some((item, after)) = rest.split_once("), ") {
        items.push(rest.get(..=item.len()).unwrap_or(item));
        rest = after;
    }
    items.extend(Some(rest).filter(|rest| !rest.is_empty()));
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_brackets_part_nothing() {
        let list = "curl:amd64 (7.88.1-10), libc6:amd64 (2.36-9, automatic)";
        assert_eq!(items(list), ["curl:amd64 (7.88.1-10)", "libc6:amd64 (2.36-9, automatic)"]);
        assert!(items("").is_empty());
    }
}
