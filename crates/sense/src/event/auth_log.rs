//! The log of who came in and who got which rights, as rsyslog writes it.
//!
//! Knows lines of syslog; what programs say is read in `message`.

use holdfast_model::{About, Logged, Record, Timestamp};
use jiff::tz::TimeZone;

use super::cursor::Cursor;
use super::object::Object;
use super::syslog::{self, Clock, NoHead};
use super::{LogReader, LogStream, first_line, line_records, message, source, told, unrotated};
use crate::Claim;

/// The reader.
pub(super) struct AuthLog;

static ABOUT: About = About {
    id: "auth-log",
    title: "auth.log, and other files that syslog writes",
    text: "Reads lines with the traditional time, which has neither year nor zone, and with RFC \
        3339 times. The year is the last one in which the month was not after that in which the \
        file was last written. What sshd, sudo, su, cron, PAM, systemd-logind and the tools for \
        users and groups say is taken apart; of every other line the program and its message are \
        told. Bytes that are no UTF-8 are replaced. RFC 5424 lines are not read: files do not \
        hold them.",
    file: file!(),
};

impl LogReader for AuthLog {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        match unrotated(path) {
            // Debian's name and that of Red Hat's family.
            "auth.log" | "secure" => Claim::ByName,
            _ if syslog::is_line(first_line(head)) => Claim::ByContent,
            _ => Claim::No,
        }
    }

    fn start_at(&self, reference: Timestamp, zone: &TimeZone) -> Box<dyn LogStream> {
        line_records::start(reference, zone, record)
    }
}

fn record(
    line: &[u8],
    at: Cursor,
    clock: &Clock,
    object: &mut Object,
    out: &mut dyn FnMut(Logged<'_>),
) {
    if line.trim_ascii().is_empty() {
        return;
    }
    let text = String::from_utf8_lossy(line);
    let head = match syslog::head(&text, clock) {
        Ok(head) => head,
        Err(NoHead::Time) => return out(Logged::Refused(told::time_unknown(at, line))),
        Err(NoHead::Rest) => return out(Logged::Refused(told::line_unknown(at, line, "syslog"))),
    };
    let (repeated, text) = syslog::unfold(head.message).unwrap_or((1, head.message));
    object.begin();
    object.time("time", head.at);
    object.text("host", head.host);
    object.text_if_any("process", head.process);
    object.text_if_any("pid", head.pid);
    object.text("message", text);
    if repeated > 1 {
        object.json("repeated", &repeated.to_string());
    }
    if let Some(said) = message::read(head.process, text) {
        message::write(&said, object);
    }
    let source = source::of_process(head.process);
    let (line, column) = (at.line, at.column);
    out(Logged::Record(Record { json: object.end(), source, line, column }));
}
