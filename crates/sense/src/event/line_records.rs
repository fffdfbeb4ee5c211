//! A log of lines of which each is a record of its own.
//!
//! Knows what becomes of a line that is cut, too long or in UTF-16; what a whole one says is read by
//! the log's own function.

use holdfast_model::{Logged, Timestamp};
use jiff::tz::TimeZone;

use super::cursor::Cursor;
use super::lines::{Line, LineSplit};
use super::object::Object;
use super::syslog::Clock;
use super::{LogStream, told};

/// Reads one line: its bytes, where it stands, the clock of the log, and room for a record.
pub(super) type Read = fn(&[u8], Cursor, &Clock, &mut Object, &mut dyn FnMut(Logged<'_>));

struct Stream {
    lines: LineSplit,
    clock: Clock,
    object: Object,
    read: Read,
}

/// Begins such a log; `reference` and `zone` say what its times mean.
pub(super) fn start(reference: Timestamp, zone: &TimeZone, read: Read) -> Box<dyn LogStream> {
    let clock = Clock::new(reference, zone);
    Box::new(Stream { lines: LineSplit::new(), clock, object: Object::default(), read })
}

impl LogStream for Stream {
    fn push(&mut self, chunk: &[u8], end: bool, out: &mut dyn FnMut(Logged<'_>)) {
        let Self { lines, clock, object, read } = self;
        lines.push(chunk, end, &mut |at, line| match line {
            Line::Whole(line) => read(line, at, clock, object, out),
            Line::TooLong => out(Logged::Refused(told::too_long(at))),
            Line::Half => out(Logged::Partial(told::cut(at))),
            Line::Utf16 => out(Logged::Refused(told::utf_16())),
        });
    }
}
