//! The log of dpkg: what became of each package, step by step.
//!
//! Knows dpkg's `log.c`; knows nothing of versions' order.

use holdfast_model::{About, Logged, Record, Timestamp};
use jiff::tz::TimeZone;

use super::cursor::Cursor;
use super::object::Object;
use super::syslog::Clock;
use super::{LogReader, LogStream, first_line, line_records, source, told, unrotated};
use crate::Claim;

/// The reader.
pub(super) struct DpkgLog;

static ABOUT: About = About {
    id: "dpkg-log",
    title: "dpkg.log, what became of each package",
    text: "Reads the lines of `/var/log/dpkg.log`: packages that were installed, upgraded, \
        removed and purged, the states they went through, and decisions about configuration \
        files. Times are local and have no zone; the zone of the host is asked for.",
    file: file!(),
};

/// A line of dpkg's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DpkgLine<'a> {
    /// Local time as written: `2026-11-21 08:42:18`.
    pub time: &'a str,
    /// `startup`, `install`, `upgrade`, `remove`, `purge`, `disappear`, `configure`, `trigproc`,
    /// `status`, `conffile`.
    pub operation: &'a str,
    /// The package; empty for `startup` and `conffile`.
    pub package: &'a str,
    /// Its architecture; old versions of dpkg write none.
    pub arch: &'a str,
    /// The version there was; empty where there was none.
    pub old_version: &'a str,
    /// The version that came, or that is spoken of; empty where none came.
    pub version: &'a str,
    /// Of `status`: the state, as `installed` or `half-configured`.
    pub state: &'a str,
    /// Of `conffile`: its path.
    pub file: &'a str,
}

/// Takes a line of dpkg's log apart; `None` where dpkg writes no such line.
pub fn dpkg_line(line: &str) -> Option<DpkgLine<'_>> {
    let line = line.trim_end();
    let time = line.get(..19)?;
    let rest = line.get(19..)?.strip_prefix(' ')?;
    // The parts of a time stand where they always stand; whether it exists is seen later.
    let shape = time.bytes().zip("0000-00-00 00:00:00".bytes());
    let fits = |(byte, wanted): (u8, u8)| {
        if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted }
    };
    if !shape.into_iter().all(fits) {
        return None;
    }
    let mut words = rest.split(' ');
    let operation = words.next()?;
    let none = DpkgLine {
        time,
        operation,
        package: "",
        arch: "",
        old_version: "",
        version: "",
        state: "",
        file: "",
    };
    match operation {
        "startup" => Some(none),
        "conffile" => Some(DpkgLine { file: words.next()?, ..none }),
        "status" => {
            let state = words.next()?;
            let (package, arch) = package(words.next()?)?;
            Some(DpkgLine { state, package, arch, version: version(words.next()), ..none })
        }
        "install" | "upgrade" | "configure" | "trigproc" | "remove" | "purge" | "disappear" => {
            let (package, arch) = package(words.next()?)?;
            let (first, second) = (version(words.next()), version(words.next()));
            let line = DpkgLine { package, arch, old_version: first, version: second, ..none };
            Some(match operation {
                "install" | "upgrade" => line,
                // One version is spoken of; the other word is `<none>` or says it again.
                "configure" | "trigproc" => DpkgLine { version: first, old_version: "", ..line },
                _ => DpkgLine { version: "", ..line },
            })
        }
        _ => None,
    }
}

fn package(word: &str) -> Option<(&str, &str)> {
    let (name, arch) = word.split_once(':').unwrap_or((word, ""));
    (!name.is_empty()).then_some((name, arch))
}

fn version(word: Option<&str>) -> &str {
    word.filter(|word| *word != "<none>").unwrap_or_default()
}

impl DpkgLine<'_> {
    /// The action in the table of `event`; `None` for steps in between.
    fn action(&self) -> Option<&'static str> {
        match self.operation {
            // What was removed but not purged still has a version, and is installed again.
            "install" => Some("package-install"),
            "upgrade" if self.old_version == self.version => Some("package-reinstall"),
            "upgrade" => Some("package-upgrade"),
            "remove" | "disappear" => Some("package-remove"),
            "purge" => Some("package-purge"),
            _ => None,
        }
    }
}

impl LogReader for DpkgLog {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        if unrotated(path) == "dpkg.log" {
            return Claim::ByName;
        }
        let line = std::str::from_utf8(first_line(head)).ok();
        if line.and_then(dpkg_line).is_some() { Claim::ByContent } else { Claim::No }
    }

    fn start_at(&self, reference: Timestamp, zone: &TimeZone) -> Box<dyn LogStream> {
        line_records::start(reference, zone, record)
    }
}

fn record(
    bytes: &[u8],
    at: Cursor,
    clock: &Clock,
    object: &mut Object,
    out: &mut dyn FnMut(Logged<'_>),
) {
    if bytes.trim_ascii().is_empty() {
        return;
    }
    let text = String::from_utf8_lossy(bytes);
    let Some(line) = dpkg_line(&text) else {
        return out(Logged::Refused(told::line_unknown(at, bytes, "dpkg")));
    };
    let Some(time) = clock.local(line.time) else {
        return out(Logged::Refused(told::time_unknown(at, bytes)));
    };
    object.begin();
    object.time("time", time);
    object.text("process", "dpkg");
    object.text("message", text.get(20..).unwrap_or_default().trim_end());
    object.text("operation", line.operation);
    if let Some(action) = line.action() {
        object.text("action", action);
        object.text("outcome", "done");
    }
    for (name, value) in [
        ("package", line.package),
        ("arch", line.arch),
        ("old_version", line.old_version),
        ("version", line.version),
        ("state", line.state),
        ("file", line.file),
    ] {
        object.text_if_any(name, value);
    }
    let (line, column) = (at.line, at.column);
    out(Logged::Record(Record { json: object.end(), source: source::linux("dpkg"), line, column }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart() {
        let line =
            dpkg_line("2026-06-24 14:36:25 upgrade libudev1:amd64 252.36-1 252.38-1").unwrap();
        assert_eq!((line.package, line.arch), ("libudev1", "amd64"));
        assert_eq!((line.old_version, line.version), ("252.36-1", "252.38-1"));
        assert_eq!(line.action(), Some("package-upgrade"));
        let line = dpkg_line("2026-06-24 14:36:25 install tool <none> 1.0").unwrap();
        assert_eq!((line.arch, line.old_version, line.version), ("", "", "1.0"));
        let line = dpkg_line("2026-06-24 14:36:25 remove tool:all 1.0 <none>").unwrap();
        assert_eq!((line.old_version, line.version), ("1.0", ""));
        let line = dpkg_line("2026-06-24 14:36:25 status half-configured tool:all 1.0").unwrap();
        assert_eq!((line.state, line.version, line.action()), ("half-configured", "1.0", None));
        let line = dpkg_line("2026-06-24 14:36:25 conffile /etc/tool.conf keep").unwrap();
        assert_eq!(line.file, "/etc/tool.conf");
        assert_eq!(dpkg_line("2026-06-24 14:36 install tool <none> 1.0"), None);
        assert_eq!(dpkg_line("2026-06-24 14:36:25 sing tool"), None);
        assert_eq!(dpkg_line("2026-06-24 14:36:25 install"), None);
    }
}
