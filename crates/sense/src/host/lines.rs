//! What text files say: whether a line is there, and the whole text of small files.
//!
//! Knows where the readers of common files see comments; knows no other meaning of a line.

use std::collections::BTreeSet;

use holdfast_model::{About, Aspect, Fact, Place, Reading, Resource};

use super::look::{Gap, Got, Look, setting};
use super::{Answers, Asked, Collector};
use crate::text::{Document, file_name};

/// The collector.
pub(super) struct Lines;

static ABOUT: About = About {
    id: "host-lines",
    title: "Lines of text files, and whole texts",
    text: "A line is there where all its words stand in one line of the file, in their order, with \
        blanks between them as anybody likes, and nothing else. What the reader of the file takes \
        for a comment does not count: lines that begin with `#` (in files of systemd and ini files \
        with `;` as well), and in scripts of the shell everything behind a `#` that begins a word. \
        In the tables of cron and most other files a `#` behind a command is part of it. Texts are \
        compared to the byte; one of more than 64 KiB, or one that is no UTF-8, is an error.",
    file: file!(),
};

/// So much of a text is looked at, in bytes; what is longer is no text that a control could want.
const TEXT: usize = 64 << 10;

fn line_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Line { path, .. } | Resource::Text { path } => Some(path),
        _ => None,
    }
}

impl Collector for Lines {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let look = Look::new(answers);
        let mut told = BTreeSet::new();
        for (resource, path) in asked.each(line_of) {
            let (reading, place) = match look.file(path) {
                Got::Missing => (Reading::Absent, None),
                Got::Hidden(gap) => (gap.reading(), None),
                Got::Here(bytes) => {
                    let document = Document::open(&path.into(), bytes);
                    if told.insert(path) {
                        for mistake in document.mistakes(false) {
                            out(Fact::Problem(document.problem(&mistake)));
                        }
                    }
                    match resource {
                        Resource::Line { line, .. } => line_in(&document, line),
                        _ => (text(bytes), Some(Place::start_of(path))),
                    }
                }
            };
            out(setting(resource, Aspect::Value, reading, place));
        }
    }
}

/// Whether a line is there, and where. Where it is not, the place is the file's own: there is a
/// file.
fn line_in(document: &Document<'_>, wanted: &str) -> (Reading, Option<Place>) {
    if !document.readable() {
        let reason = format!("`{}` is no text", document.path());
        let gap = Gap::new(reason, "a file that is written in UTF-8");
        return (gap.reading(), None);
    }
    let comments = Comments::of(document.path());
    let mut at = 0;
    for line in document.text().split_inclusive('\n') {
        let body = comments.taken_off(line);
        if body.split_whitespace().eq(wanted.split_whitespace()) {
            let start = at + (line.len() - line.trim_start().len());
            return (Reading::Is("present".into()), Some(document.place(start)));
        }
        at += line.len();
    }
    (Reading::Absent, Some(Place::start_of(document.path().as_ref())))
}

fn text(bytes: &[u8]) -> Reading {
    let shown = bytes.get(..TEXT).unwrap_or(bytes);
    match std::str::from_utf8(shown) {
        Ok(text) if bytes.len() <= TEXT => Reading::Is(text.into()),
        _ => Reading::Broken {
            reason: format!("it is {} bytes long, and no short text in UTF-8", bytes.len()),
        },
    }
}

/// Where the reader of a file sees a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comments {
    /// Where `#` is the first sign of a line.
    Lines,
    /// Where `#` or `;` is: systemd.syntax(7), and ini files.
    Ini,
    /// Where a `#` begins a word outside of quotes, POSIX XCU 2.3.
    Words,
}

impl Comments {
    fn of(path: &str) -> Self {
        let name = file_name(path);
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let scripts = ["profile", "bash.bashrc", "bashrc", "zshrc", "zshenv", "zprofile"];
        if ending == "sh" || scripts.contains(&name.trim_start_matches('.')) {
            Self::Words
        } else if ending == "ini" || path.contains("/systemd/") {
            Self::Ini
        } else {
            Self::Lines
        }
    }

    fn taken_off(self, line: &str) -> &str {
        let body = line.trim();
        match self {
            Self::Lines if body.starts_with('#') => "",
            Self::Ini if body.starts_with(['#', ';']) => "",
            Self::Words => words_only(body),
            _ => body,
        }
    }
}

/// A line of a script before its comment.
fn words_only(line: &str) -> &str {
    let (mut quote, mut before) = (None, ' ');
    let mut signs = line.char_indices();
    while let Some((at, c)) = signs.next() {
        match (quote, c) {
            (None, '#') if before.is_whitespace() || matches!(before, ';' | '&' | '|') => {
                return line.get(..at).unwrap_or_default();
            }
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None | Some('"'), '\\') => {
                signs.next();
            }
            _ => {}
        }
        before = c;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_where_the_reader_sees_them() {
        let cases = [
            ("/etc/profile.d/a.sh", "umask 027 # why", "umask 027 "),
            ("/etc/profile.d/a.sh", "a='#' \"b # c\" d#e \\# f;#g", "a='#' \"b # c\" d#e \\# f;"),
            ("/etc/profile", "  # all of it", ""),
            ("/etc/crontab", "* * * * * root a # b", "* * * * * root a # b"),
            ("/etc/crontab", "# * * * * * root a", ""),
            ("/etc/cron.allow", "; root", "; root"),
            ("/etc/systemd/system.conf", ";A=b", ""),
            ("/etc/a.ini", "a = b # c", "a = b # c"),
        ];
        for (path, line, wanted) in cases {
            assert_eq!(Comments::of(path).taken_off(line), wanted, "{path}: {line}");
        }
    }
}
