//! Where an entry of a TOML table stands. Only as much of TOML 1.0 as it takes to find places: what
//! is written is read again by those who know the whole format.

use holdfast_model::Span;

/// Sets a key of a table to a text: in its place, as the table's first line, or in a table of its own
/// at the end. `path` are the names of the table, from the outside in. `None` where the key says the
/// same already or more than a text, or where the table is written in another way.
pub(super) fn set(text: &str, path: &[&str], key: &str, value: &str) -> Option<(Span, String)> {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let value = format!("\"{value}\"");
    let line = format!("{} = {value}{line_end}", written(key));
    // How many names of the path the table at hand has; `None` for a table that is not on it.
    let mut inside = Some(0);
    let mut first = None;
    let mut at = 0;
    for row in text.split_inclusive('\n') {
        let (start, trimmed) = (at, row.trim());
        at += row.len();
        if let Some(names) = header(trimmed) {
            if names.len() > path.len() && names.starts_with(path) {
                return None;
            }
            inside = path.starts_with(&names).then_some(names.len());
            if inside == Some(path.len()) && first.is_none() {
                first = Some(at);
            }
            continue;
        }
        if trimmed.starts_with("[[") {
            inside = None;
        }
        let (Some(depth), Some((name, rest))) = (inside, row.split_once('=')) else { continue };
        let name = name.trim();
        match path.get(depth) {
            // Dotted keys and tables in one line are other ways to write it; they are left to people.
            Some(next) if begins_with(name, next) => return None,
            Some(_) => {}
            None if !is_same(name, key) => {}
            None => {
                let value_at = start + (row.len() - rest.trim_start().len());
                let end = value_at + quoted(rest.trim_start())?;
                let span = Span { start: value_at, end };
                return (span.of(text)? != value).then_some((span, value));
            }
        }
    }
    if let Some(start) = first {
        let missing = if text.get(..start)?.ends_with('\n') { "" } else { line_end };
        return Some((Span { start, end: start }, format!("{missing}{line}")));
    }
    let end = text.len();
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { line_end };
    let table = path.join(".");
    Some((Span { start: end, end }, format!("{gap}{line_end}[{table}]{line_end}{line}")))
}

/// A key as TOML wants it written: bare, or in quotes.
fn written(key: &str) -> String {
    let is_bare = key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if is_bare { key.to_owned() } else { format!("\"{key}\"") }
}

/// The names of a table's header; `None` for lists of tables, and for lists that begin a line.
fn header(line: &str) -> Option<Vec<&str>> {
    let (names, behind) = line.strip_prefix('[')?.split_once(']')?;
    let behind = behind.trim();
    if names.starts_with('[') || !(behind.is_empty() || behind.starts_with('#')) {
        return None;
    }
    Some(names.split('.').map(|name| bare(name.trim())).collect())
}

/// Whether a key is a name, or leads through it.
fn begins_with(key: &str, name: &str) -> bool {
    key.split('.').next().is_some_and(|first| bare(first.trim()) == name)
}

/// Whether a key means a package: their names are told apart by no case, and by no sign between words.
fn is_same(key: &str, name: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '.'], "-");
    plain(bare(key)) == plain(name)
}

fn bare(key: &str) -> &str {
    key.trim_matches(['"', '\''])
}

/// How long the text at the beginning is, with its quotes; `None` where none is written on one line.
fn quoted(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('"')?;
    let end = inner.find(['"', '\\', '\n'])?;
    (end > 0 && inner.get(end..)?.starts_with('"')).then_some(end + 2)
}
