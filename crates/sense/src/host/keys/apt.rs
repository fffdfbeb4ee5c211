//! `/etc/apt/apt.conf.d` and `/etc/apt/apt.conf`, apt.conf(5), as apt reads them.
//!
//! Knows the order of files, the tree of names, `#clear` and `#include`. It must not know what
//! names mean.

use std::sync::Arc;

use holdfast_model::{Place, Span};

use super::apt_words::{End, Statement, Word, statements};
use super::{Family, Held, shown};
use crate::text::{Document, Mistake};

const MAIN: &str = "/etc/apt/apt.conf";
const FOLDER: &str = "/etc/apt/apt.conf.d";
/// Blocks are read so deep; apt itself has no more room.
const BLOCKS: usize = 64;

/// Reads the folder and then the main file; a later value replaces an earlier one.
pub(super) fn read(family: &mut Family<'_>) {
    let mut paths = family.folder(FOLDER, takes);
    paths.push(MAIN.into());
    for path in paths {
        file(family, &path);
    }
}

/// Names of files that apt reads in a folder: with the ending `.conf` or none, of some signs only.
fn takes(name: &str) -> bool {
    let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let ending = name.rsplit_once('.').is_none_or(|(_, ending)| ending == "conf");
    !name.starts_with('.') && ending && name.chars().all(sign)
}

fn file(family: &mut Family<'_>, path: &Arc<str>) {
    let Some(bytes) = family.bytes_of(path) else { return };
    if family.enter(path).is_err() {
        return;
    }
    let document = family.open(path, bytes);
    let (statements, wrong) = statements(document.text());
    for mistake in &wrong {
        family.tell(&document, mistake);
    }
    let mut parents: Vec<String> = Vec::new();
    for statement in &statements {
        one(family, &document, statement, &mut parents);
    }
    if !parents.is_empty() {
        let end = document.text().trim_end().len();
        let span = Span { start: end.saturating_sub(1), end };
        let mistake = Mistake::loss("apt-conf-syntax", span, "the last block does not end");
        family.tell(&document, &mistake.help("end it with `};`"));
    }
    family.leave();
}

fn one(
    family: &mut Family<'_>,
    document: &Document<'_>,
    statement: &Statement,
    parents: &mut Vec<String>,
) {
    let words = statement.words.as_slice();
    let parent = parents.last().cloned().unwrap_or_default();
    let (tag, value) = match words {
        [] => (None, None),
        // Alone in front of `{` it is a name, else a value.
        [word] if statement.end == End::Open || directive(word) => (Some(word), None),
        [word] => (None, Some(word)),
        [tag, value, extra @ ..] => {
            if let Some(first) = extra.first() {
                let end = extra.last().map_or(first.span.end, |word| word.span.end);
                let span = Span { start: first.span.start, end };
                let mistake = Mistake::loss(
                    "apt-conf-syntax",
                    span,
                    "more than a value stands behind the name",
                );
                family.tell(document, &mistake.help("quote the value, and end it with `;`"));
            }
            (Some(tag), Some(value))
        }
    };
    let item = match tag {
        Some(tag) if directive(tag) => {
            run(family, document, tag, value);
            None
        }
        Some(tag) => Some((join(&parent, &tag.text), tag)),
        // A value without a name is one more of a list; outside of a block it is a name.
        None => value.map(|value| {
            let item = if parent.is_empty() { value.text.clone() } else { format!("{parent}::") };
            (item, value)
        }),
    };
    if let (Some((item, at)), Some(value)) = (&item, value)
        && !(tag.is_none() && parent.is_empty())
    {
        set(family, item, &value.text, document.place(at.span.start));
    }
    match statement.end {
        End::Stop => {}
        End::Open => {
            if words.is_empty() || parents.len() >= BLOCKS {
                let span = Span { start: statement.end_at, end: statement.end_at + 1 };
                let what = if words.is_empty() {
                    "a block begins without a name"
                } else {
                    "too many blocks"
                };
                let mistake = Mistake::loss("apt-conf-syntax", span, what);
                family.tell(document, &mistake.help("write it as `NAME { … };`"));
            }
            parents.push(item.map_or(parent, |(item, _)| item));
        }
        End::Close => {
            parents.pop();
        }
    }
}

fn directive(word: &Word) -> bool {
    !word.quoted && word.text.starts_with('#')
}

fn join(parent: &str, tag: &str) -> String {
    if parent.is_empty() { tag.to_owned() } else { format!("{parent}::{tag}") }
}

/// A name that ends with `::` adds to a list; another one replaces its value.
fn set(family: &mut Family<'_>, item: &str, value: &str, place: Place) {
    let key = item.to_ascii_lowercase();
    match family.values.get_mut(&key) {
        Some(held) if key.ends_with("::") => {
            held.value.push(' ');
            held.value.push_str(value);
        }
        _ => {
            family.values.insert(key, Held { value: value.to_owned(), place });
        }
    }
}

/// `#clear NAME` and `#include "FILE"`.
fn run(family: &mut Family<'_>, document: &Document<'_>, tag: &Word, value: Option<&Word>) {
    let Some(value) = value else {
        let message = format!("`{}` names nothing", shown(&tag.text));
        let mistake = Mistake::loss("apt-conf-syntax", tag.span, message);
        return family.tell(document, &mistake.help("write what is meant behind it"));
    };
    match tag.text.as_str() {
        "#clear" => {
            let key = value.text.trim_end_matches(':').to_ascii_lowercase();
            let below = format!("{key}::");
            family.values.retain(|name, _| *name != key && !name.starts_with(&below));
        }
        "#include" => include(family, document, value),
        other => {
            let message = format!("apt knows no directive `{}`", shown(other));
            let mistake = Mistake::loss("apt-conf-syntax", tag.span, message);
            family.tell(document, &mistake.help("write `#clear` or `#include`"));
        }
    }
}

fn include(family: &mut Family<'_>, document: &Document<'_>, value: &Word) {
    let paths = match value.text.strip_suffix('/') {
        Some(folder) => family.folder(folder, takes),
        None => vec![value.text.as_str().into()],
    };
    for path in paths {
        if family.missing(&path) {
            let message = format!("`{}` is included here and is not there", shown(&path));
            let mistake = Mistake::loss("include-missing", value.span, message);
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
                let mistake = Mistake::loss("include-circle", value.span, message);
                family.tell(document, &mistake.help("take one of the lines out that include"));
            }
        }
    }
}
