//! The journal of systemd, as `journalctl --output=json` prints it.
//!
//! Knows systemd.journal-fields(7) and the JSON of journalctl(1); what programs say is read in
//! `message`.

use std::borrow::Cow;
use std::collections::HashSet;

use holdfast_model::{About, Logged, Record, Timestamp};
use jiff::tz::TimeZone;
use memchr::memmem::find;

use super::cursor::Cursor;
use super::object::Object;
use super::oddities::repeated;
use super::split::{Piece, Split};
use super::{LogReader, LogStream, first_line, message, source, told};
use crate::Claim;
use crate::text::json::{Kind, Member, Value, parse};

/// The reader.
pub(super) struct Journal;

static ABOUT: About = About {
    id: "journal",
    title: "The journal of systemd",
    text: "Reads what `journalctl --output=json` prints. Its members stay; values that are not \
        UTF-8, which journalctl prints as lists of bytes, become text. Beside them stand the \
        members that records of every Linux log have. Members in small letters, which no journal \
        has, are left out. The time is that at which a program said something, where the journal \
        knows it, else that at which the journal received it. The binary files of the journal \
        are not read.",
    file: file!(),
};

impl LogReader for Journal {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, _: &str, head: &[u8]) -> Claim {
        let begins = matches!(first_line(head).first(), Some(b'{' | b'['));
        let keys = ["\"__REALTIME_TIMESTAMP\"", "\"__CURSOR\"", "\"_BOOT_ID\""];
        let known = keys.iter().filter(|key| find(head, key.as_bytes()).is_some()).count();
        if begins && known >= 2 { Claim::ByContent } else { Claim::No }
    }

    fn start_at(&self, _: Timestamp, _: &TimeZone) -> Box<dyn LogStream> {
        Box::new(Stream { split: Split::new(), object: Object::default() })
    }
}

struct Stream {
    split: Split,
    object: Object,
}

impl LogStream for Stream {
    fn push(&mut self, chunk: &[u8], end: bool, out: &mut dyn FnMut(Logged<'_>)) {
        let Self { split, object } = self;
        split.push(chunk, end, &mut |piece| match piece {
            Piece::Record(json, at) => record(json, at, object, out),
            Piece::Refused(problem) => out(Logged::Refused(problem)),
            Piece::Partial(problem) => out(Logged::Partial(problem)),
        });
    }
}

fn record(json: &[u8], at: Cursor, object: &mut Object, out: &mut dyn FnMut(Logged<'_>)) {
    let Ok(text) = std::str::from_utf8(json) else {
        return out(Logged::Refused(told::not_utf_8(at)));
    };
    let (value, mistakes) = parse(text);
    if let Some(mistake) = mistakes.iter().find(|m| m.code != "json-duplicate-key") {
        return out(Logged::Refused(told::not_json(at, &mistake.message)));
    }
    let members = value.as_object().unwrap_or_default();
    let member = |name: &str| members.iter().rev().find(|member| member.key == name);
    let words = |name: &str| member(name).and_then(|member| words(&member.value));
    let time = ["_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"].into_iter().find_map(words);
    // In microseconds.
    let Some(time) = time.and_then(|time| time.parse::<i64>().ok()) else {
        return out(Logged::Refused(told::member_missing(at, "__REALTIME_TIMESTAMP")));
    };
    if let Some(mistake) = mistakes.first() {
        let key = at.behind(text, mistake.span.start).place();
        out(Logged::Odd(repeated(key, &mistake.message)));
    }
    let process = words("SYSLOG_IDENTIFIER").or_else(|| words("_COMM")).unwrap_or_default();
    let said = words("MESSAGE").unwrap_or_default();
    object.begin();
    own(members, text, mistakes.is_empty(), object);
    object.time("time", Timestamp(time.div_euclid(1000)));
    object.text_if_any("host", &words("_HOSTNAME").unwrap_or_default());
    object.text_if_any("process", &process);
    object.text_if_any("pid", &words("_PID").or_else(|| words("SYSLOG_PID")).unwrap_or_default());
    object.text("message", said.trim_start());
    let understood = message::read(&process, said.trim_start());
    if let Some(said) = understood.filter(|_| is_named(&process, words("_COMM").as_deref())) {
        message::write(&said, object);
    }
    let source = source::of_process(&process);
    let (line, column) = (at.line, at.column);
    out(Logged::Record(Record { json: object.end(), source, line, column }));
}

/// The journal's own members; of two with one name the last.
fn own(members: &[Member<'_>], text: &str, unique: bool, object: &mut Object) {
    let mut later = HashSet::new();
    let mut kept: Vec<&Member<'_>> = members
        .iter()
        .rev()
        .filter(|member| !member.key.starts_with(|first: char| first.is_ascii_lowercase()))
        .filter(|member| unique || later.insert(&*member.key))
        .collect();
    kept.reverse();
    for member in kept {
        match words(&member.value) {
            Some(words) => object.text(&member.key, &words),
            None => object.json(&member.key, member.value.span.of(text).unwrap_or("null")),
        }
    }
}

/// Whether a message is from the program it says. Anybody may write to the journal under any name;
/// `_COMM` is the kernel's word, of at most fifteen bytes.
fn is_named(process: &str, command: Option<&str>) -> bool {
    let name = process.rsplit('/').next().unwrap_or(process).as_bytes();
    let known =
        |command: &str| name.get(..15).unwrap_or(name).eq_ignore_ascii_case(command.as_bytes());
    command.is_none_or(known)
}

/// A value as text: a string, or the list of bytes that stands for one that is no UTF-8. `None`
/// for others: values that were too large (`null`), and members that a program wrote twice.
fn words<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match &value.kind {
        Kind::String(text) => Some(Cow::Borrowed(text)),
        Kind::Array(values) => {
            let byte = |value: &Value<'_>| match value.kind {
                Kind::Number(number) => number.parse::<u8>().ok(),
                _ => None,
            };
            let bytes: Vec<u8> = values.iter().map(byte).collect::<Option<_>>()?;
            Some(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
        }
        _ => None,
    }
}
