//! The command that a unit of systemd runs, systemd.service(5), with what its variables put into it.
//!
//! Knows words; must not know what they mean to the program.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::Place;

use super::{Family, Held, systemd};
use crate::text::file_name;

/// What would help where a command cannot be taken apart.
const PLAIN: &str = "a command of plain words, that starts the program by itself";

/// The words behind the program, each with its place, or that of the variable it comes from. `None`
/// where there is no such unit, or it runs nothing. What they say to another program is not known.
pub(super) fn words(family: &mut Family<'_>, unit: &str, program: &str) -> Option<Vec<Held>> {
    systemd::unit(family, unit, "Service");
    let said = std::mem::take(&mut family.values);
    let lists = std::mem::take(&mut family.lists);
    let start = family.start.clone();
    let variables = variables(family, &lists);
    // What is not said is said at the place of the unit, not at that of its variables.
    family.start = start;
    let command = said.get("ExecStart")?;
    let Some(all) = split(&command.value) else {
        open_quote(family, &command.place);
        return Some(Vec::new());
    };
    let mut all = all.into_iter();
    let first = all.next()?;
    let path = first.trim_start_matches(['-', '@', ':', '+', '!', '|']);
    let (signs, _) = first.split_at(first.len() - path.len());
    if !file_name(path).starts_with(program) {
        let reason = format!("`{path}` is run in place of {program} ({})", command.place);
        family.hide(reason, PLAIN);
    }
    if signs.contains('@') {
        // Only what the program is called by.
        all.next();
    }
    let plain = signs.contains(':');
    let passed = names(&lists, "PassEnvironment");
    let mut words: Vec<Held> = Vec::new();
    for word in all {
        if plain {
            words.push(Held { value: word, place: command.place.clone() });
            continue;
        }
        let from_systemd = |name: &&String| {
            let uses = word == format!("${name}") || word.contains(&format!("${{{name}}}"));
            uses && !variables.contains_key(*name)
        };
        if let Some(name) = passed.iter().find(from_systemd) {
            let reason = format!("`{name}` has a value of systemd's own ({})", command.place);
            family.hide(reason, "a value in the unit");
        }
        match word.strip_prefix('$').filter(|name| !name.starts_with(['{', '$'])) {
            Some(name) => {
                if let Some(said) = variables.get(name) {
                    words.extend(words_of(family, said));
                }
            }
            None => words.push(put_in(&word, &variables, &command.place)),
        }
    }
    Some(words)
}

/// The words of a variable of a file of assignments, where that is read without systemd.
pub(super) fn variable(family: &mut Family<'_>, path: &str, name: &str) -> Vec<Held> {
    match environment(family, path).get(name) {
        Some(held) => words_of(family, held),
        None => Vec::new(),
    }
}

fn open_quote(family: &mut Family<'_>, place: &Place) {
    family.hide(format!("what is quoted or escaped at {place} is not clear"), PLAIN);
}

fn words_of(family: &mut Family<'_>, held: &Held) -> Vec<Held> {
    let Some(words) = split(&held.value) else {
        open_quote(family, &held.place);
        return Vec::new();
    };
    let word = |value| Held { value, place: held.place.clone() };
    words.into_iter().map(word).collect()
}

/// A word with the values of the variables that it names in braces.
fn put_in(word: &str, variables: &BTreeMap<String, Held>, place: &Place) -> Held {
    let mut held = Held { value: String::new(), place: place.clone() };
    let mut rest = word;
    while let Some((before, behind)) = rest.split_once('$') {
        held.value.push_str(before);
        let named = behind.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        rest = if let Some((name, after)) = named {
            if let Some(said) = variables.get(name) {
                held.value.push_str(&said.value);
                held.place = said.place.clone();
            }
            after
        } else {
            held.value.push('$');
            behind.strip_prefix('$').unwrap_or(behind)
        };
    }
    held.value.push_str(rest);
    held
}

/// The variables of a unit, systemd.exec(5): those of its files count before its own.
fn variables(
    family: &mut Family<'_>,
    lists: &BTreeMap<String, Vec<Held>>,
) -> BTreeMap<String, Held> {
    let mut out = BTreeMap::new();
    for held in lists.get("Environment").into_iter().flatten() {
        for word in words_of(family, held) {
            if let Some((name, value)) = word.value.split_once('=') {
                let held = Held { value: value.to_owned(), place: word.place.clone() };
                out.insert(name.to_owned(), held);
            }
        }
    }
    for held in lists.get("EnvironmentFile").into_iter().flatten() {
        if held.value.contains(['*', '?', '[']) {
            let reason = format!("`{}` names files by a pattern ({})", held.value, held.place);
            family.hide(reason, "the name of a file");
        }
        out.extend(environment(family, &held.value));
    }
    for name in names(lists, "UnsetEnvironment") {
        match name.split_once('=') {
            Some((name, value)) if out.get(name).is_none_or(|held| held.value != value) => {}
            Some((name, _)) => drop(out.remove(name)),
            None => drop(out.remove(&name)),
        }
    }
    out
}

/// The words of all lines of a key.
fn names(lists: &BTreeMap<String, Vec<Held>>, key: &str) -> Vec<String> {
    let lines = lists.get(key).into_iter().flatten();
    lines.flat_map(|held| split(&held.value).unwrap_or_default()).collect()
}

/// The variables of a file of assignments; one that is not there says nothing.
fn environment(family: &mut Family<'_>, path: &str) -> BTreeMap<String, Held> {
    let path: Arc<str> = path.trim_start_matches('-').into();
    let mut out = BTreeMap::new();
    let Some(bytes) = family.bytes_of(&path) else { return out };
    let document = family.open(&path, bytes);
    family.begins(&path);
    for (name, value, at) in assignments(document.text()) {
        out.insert(name, Held { value, place: document.place(at) });
    }
    out
}

/// Words as systemd takes them apart: quotes hold them together, and a backslash takes its meaning
/// from the sign behind it. `None` where a quote does not end, or a sign is written as a number.
fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match (quote, sign) {
            (_, '\\') => {
                let sign = match signs.next()? {
                    'n' => '\n',
                    't' => '\t',
                    's' => ' ',
                    'x' | 'u' | 'U' | '0'..='7' => return None,
                    other => other,
                };
                word.get_or_insert_default().push(sign);
            }
            (Some(open), _) if open == sign => quote = None,
            (None, '\'' | '"') => {
                quote = Some(sign);
                word.get_or_insert_default();
            }
            (None, _) if sign.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// What a file of variables assigns, systemd.exec(5): name, value, and where the name begins.
fn assignments(text: &str) -> Vec<(String, String, usize)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let line = rest.split(['\n', '\r']).next().unwrap_or_default();
        let body = line.trim_start();
        match line.split_once('=') {
            Some((name, _)) if !body.starts_with(['#', ';']) => {
                let begins = at + name.len() + 1;
                let (value, length) = value(text.get(begins..).unwrap_or_default());
                out.push((name.trim().to_owned(), value, at + (line.len() - body.len())));
                at = begins + length;
            }
            _ => at += line.len() + 1,
        }
    }
    out
}

/// The value that begins here, over several lines perhaps, and how many bytes it takes with its end.
fn value(text: &str) -> (String, usize) {
    let mut out = String::new();
    // Quotes mean something before the first plain sign alone, and blanks at the end are cut off.
    let (mut quote, mut plain, mut kept) = (None, false, 0);
    let mut signs = text.char_indices();
    let mut end = text.len();
    while let Some((at, sign)) = signs.next() {
        match (quote, sign) {
            (None, '\n' | '\r') => {
                end = at + 1;
                break;
            }
            (None, '\'' | '"') if !plain => quote = Some(sign),
            (None, ' ' | '\t') if !plain => {}
            (Some(open), _) if open == sign => quote = None,
            (None | Some('"'), '\\') => {
                plain |= quote.is_none();
                match signs.next() {
                    // The line goes on in the next.
                    Some((_, '\n' | '\r')) | None => {}
                    Some((_, next)) => {
                        if quote.is_some() && !matches!(next, '"' | '\\' | '`' | '$') {
                            out.push('\\');
                        }
                        out.push(next);
                    }
                }
            }
            _ => {
                plain |= quote.is_none();
                out.push(sign);
            }
        }
        if quote.is_some() || !matches!(sign, ' ' | '\t') {
            kept = out.len();
        }
    }
    out.truncate(kept);
    (out, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_held_together_by_quotes() {
        let of = |text: &str| split(text).map(|words| words.join("|"));
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(of(" -D  -o \"A b\" 'c \"d'"), said("-D|-o|A b|c \"d"));
        assert_eq!(of("-o\"A b\"c \"\" d\\ e\\\"\\s"), said("-oA bc||d e\" "));
        assert_eq!(of(""), said(""));
        for bad in ["a 'b", "a \"b'", "a\\", "a\\x20b", "\\040"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn values_go_on_over_lines() {
        let of = |text: &str| {
            let all = assignments(text).into_iter();
            all.map(|(name, value, at)| format!("{name}={value}@{at}")).collect::<Vec<_>>()
        };
        assert_eq!(of("A=\"-D \\\n-o B\"\nC=d\n"), ["A=-D -o B@0", "C=d@14"]);
        assert_eq!(of("A='x\ny' \"z\"  \n B = c \\\n d  "), ["A=x\nyz@0", "B=c  d@15"]);
        assert_eq!(of("# A=b\n;C=d\nnothing\n\nE='f"), ["E=f@20"]);
        assert_eq!(of("A=b\"c\" \\$d\r\nB=\"\\$x\\y\"\n"), ["A=b\"c\" $d@0", "B=$x\\y@12"]);
        assert_eq!(of("A=\nB"), ["A=@0"]);
    }

    #[test]
    fn variables_in_braces_are_put_into_words() {
        let place = Place::start_of("f");
        let held = Held { value: "b c".to_owned(), place: place.clone() };
        let variables = BTreeMap::from([("A".to_owned(), held)]);
        for (word, wanted) in [
            ("-o${A}", "-ob c"),
            ("${B}x$$y$A", "x$y$A"),
            ("${A", "${A"),
            ("$", "$"),
            ("plain", "plain"),
        ] {
            assert_eq!(put_in(word, &variables, &place).value, wanted, "{word}");
        }
    }
}
