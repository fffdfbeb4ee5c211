//! Files of no family, which are read as a rule says: with sections, a sign, blanks, or as the shell
//! reads assignments.
//!
//! Knows the order of files and where a value ends. Must not know which program reads them, so that
//! nothing is said of a value that only this program can tell.

use std::collections::BTreeMap;

use holdfast_model::{Reading, Style};

use super::{Answers, Family, Said};
use crate::text::{Document, file_name, folder};

/// Reads files in their order.
pub(super) fn family<'a>(files: &str, style: Style, answers: &'a Answers<'a>) -> Family<'a> {
    let mut family = Family::new(answers);
    // What cannot be told, by key: there may be as many as there are lines.
    let mut open = BTreeMap::new();
    for source in Style::sources(files) {
        if file_name(source).starts_with('*') {
            for path in family.glob(folder(source), source) {
                one(&mut family, &mut open, &path, style);
            }
        } else {
            one(&mut family, &mut open, source, style);
        }
    }
    family.scoped.extend(open);
    family
}

/// What a line says.
enum Line<'l> {
    /// A section begins.
    Section(&'l str),
    /// A key has a value, or one that cannot be told.
    Gives(&'l str, Result<String, &'static str>),
    /// A comment, a command, or nothing.
    Nothing,
}

/// Why a value cannot be told.
const GOES_ON: &str = "its value goes on in the next line";
const SHELL: &str = "only a shell could tell its value";
const CONDITION: &str = "it holds only under a condition";

/// Reads a file; what it says of a key takes the place of what was said before.
fn one(family: &mut Family<'_>, unknown: &mut BTreeMap<String, Said>, path: &str, style: Style) {
    let mut section = String::new();
    // The key of the line before, with its section; and how many blocks of the shell are open.
    let mut last: Option<(String, usize)> = None;
    let mut open = 0_usize;
    family.each_line(&path.into(), |family, document, raw, at| {
        let start = at + (raw.len() - raw.trim_start().len());
        if style == Style::Shell {
            open = blocks(raw.trim(), open);
        }
        if style == Style::Ini && goes_on(raw) {
            if let Some((key, start)) = last.take() {
                say(family, unknown, document, (key, start), Err(GOES_ON));
            }
            return;
        }
        match line(style, raw) {
            Line::Section(name) => {
                name.clone_into(&mut section);
                last = None;
            }
            Line::Gives(name, value) => {
                let key = full(&section, name);
                let value = if open > 0 { Err(CONDITION) } else { value };
                say(family, unknown, document, (key.clone(), start), value);
                last = Some((key, start));
            }
            Line::Nothing => {}
        }
        if style == Style::Shell {
            for name in also_given(raw.trim()) {
                say(family, unknown, document, (name.to_owned(), start), Err(SHELL));
            }
        }
    });
}

/// Words of the shell behind which a command begins.
const THEN: &[&str] = &["if", "then", "else", "elif", "while", "until", "do", "!", "eval"];
/// Commands that give what stands behind them values.
const DECLARE: &[&str] = &["export", "readonly", "declare", "typeset", "local"];

/// What a line of the shell may give a value beside the assignment that it begins with: behind a
/// condition, another assignment, or a command that declares. Quotes are not known here: one name too
/// many is not assessed.
fn also_given(body: &str) -> Vec<&str> {
    let first = match assigned(body) {
        // Nothing but a comment stands behind it.
        Line::Gives(_, Ok(_)) => return Vec::new(),
        Line::Gives(name, Err(_)) => name,
        _ => "",
    };
    let mut names = Vec::new();
    let commands = body.split([';', '&', '|', '(', ')', '{', '}', '`']);
    for command in commands.filter(|_| !is_comment(body)) {
        let mut declares = false;
        for word in command.split_whitespace() {
            match word.split_once('=') {
                Some((name, _)) if is_name(name) => names.push(name),
                _ if THEN.contains(&word) => {}
                _ if DECLARE.contains(&word) => declares = true,
                _ if declares => {}
                _ => break,
            }
        }
    }
    names.retain(|name| *name != first);
    names
}

/// A key as rules write it.
fn full(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("[{section}] {name}") }
}

/// Notes what a line says in the place of what was said before.
fn say(
    family: &mut Family<'_>,
    unknown: &mut BTreeMap<String, Said>,
    document: &Document<'_>,
    (key, start): (String, usize),
    value: Result<String, &'static str>,
) {
    let place = document.place(start);
    match value {
        Ok(value) => {
            unknown.remove(&key);
            family.hold(key, value, place);
        }
        Err(why) => {
            family.values.remove(&key);
            let reason = format!("`{}:{}`: {why}", place.path, place.line);
            let reading =
                Reading::Unknown { reason, closes_with: "a plain value on one line".to_owned() };
            let said = Said { scope: None, reading, place: Some(place), default: false };
            unknown.insert(key, said);
        }
    }
}

/// Whether a line may be more of the value above: many readers of sections take an indented one so.
fn goes_on(raw: &str) -> bool {
    let body = raw.trim();
    let says_nothing = body.is_empty() || is_comment(body) || body.starts_with('[');
    raw.starts_with([' ', '\t']) && !says_nothing && !body.contains('=')
}

fn is_comment(line: &str) -> bool {
    line.starts_with(['#', ';'])
}

fn line(style: Style, raw: &str) -> Line<'_> {
    let body = raw.trim();
    if body.is_empty() || is_comment(body) {
        return Line::Nothing;
    }
    match style {
        Style::Ini => {
            let section = body.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            section.map_or_else(|| signed(body), Line::Section)
        }
        Style::Equals => signed(body),
        Style::Blanks => {
            let (name, rest) = body.split_once([' ', '\t']).unwrap_or((body, ""));
            let words: Vec<&str> = rest.split_whitespace().collect();
            Line::Gives(name, whole(&words.join(" ")))
        }
        Style::Shell => assigned(body),
    }
}

/// `key = value`; a key by itself has an empty value.
fn signed(body: &str) -> Line<'_> {
    let (name, value) = body.split_once('=').unwrap_or((body, ""));
    Line::Gives(name.trim_end(), whole(value.trim_start()))
}

fn whole(value: &str) -> Result<String, &'static str> {
    if value.ends_with('\\') { Err(GOES_ON) } else { Ok(value.to_owned()) }
}

/// How many blocks of the shell are open behind a line.
fn blocks(body: &str, open: usize) -> usize {
    if is_comment(body) {
        return open;
    }
    let first = body.split([' ', '\t', ';']).next().unwrap_or_default();
    let opens =
        matches!(first, "if" | "case" | "for" | "while" | "until" | "{") || body.ends_with('{');
    let last = body.rsplit([' ', '\t', ';']).next().unwrap_or_default();
    let ends = |word: &str| matches!(word, "fi" | "esac" | "done" | "}");
    match (opens, ends(first) || ends(last)) {
        (true, false) => open + 1,
        (false, true) => open.saturating_sub(1),
        _ => open,
    }
}

/// `NAME=value` or `export NAME=value`, POSIX XCU 2.2 and 2.9.1; anything else is a command.
fn assigned(body: &str) -> Line<'_> {
    let exported = body.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    let body = exported.map_or(body, str::trim_start);
    match body.split_once('=').filter(|(name, _)| is_name(name)) {
        Some((name, rest)) => Line::Gives(name, word(rest)),
        None => Line::Nothing,
    }
}

/// Whether it is a name of a variable.
fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The word behind a sign without its quotes, where nothing but a comment follows.
fn word(rest: &str) -> Result<String, &'static str> {
    let (mut out, mut quote) = (String::new(), None);
    let mut signs = rest.chars();
    while let Some(c) = signs.next() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (quoted, '$' | '`') if quoted != Some('\'') => return Err(SHELL),
            (Some('"'), '\\') => match signs.next() {
                Some(c @ ('$' | '`' | '"' | '\\')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
                None => return Err(GOES_ON),
            },
            (None, '\'' | '"') => quote = Some(c),
            (None, '\\') => out.push(signs.next().ok_or(GOES_ON)?),
            (None, c) if c.is_whitespace() => {
                let behind = signs.as_str().trim_start();
                let nothing = behind.is_empty() || behind.starts_with('#');
                return if nothing { Ok(out) } else { Err(SHELL) };
            }
            (None, ';' | '&' | '|' | '<' | '>' | '(' | ')') => return Err(SHELL),
            (_, c) => out.push(c),
        }
    }
    if quote.is_some() { Err(GOES_ON) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Need};

    /// Each of them is looked up, and none is compared with all others.
    #[test]
    fn as_many_keys_as_lines_are_read_in_time() {
        let lines: Vec<String> = (0..200_000).map(|number| format!("A{number}=$x\n")).collect();
        let path = "/etc/own.vars";
        let text = Answer::Bytes(lines.concat().into_bytes().into());
        let source = |need: &Need| {
            assert_eq!(*need, Need::File(path.into()));
            text.clone()
        };
        let answers = Answers::new(&source);
        let read = family(path, Style::Shell, &answers);
        assert_eq!((read.scoped.len(), read.values.len()), (lines.len(), 0));
    }

    #[test]
    fn words_are_what_a_shell_makes_of_them() {
        for (rest, wanted) in [
            ("yes", Ok("yes")),
            ("", Ok("")),
            ("\"a b\" # why", Ok("a b")),
            ("'a$b'\\''c'", Ok("a$b'c")),
            ("\"a\\\"b\\n\"", Ok("a\"b\\n")),
            ("a#b", Ok("a#b")),
            ("$OTHER", Err(SHELL)),
            ("\"`date`\"", Err(SHELL)),
            ("a command", Err(SHELL)),
            ("a;b", Err(SHELL)),
            ("\"a", Err(GOES_ON)),
            ("a\\", Err(GOES_ON)),
        ] {
            assert_eq!(word(rest), wanted.map(str::to_owned), "{rest}");
        }
    }

    #[test]
    fn what_a_command_may_set_is_found() {
        let cases: [(&str, &[&str]); 12] = [
            ("if [ -f /a ]; then A=2; fi", &["A"]),
            ("[ -f /a ] && A=2", &["A"]),
            ("readonly A=2 B C=3", &["A", "C"]),
            ("x) A=1 ;;", &["A"]),
            ("A=1 B=2", &["B"]),
            ("true A=2", &[]),
            ("export A=1", &[]),
            ("A='b C=d' # E=f", &[]),
            ("A=\"b", &[]),
            ("# A=1", &[]),
            ("[ \"$A\" = 1 ]", &[]),
            ("", &[]),
        ];
        for (body, wanted) in cases {
            assert_eq!(also_given(body), wanted, "{body}");
        }
    }

    #[test]
    fn blocks_are_counted_by_their_words() {
        let after = |lines: &[&str]| lines.iter().fold(0, |open, line| blocks(line, open));
        assert_eq!(after(&["if [ -f /a ]; then"]), 1);
        assert_eq!(after(&["if a; then", "b", "fi"]), 0);
        assert_eq!(after(&["if a; then b; fi"]), 0);
        assert_eq!(after(&["f() {", "A=1", "}"]), 0);
        assert_eq!(after(&["fi"]), 0);
    }
}
