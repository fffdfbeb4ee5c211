//! What else a unit says of whether it is started (systemd.unit(5)): its conditions.
//!
//! Knows lines of units and conditions on paths; must not know what a unit does.

use super::look::{End, Look};
use crate::FileType;

/// A line of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// With its brackets.
    pub(super) section: String,
    pub(super) key: String,
    pub(super) value: String,
    /// Where it begins.
    pub(super) number: u32,
}

/// The assignments of a unit, in order. Continued lines are one, without comments between them.
pub(super) fn lines(bytes: &[u8]) -> Vec<Line> {
    let text = String::from_utf8_lossy(bytes);
    let (mut section, mut out) = (String::new(), Vec::new());
    let mut whole = String::new();
    let mut begun = 1;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            continue;
        }
        if whole.is_empty() {
            begun = number;
        }
        if let Some(start) = line.strip_suffix('\\') {
            whole.push_str(start);
            whole.push(' ');
            continue;
        }
        whole.push_str(line);
        let line = std::mem::take(&mut whole);
        if line.starts_with('[') {
            line.trim().clone_into(&mut section);
        } else if let Some((key, value)) = line.split_once('=') {
            let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
            out.push(Line { section: section.clone(), key, value, number: begun });
        }
    }
    out
}

/// A condition that is not known to hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unmet<'l> {
    /// It does not: the unit is passed over.
    Fails(&'l Line),
    /// Nobody can tell from files.
    Open(&'l Line),
}

/// The first condition that does not hold, else the first that may not.
pub(super) fn unmet<'l>(look: &Look<'_>, lines: &'l [Line]) -> Option<Unmet<'l>> {
    let mut conditions: Vec<&Line> = Vec::new();
    for line in lines.iter().filter(|line| line.section == "[Unit]") {
        let kind = ["Condition", "Assert"].into_iter().find(|kind| line.key.starts_with(*kind));
        match kind {
            None => {}
            // An empty value takes all of its kind back.
            Some(kind) if line.value.is_empty() => {
                conditions.retain(|earlier| !earlier.key.starts_with(kind));
            }
            Some(_) => conditions.push(line),
        }
    }
    let judged: Vec<_> = conditions.into_iter().map(|line| (line, holds(look, line))).collect();
    let first = |wanted| judged.iter().find(|(_, holds)| *holds == wanted).map(|(line, _)| *line);
    first(Some(false)).map(Unmet::Fails).or_else(|| first(None).map(Unmet::Open))
}

/// Whether a condition holds; `None` where that cannot be told.
fn holds(look: &Look<'_>, line: &Line) -> Option<bool> {
    /// What is there while a system runs alone.
    const MADE: [&str; 4] = ["/proc/", "/sys/", "/dev/", "/run/"];
    let kind = line.key.trim_start_matches("Condition").trim_start_matches("Assert");
    // These are about containers, which are told apart elsewhere.
    if matches!(kind, "Capability" | "Virtualization") {
        return Some(true);
    }
    let (path, wanted) = match line.value.strip_prefix('!') {
        Some(path) => (path.trim_start(), false),
        None => (line.value.as_str(), true),
    };
    if MADE.iter().any(|folder| path.starts_with(folder)) {
        return Some(true);
    }
    // One of several (`|`) and specifiers are no path.
    if !path.starts_with('/') || path.contains('%') {
        return None;
    }
    let found = match (kind, look.follow(path)) {
        (_, End::Hidden(_)) => return None,
        ("PathExists", end) => !matches!(end, End::Nowhere | End::Circle),
        ("PathIsDirectory", end) => {
            matches!(end, End::At(_, stat) if stat.kind == FileType::Folder)
        }
        ("PathIsSymbolicLink", _) => {
            look.stat(path).here().is_some_and(|stat| stat.kind == FileType::Link)
        }
        _ => return None,
    };
    Some(found == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Answers;
    use crate::{Answer, FileStat, Need};

    fn said(text: &str) -> String {
        let source = |need: &Need| {
            let stat = |kind, link: Option<&str>| {
                Answer::Stat(FileStat {
                    uid: 0,
                    gid: 0,
                    mode: 0o755,
                    kind,
                    link: link.map(Into::into),
                })
            };
            match need {
                Need::Stat(path) if &**path == "/tmp" => stat(FileType::Folder, None),
                Need::Stat(path) if &**path == "/link" => stat(FileType::Link, Some("tmp")),
                Need::Stat(path) if path.starts_with("/closed/") => Answer::Denied,
                _ => Answer::Missing,
            }
        };
        let answers = Answers::new(&source);
        let lines = lines(text.as_bytes());
        match unmet(&Look::new(&answers), &lines) {
            None => "holds".to_owned(),
            Some(Unmet::Fails(line)) => format!("{} fails", line.number),
            Some(Unmet::Open(line)) => format!("{} is open", line.number),
        }
    }

    #[test]
    fn conditions_on_paths_are_told_and_others_left_open() {
        for (text, wanted) in [
            ("[Mount]\nConditionPathExists=/none\n", "holds"),
            ("[Unit]\nConditionPathIsSymbolicLink=!/tmp\n", "holds"),
            ("[Unit]\nConditionPathIsSymbolicLink=!/link\n", "2 fails"),
            ("[Unit]\nConditionPathIsDirectory=/link\nAssertPathExists=/tmp\n", "holds"),
            ("[Unit]\nConditionPathExists=/none\n", "2 fails"),
            ("[Unit]\nConditionPathExists=! /none\n", "holds"),
            ("[Unit]\nAssertPathExists=\\\n  /none\n", "2 fails"),
            ("[Unit]\nConditionHost=a\nConditionPathExists=/none\n", "3 fails"),
            ("[Unit]\nConditionPathExists=/none\nConditionPathExists=\n", "holds"),
            ("[Unit]\nConditionPathExists=/none\nAssertPathExists=\n", "2 fails"),
            ("[Unit]\nConditionPathExists=|/none\n", "2 is open"),
            ("[Unit]\nConditionPathExists=/closed/a\n", "2 is open"),
            ("[Unit]\nConditionKernelCommandLine=quiet\n", "2 is open"),
            ("[Unit]\nConditionPathExists=/proc/sys/fs\nConditionCapability=CAP_X\n", "holds"),
        ] {
            assert_eq!(said(text), wanted, "{text:?}");
        }
    }
}
