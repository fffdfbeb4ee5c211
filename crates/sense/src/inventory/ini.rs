//! Lines: `[group]`, `[group:children]`, `[group:vars]`, and hosts with their variables. Without a
//! section it is a plain list.

use holdfast_model::Span;

use super::build::{Builder, Said, Vars, is_ipv6, shown};
use super::span_of;

/// What the lines below a heading are.
enum Section {
    /// Hosts, of a group or of none.
    Hosts(Option<String>),
    /// Groups that are part of this one.
    Children(String),
    /// Variables of this group.
    Vars(String),
    /// Something that nobody knows: its lines mean nothing.
    Unknown,
}

/// A word of a line, without its quotes.
struct Word {
    text: String,
    span: Span,
}

/// Reads every line.
pub(super) fn read(text: &str, builder: &mut Builder) {
    let mut section = Section::Hosts(None);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        let at = start + (line.len() - line.trim_start().len());
        start += line.len();
        if body.is_empty() || body.starts_with(['#', ';']) {
            continue;
        }
        if let Some(heading) = body.strip_prefix('[').filter(|heading| !begins_host(heading)) {
            section = headed(heading, span_of(at, body), builder);
            continue;
        }
        match &section {
            Section::Unknown => {}
            Section::Hosts(group) => host(body, at, group.as_deref(), builder),
            Section::Vars(group) => variable(body, at, group, builder),
            Section::Children(parent) => {
                let name = body.split([' ', '\t', '#']).next().unwrap_or_default();
                builder.child(parent, name, span_of(at, name));
            }
        }
    }
}

/// Whether what stands behind a bracket begins a host: `[2001:db8::1]:2022`, `[01:03].example`.
fn begins_host(text: &str) -> bool {
    let more = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '[');
    text.split_once(']').is_some_and(|(inside, behind)| is_ipv6(inside) || behind.starts_with(more))
}

fn headed(heading: &str, span: Span, builder: &mut Builder) -> Section {
    let Some((inside, behind)) = heading.split_once(']') else {
        let help = "write a group as `[web]`; the lines below it are left out";
        builder.wrong("inventory-line", span, "the name of a group is not closed", help);
        return Section::Unknown;
    };
    let behind = behind.trim();
    if !behind.is_empty() && !behind.starts_with(['#', ';']) {
        let message = format!("`{}` stands behind the name of a group", shown(behind));
        builder.wrong("inventory-line", span, message, "write it on a line of its own");
    }
    let (name, kind) = match inside.split_once(':') {
        Some((name, kind)) => (name.trim(), kind.trim()),
        None => (inside.trim(), ""),
    };
    if !builder.group(name, span) {
        return Section::Unknown;
    }
    let name = name.to_owned();
    match kind {
        "" | "hosts" => Section::Hosts(Some(name)),
        "children" => Section::Children(name),
        "vars" => Section::Vars(name),
        other => {
            let message = format!("`{}` is nothing that a group has", shown(other));
            let help =
                "write `[web]`, `[web:children]` or `[web:vars]`; the lines below it are left out";
            builder.wrong("inventory-line", span, message, help);
            Section::Unknown
        }
    }
}

fn host(line: &str, at: usize, group: Option<&str>, builder: &mut Builder) {
    let Some(words) = words(line, at) else {
        let message = "a quote is not closed";
        return builder.wrong("inventory-line", span_of(at, line), message, "close it on its line");
    };
    let mut words = words.into_iter();
    let Some(name) = words.next() else { return };
    let mut vars = Vars::default();
    for word in words {
        let Some((name, value)) = word.text.split_once('=') else {
            // What stands here may be the password of `ansible_password = secret`: the place shows it.
            // Such a line names no host: one that nobody meant would be looked at, or one that somebody
            // meant elsewhere than it is.
            let message = "this word is no variable of a host, so that the line is left out";
            let help = "write one host on each line, and its variables as `name=value`";
            return builder.wrong("inventory-line", word.span, message, help);
        };
        vars.set(name.trim(), Said::new(value, word.span));
    }
    builder.host(&name.text, name.span, group, &vars);
}

fn variable(line: &str, at: usize, group: &str, builder: &mut Builder) {
    let Some((name, value)) = line.split_once('=') else {
        // Behind the name may stand a password.
        let message = "this line is no variable of a group";
        return builder.wrong("inventory-line", span_of(at, line), message, "write `name=value`");
    };
    let value = value.trim();
    let quoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)));
    let said = Said::new(quoted.unwrap_or(value), span_of(at, line));
    builder.group_var(group, name.trim(), said);
}

/// The words of a line, as a shell divides them; a comment begins with `#` at the start of a word.
/// `None` where a quote stays open.
fn words(line: &str, at: usize) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut word: Option<(usize, String)> = None;
    let mut quote = None;
    for (offset, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert((offset, String::new()));
            }
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => {
                words.extend(word.take().map(|(start, text)| ended(at, start, offset, text)));
            }
            (_, c) => word.get_or_insert((offset, String::new())).1.push(c),
        }
    }
    if quote.is_some() {
        return None;
    }
    words.extend(word.map(|(start, text)| ended(at, start, line.len(), text)));
    Some(words)
}

fn ended(at: usize, start: usize, end: usize, text: String) -> Word {
    Word { text, span: Span { start: at + start, end: at + end } }
}
