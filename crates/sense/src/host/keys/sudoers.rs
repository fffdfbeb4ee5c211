//! `/etc/sudoers` and what it includes, sudoers(5): the settings of `Defaults` lines that hold
//! for everybody.
//!
//! Knows `Defaults` and Includes. It must not know who may run what.

use std::sync::Arc;

use holdfast_model::Span;

use super::sudoers_scan::Scan;
use super::{Family, shown};
use crate::text::{Document, Mistake};

const MAIN: &str = "/etc/sudoers";

/// Reads the main file; a later setting replaces an earlier one.
pub(super) fn read(family: &mut Family<'_>) {
    let path: Arc<str> = MAIN.into();
    file(family, &path);
}

fn file(family: &mut Family<'_>, path: &Arc<str>) {
    let Some(bytes) = family.bytes_of(path) else { return };
    let document = family.open(path, bytes);
    if family.enter(path).is_err() {
        return;
    }
    let mut scan = Scan::new(document.text());
    while scan.peek().is_some() {
        scan.blanks();
        let start = scan.at();
        if let Some((word, folder)) = directive(&mut scan) {
            include(family, &document, &mut scan, Span { start, end: start + word }, folder);
        } else if scan.take("Defaults") {
            let before = scan.at();
            scan.blanks();
            // A sign right behind the word binds the line to a user, host or command.
            if scan.at() > before || scan.ends() {
                settings(family, &document, &mut scan);
            }
        }
        scan.skip_line();
    }
    family.leave();
}

/// `@include`, `@includedir` and their older forms: the length of the word, and whether a folder
/// is meant.
fn directive(scan: &mut Scan<'_>) -> Option<(usize, bool)> {
    for (word, folder) in [("includedir", true), ("include", false)] {
        let mut ahead = scan.clone();
        let sign = ahead.take("@") || ahead.take("#");
        // `#include` alone is a comment.
        let old = scan.peek() == Some('#');
        if sign
            && ahead.take(word)
            && (matches!(ahead.peek(), Some(' ' | '\t')) || !old && ahead.ends())
        {
            *scan = ahead;
            return Some((word.len() + 1, folder));
        }
    }
    None
}

fn include(
    family: &mut Family<'_>,
    document: &Document<'_>,
    scan: &mut Scan<'_>,
    word: Span,
    folder: bool,
) {
    scan.blanks();
    let start = scan.at();
    let name = scan.value(&[' ', '\t']);
    let span = Span { start, end: scan.at().max(start) };
    let Ok(name) = name else {
        return quote(family, document, span);
    };
    if name.is_empty() {
        let mistake = Mistake::loss("sudoers-syntax", word, "this line names no file");
        return family.tell(document, &mistake.help("write a path behind it"));
    }
    if name.contains("%h") {
        // The name of the host: which file that is, is known on the host only.
        let reason = format!("`{}` includes a file by the name of the host", document.path());
        return family.hide(reason, "`@include` with a fixed path");
    }
    let path: Arc<str> = if name.starts_with('/') {
        name.into()
    } else {
        format!("{}/{name}", crate::text::folder(document.path())).into()
    };
    let paths = if folder {
        family.folder(&path, |name| !name.contains('.') && !name.ends_with('~'))
    } else {
        vec![path]
    };
    for path in paths {
        if family.missing(&path) {
            let message = format!("`{}` is included here and is not there", shown(&path));
            let mistake = Mistake::loss("include-missing", span, message);
            family.tell(document, &mistake.help("restore the file, or take the line out"));
            continue;
        }
        match family.enter(&path) {
            Ok(()) => {
                family.leave();
                file(family, &path);
            }
            Err(why) => {
                let message = format!("`{}` {why}", shown(&path));
                let mistake = Mistake::loss("include-circle", span, message);
                family.tell(document, &mistake.help("take one of the lines out that include"));
            }
        }
    }
}

fn quote(family: &mut Family<'_>, document: &Document<'_>, span: Span) {
    let mistake = Mistake::loss("sudoers-syntax", span, "this quote does not end");
    family.tell(document, &mistake.help("end it in the same line"));
}

/// The settings of one line, with commas between them.
fn settings(family: &mut Family<'_>, document: &Document<'_>, scan: &mut Scan<'_>) {
    loop {
        scan.blanks();
        let start = scan.at();
        let mut on = true;
        while scan.take("!") {
            on = !on;
            scan.blanks();
        }
        let negated = scan.at() > start;
        let at = scan.at();
        let name = scan.name();
        let refuse = |family: &mut Family<'_>, from: usize, to: usize, message: &str| {
            let span = Span { start: from, end: to.max(from + 1) };
            let mistake = Mistake::loss("sudoers-syntax", span, message);
            family.tell(document, &mistake.help("write `Defaults NAME`, `!NAME` or `NAME=VALUE`"));
        };
        if name.is_empty() {
            return refuse(family, at, at, "a setting has to begin here");
        }
        scan.blanks();
        let sign = ["+=", "-=", "="].into_iter().find(|sign| scan.take(sign));
        let place = document.place(start);
        match sign {
            Some(_) if negated => {
                return refuse(family, start, scan.at(), "a setting with `!` takes no value");
            }
            Some(sign) => {
                scan.blanks();
                let from = scan.at();
                let Ok(value) = scan.value(&[' ', '\t', ',', '#']) else {
                    return quote(family, document, Span { start: from, end: scan.at() });
                };
                let before = family.values.get(name).map(|held| held.value.as_str());
                let value = combined(sign, before.unwrap_or_default(), value);
                family.hold(name.to_owned(), value, place);
            }
            None => {
                let value = if on { "yes" } else { "no" };
                family.hold(name.to_owned(), value.to_owned(), place);
            }
        }
        scan.blanks();
        if !scan.take(",") {
            if !scan.ends() {
                let message = "a comma or the end of the line has to stand here";
                refuse(family, scan.at(), scan.at(), message);
            }
            return;
        }
    }
}

/// `+=` and `-=` change a list of words.
fn combined(sign: &str, before: &str, value: String) -> String {
    let before = if before == "no" { "" } else { before };
    let kept = |word: &&str| !value.split_whitespace().any(|other| other == *word);
    match sign {
        "+=" => {
            let mut words: Vec<&str> = before.split_whitespace().filter(kept).collect();
            words.extend(value.split_whitespace());
            words.join(" ")
        }
        "-=" => before.split_whitespace().filter(kept).collect::<Vec<_>>().join(" "),
        _ => value,
    }
}
