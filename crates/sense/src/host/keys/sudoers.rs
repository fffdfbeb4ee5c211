//! `/etc/sudoers` and what it includes, sudoers(5): the settings of `Defaults` lines that hold
//! for everybody.
//!
//! Knows `Defaults` and Includes. It must not know who may run what.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::Span;

use super::sudoers_scan::Scan;
use super::{End, Family, Held, Look, shown};
use crate::text::{Document, Mistake};

const MAIN: &str = "/etc/sudoers";

/// What is known beside the values that hold from the first.
#[derive(Debug, Default)]
struct Late {
    /// What is said of whomever something is run as, and of whatever is run: each is applied after all
    /// that comes before it, wherever it stands.
    runas: BTreeMap<String, Held>,
    commands: BTreeMap<String, Held>,
    /// Who owns the main file.
    owner: Option<u32>,
}

/// Reads the main file; a later setting replaces an earlier one.
pub(super) fn read(family: &mut Family<'_>) {
    let path: Arc<str> = MAIN.into();
    let mut late = Late::default();
    file(family, &mut late, &path);
    family.values.extend(late.runas);
    family.values.extend(late.commands);
}

/// Notes a file that sudo passes over: one that anybody may write to, or that is not of its owner. Where
/// the main file is not root's, owners are not those of the host itself.
fn refused(family: &mut Family<'_>, late: &mut Late, path: &str) {
    let End::At(_, stat) = Look::new(family.answers).follow(path) else { return };
    let owner = *late.owner.get_or_insert(stat.uid);
    let why = match (stat.mode & 0o002, owner) {
        (0, 0) if stat.uid != 0 => "is not root's",
        (0, _) => return,
        _ => "may be written to by everybody",
    };
    family.hide(format!("`{path}` {why}, and sudo passes over such a file"), "mode 0440 and root");
}

fn file(family: &mut Family<'_>, late: &mut Late, path: &Arc<str>) {
    refused(family, late, path);
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
            let word = Span { start, end: start + word };
            include(family, late, (&document, &mut scan), (word, folder));
        } else if scan.take("Defaults") {
            match bound(&mut scan) {
                Bound::Everybody => settings(family, &document, &mut scan),
                Bound::Runas => {
                    std::mem::swap(&mut family.values, &mut late.runas);
                    settings(family, &document, &mut scan);
                    std::mem::swap(&mut family.values, &mut late.runas);
                }
                Bound::Commands => {
                    std::mem::swap(&mut family.values, &mut late.commands);
                    settings(family, &document, &mut scan);
                    std::mem::swap(&mut family.values, &mut late.commands);
                }
                Bound::Some => {}
            }
        }
        scan.skip_line();
    }
    family.leave();
}

/// For whom a line of `Defaults` holds.
enum Bound {
    /// For everybody, everywhere.
    Everybody,
    /// For whatever is run as anybody.
    Runas,
    /// For every command.
    Commands,
    /// For some alone.
    Some,
}

/// A sign right behind the word binds the line to users, hosts, commands or whom they are run as, of
/// which `ALL` means each.
fn bound(scan: &mut Scan<'_>) -> Bound {
    let before = scan.at();
    scan.blanks();
    if scan.at() > before || scan.ends() {
        return Bound::Everybody;
    }
    let all = match scan.next() {
        Some(':' | '@') => Bound::Everybody,
        Some('>') => Bound::Runas,
        Some('!') => Bound::Commands,
        _ => return Bound::Some,
    };
    scan.blanks();
    let named = scan.take("ALL");
    let behind = scan.at();
    scan.blanks();
    // A comma goes on with the list.
    if named && scan.at() > behind && scan.peek() != Some(',') { all } else { Bound::Some }
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
    late: &mut Late,
    (document, scan): (&Document<'_>, &mut Scan<'_>),
    (word, folder): (Span, bool),
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
                file(family, late, &path);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Answers;
    use crate::{Answer, FileStat, FileType, Need};

    /// Why nothing is known where the main file and a part of it have these owners and modes.
    fn hidden(main: (u32, u32), part: (u32, u32)) -> Option<String> {
        let source = |need: &Need| match need {
            Need::File(path) if &**path == MAIN => {
                Answer::Bytes(b"@includedir /etc/sudoers.d\n".as_slice().into())
            }
            Need::File(_) => Answer::Bytes(b"Defaults use_pty\n".as_slice().into()),
            Need::Glob(_) => Answer::Paths(vec!["/etc/sudoers.d/a".into()]),
            Need::Stat(path) => {
                let (uid, mode) = if &**path == MAIN { main } else { part };
                let kind = FileType::File;
                Answer::Stat(FileStat { uid, gid: 0, mode, kind, link: None })
            }
            _ => Answer::Missing,
        };
        let answers = Answers::new(&source);
        let mut family = Family::new(&answers);
        read(&mut family);
        assert!(family.values.contains_key("use_pty"));
        family.hidden.map(|(reason, _)| reason)
    }

    #[test]
    fn what_sudo_passes_over_says_nothing() {
        assert_eq!(hidden((0, 0o440), (0, 0o644)), None);
        let why = hidden((0, 0o440), (0, 0o646)).unwrap();
        assert!(why.contains("`/etc/sudoers.d/a` may be written to by everybody"), "{why}");
        let why = hidden((0, 0o440), (1000, 0o440)).unwrap();
        assert!(why.contains("`/etc/sudoers.d/a` is not root's"), "{why}");
        // A root that somebody unpacked.
        assert_eq!(hidden((1000, 0o440), (1000, 0o440)), None);
    }
}
