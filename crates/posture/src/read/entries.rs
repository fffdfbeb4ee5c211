//! Keys in files of no family: `key NAME in FILE and FOLDER/*.conf as STYLE`.

use std::sync::Arc;

use holdfast_model::{Desired, Dialect, Resource, Style, Wanted};
use holdfast_rulefile::{Decoder, Node};

use super::ensure::short;
use super::files::is_absent;
use super::{names, near, values};

/// So many files and folders may be read one after the other.
const SOURCES: usize = 8;

/// The thing that a key, its files and their style mean; else what is wrong, and the help.
pub(super) fn subject(key: &str, files: &str, style: &str) -> Result<Resource, (String, String)> {
    let Some(style) = Style::of_word(style) else {
        let message = format!("`{}` is no way in which files write keys", short(style));
        return Err((message, near(style, Style::ALL.iter().map(|style| style.word()))));
    };
    let mut sources: Vec<&str> = Vec::new();
    for source in Style::sources(files).map(str::trim) {
        check_source(source)?;
        if sources.contains(&source) || sources.len() == SOURCES {
            let message = format!("`{}` is one file too many", short(source));
            let help = format!("name each once, and at most {SOURCES}");
            return Err((message, help));
        }
        sources.push(source);
    }
    let key = check_key(key, style)
        .map_err(|help| (format!("`{}` is no key here", short(key)), help.to_owned()))?;
    Ok(Resource::Entry { files: sources.join(" and ").into(), style, key: key.into() })
}

/// A file, or those of a folder by their ending.
fn check_source(source: &str) -> Result<(), (String, String)> {
    if Dialect::of_file(source).is_some() {
        let message = format!("`{source}` is read as its own program reads it");
        return Err((message, "leave out `as` and what stands behind it".to_owned()));
    }
    let ending = |name: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        name.strip_prefix('*').is_some_and(|ending| ending.chars().all(plain))
    };
    let path = match source.rsplit_once('/') {
        Some((folder, name)) if ending(name) => folder,
        _ => source,
    };
    let no_file = |help: &str| (format!("`{}` is no file to read", short(source)), help.to_owned());
    if source.ends_with('/') || path == "/" {
        return Err(no_file("write a file, or those of a folder as `/etc/own.conf.d/*.conf`"));
    }
    names::path(path).map_err(no_file)
}

/// The key as findings know it.
fn check_key(key: &str, style: Style) -> Result<String, &'static str> {
    let (section, name) = Style::parts(key);
    let bracketed = key.starts_with('[');
    let plain = |text: &str| {
        !text.is_empty() && !text.chars().any(|c| c.is_control() || matches!(c, '[' | ']' | '='))
    };
    let word = plain(name) && !name.contains(char::is_whitespace) && !name.starts_with(['#', ';']);
    match style {
        Style::Ini if bracketed && word && plain(section) && section.trim() == section => {
            Ok(format!("[{section}] {name}"))
        }
        Style::Ini if !bracketed && word => Ok(name.to_owned()),
        Style::Ini => Err("write the section and the key, such as `[main] gpgcheck`"),
        _ if bracketed => Err("only `as ini` knows sections"),
        Style::Shell => {
            let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let good = word && letters && !name.starts_with(|c: char| c.is_ascii_digit());
            let help = "write the name of a variable, such as `OPTIONS`";
            if good { Ok(name.to_owned()) } else { Err(help) }
        }
        Style::Equals | Style::Blanks if word => Ok(name.to_owned()),
        Style::Equals | Style::Blanks => Err("write one word, such as `maxdistance`"),
    }
}

/// What is wanted of the key: a value, or none.
pub(super) fn wanted(
    decoder: &mut Decoder<'_>,
    resource: Resource,
    node: &Node,
) -> Option<Desired> {
    let Resource::Entry { files, style, key } = resource else { return None };
    if is_absent(node) {
        return Some(Desired::Entry { files, style, key, value: None });
    }
    // Where a blank parts a key from its value, nobody sees that there is an empty one.
    let value = match style {
        Style::Blanks => values::wanted(decoder, node)?,
        _ => values::wanted_or_nothing(decoder, node)?,
    };
    values::no_list(decoder, node, &value)?;
    values::no_choice(decoder, node, &value)?;
    let texts: &[Arc<str>] = match &value {
        Wanted::Is(text) => std::slice::from_ref(text),
        Wanted::OneOf(all) => all,
        _ => &[],
    };
    if texts.iter().any(|text| text.ends_with('\\')) {
        let help = "leave out the `\\` at the end: readers go on in the next line there";
        decoder.refuse("control-value", node, "this is no value of one line", help);
        return None;
    }
    Some(Desired::Entry { files, style, key, value: Some(value) })
}
