//! Logs as streams of records.
//!
//! Knows the formats of logs; knows nothing of rules, announcements, or where bytes come from. A
//! reader never holds more of a log than one record and the chunk it was given, so that logs may
//! be of any length; it never asks for the time, so that whoever starts it says when the log was
//! written.
//!
//! Records of JSON logs stay as they were written. Of every other line one JSON object is made.
//! Its members have the same names whatever program wrote the line:
//!
//! | member | what |
//! |---|---|
//! | `time` | when, RFC 3339 in UTC |
//! | `host` | the name of the host, as the line says it |
//! | `process`, `pid` | the program that wrote the line, and the number of its process |
//! | `message` | what it wrote: the text behind its name |
//! | `repeated` | how often, where rsyslog folded equal lines |
//! | `action` | what was done, where the line was understood: `login`, `authenticate`, `session-open`, `session-close`, `sudo`, `su`, `cron`, `crontab`, `user-add`, `user-change`, `user-remove`, `user-lock`, `user-unlock`, `group-add`, `group-remove`, `group-member-add`, `group-member-remove`, `password-change`, `package-install`, `package-upgrade`, `package-downgrade`, `package-reinstall`, `package-remove`, `package-purge`, `package-change` |
//! | `outcome`, `reason` | `done`, or `failed` and why |
//! | `user` | who did it |
//! | `target_user`, `group` | to whom, or as whom; to which group |
//! | `src_ip`, `src_port` | from where |
//! | `method`, `key` | how somebody logged in, and with which key |
//! | `service` | the PAM service of a session: `sshd`, `cron` |
//! | `session` | the number of a session |
//! | `tty`, `pwd`, `command` | where a command was given, in which folder, and the command |
//! | `uid`, `gid`, `home`, `shell` | of a new user or group |
//! | `package`, `packages`, `arch`, `version`, `old_version`, `state`, `file` | of packages |
//! | `operation` | the word of dpkg's log |
//! | `install`, `upgrade`, `downgrade`, `reinstall`, `remove`, `purge` | of apt: lists of packages with their versions, as apt writes them |
//! | `end_time` | when apt had finished |
//!
//! Records of the journal keep their own members and get those of this table beside them.

mod apt_history;
mod auth_log;
mod cloudtrail;
mod cursor;
mod dpkg_log;
mod gzip;
mod journal;
mod line_records;
mod lines;
mod message;
mod normal;
mod object;
mod oddities;
mod scan;
mod secret;
mod source;
mod split;
mod syslog;
mod told;

use holdfast_model::{About, Logged, Timestamp};
use jiff::tz::TimeZone;

use crate::Claim;

pub use dpkg_log::{DpkgLine, dpkg_line};
pub use gzip::{is_gzip, unpacked_head, unpacking};
pub use normal::{normalise, only_reads};
pub use oddities::Oddities;
pub use secret::mask;

/// The longest record, in bytes; longer ones are refused and passed over.
pub const LONGEST: usize = 10 << 20;

/// Reads one kind of log.
pub trait LogReader: Sync {
    /// What it is.
    fn about(&self) -> &'static About;
    /// Whether it takes this file; `head` may be empty, and holds at most the first 4 KiB,
    /// unpacked.
    fn claims(&self, path: &str, head: &[u8]) -> Claim;
    /// Begins to read a log. Lines without year or zone are of the zone `zone`, and of the last
    /// year in which their month was not after that of `reference`: the time at which the file
    /// was last written.
    fn start_at(&self, reference: Timestamp, zone: &TimeZone) -> Box<dyn LogStream>;
}

/// A log that is being read. The chunks may be cut anywhere.
pub trait LogStream {
    /// Takes the next bytes, `end` with the last of them (which may be none), and says what they
    /// hold. What is pushed after the end is ignored.
    fn push(&mut self, chunk: &[u8], end: bool, out: &mut dyn FnMut(Logged<'_>));
}

/// Every reader of logs.
pub fn log_readers() -> &'static [&'static dyn LogReader] {
    LOG_READERS
}

static LOG_READERS: &[&dyn LogReader] = &[
    &cloudtrail::CloudTrail,
    &journal::Journal,
    &auth_log::AuthLog,
    &apt_history::AptHistory,
    &dpkg_log::DpkgLog,
];

/// The reader that takes a log: a claim by name beats a claim by content, the earlier line wins.
pub fn log_reader_for(path: &str, head: &[u8]) -> Option<&'static dyn LogReader> {
    let claim = |reader: &&'static dyn LogReader| reader.claims(path, head);
    let best = log_readers().iter().map(claim).max()?;
    if best == Claim::No {
        return None;
    }
    log_readers().iter().find(|reader| claim(reader) == best).copied()
}

/// The name of a log file without the endings that rotating and packing give it: `auth.log` of
/// `/var/log/auth.log.2.gz`.
fn unrotated(path: &str) -> &str {
    let name = crate::text::file_name(path);
    let name = name.strip_suffix(".gz").unwrap_or(name);
    match name.rsplit_once(['.', '-']) {
        Some((stem, count)) if !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()) => {
            stem
        }
        _ => name,
    }
}

/// The first line that is not empty, as far as it goes; without byte order mark.
fn first_line(head: &[u8]) -> &[u8] {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.find(|line| !line.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_logs_keep_their_name() {
        for (path, name) in [
            ("/var/log/auth.log", "auth.log"),
            ("/var/log/auth.log.2.gz", "auth.log"),
            ("secure-20261101", "secure"),
            ("history.log.1", "history.log"),
            ("x", "x"),
        ] {
            assert_eq!(unrotated(path), name);
        }
    }

    #[test]
    fn every_reader_is_found_by_its_name() {
        let mut ids: Vec<_> = log_readers().iter().map(|reader| reader.about().id).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["apt-history", "auth-log", "cloudtrail", "dpkg-log", "journal"]);
        for (path, id) in [
            ("/var/log/auth.log.1", "auth-log"),
            ("/var/log/apt/history.log.3.gz", "apt-history"),
            ("var/log/dpkg.log", "dpkg-log"),
            ("111122223333_CloudTrail_eu-west-1_20261110T1215Z_aBc.json.gz", "cloudtrail"),
        ] {
            assert_eq!(log_reader_for(path, b"").map(|reader| reader.about().id), Some(id));
        }
        assert!(log_reader_for("Cargo.lock", b"[[package]]").is_none());
    }
}
