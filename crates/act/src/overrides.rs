//! An override: the project's manifest decides for a package that another one brings in. The last
//! resort, since it contradicts what its parents ask for.
//!
//! Knows where each package manager wants it written. The rest of the manifest stays to the byte.

mod json;

use std::sync::Arc;

use holdfast_model::{Digest, Edit, Lines, Place, Problem, Span};

use crate::refresh::{PackageManager, is_name, is_version};
use json::{Member, members, root};

/// The manifest that holds overrides, beside the lockfile; `None` where the package manager has
/// none that wins over what the parents ask for.
pub fn manifest(manager: PackageManager) -> Option<&'static str> {
    match manager {
        PackageManager::Npm
        | PackageManager::YarnClassic
        | PackageManager::Yarn
        | PackageManager::Pnpm => Some("package.json"),
        PackageManager::Uv => Some("pyproject.toml"),
        _ => None,
    }
}

/// The edit that overrides a package to a version or what is compatible with it.
///
/// # Errors
///
/// `edit-unplaced` where the manifest cannot be read far enough to find the place, or the
/// manager has no overrides.
pub fn override_edit(
    manager: PackageManager,
    path: &Arc<str>,
    text: &str,
    name: &str,
    to: &str,
) -> Result<Edit, Box<Problem>> {
    let refuse = |why: &str| {
        let message = format!("an override of `{name}` has no place in `{path}`: {why}");
        let place = Place::start_of(Arc::clone(path));
        Box::new(Problem::at("edit-unplaced", place, message).help("write it by hand"))
    };
    if !is_name(manager, name) || !is_version(to) {
        return Err(refuse("its name or version is none of this package manager"));
    }
    let caret = format!("^{to}");
    let found = match manager {
        PackageManager::Npm => in_json(text, &["overrides"], name, &caret),
        PackageManager::YarnClassic | PackageManager::Yarn => {
            in_json(text, &["resolutions"], name, &caret)
        }
        PackageManager::Pnpm => in_json(text, &["pnpm", "overrides"], name, &caret),
        PackageManager::Uv => in_toml(text, &format!("{name}>={to}")),
        _ => return Err(refuse("this package manager has no overrides")),
    };
    let (span, after) = found.ok_or_else(|| refuse("it cannot be read, or says so already"))?;
    Ok(Edit {
        path: Arc::clone(path),
        span,
        before_digest: Digest::of(text.as_bytes()),
        before: span.of(text).unwrap_or_default().to_owned(),
        after,
    })
}

/// Where an edit begins, for people.
pub fn place(edit: &Edit, text: &str) -> Place {
    Lines::new(text.as_bytes()).place(&edit.path, edit.span.start)
}

/// Sets `name` to `value` in the object that `keys` lead to, and makes what is missing on the way.
fn in_json(text: &str, keys: &[&str], name: &str, value: &str) -> Option<(Span, String)> {
    let value = format!("\"{value}\"");
    let mut object = root(text)?;
    let outer = members(text, object)?;
    let unit = outer.first().map_or("  ", |first| indent_of(text, first.start));
    let mut depth = 1;
    let mut keys = keys.iter();
    loop {
        let all = members(text, object)?;
        let Some(key) = keys.next() else {
            return match all.iter().find(|member| member.key == name) {
                Some(member) if member.value_text(text)? == value => None,
                // What stands there is a person's word, or an older override.
                Some(member) => Some((Span { start: member.value, end: member.end }, value)),
                None => {
                    Some(added(text, object, &all, unit, depth, &format!("\"{name}\": {value}")))
                }
            };
        };
        if let Some(member) = all.iter().find(|member| member.key == *key) {
            object = member.value;
            depth += 1;
            continue;
        }
        let path: Vec<&str> = std::iter::once(*key).chain(keys.copied()).collect();
        let inner = nested(&path, &format!("\"{name}\": {value}"), unit, depth);
        return Some(added(text, object, &all, unit, depth, &inner));
    }
}

/// The white space in front of a key on its own line; nothing where it shares the line.
fn indent_of(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
    if before.contains('\n') && line.trim().is_empty() { line } else { "" }
}

fn nested(path: &[&str], innermost: &str, unit: &str, depth: usize) -> String {
    let Some((first, rest)) = path.split_first() else { return innermost.to_owned() };
    let inner = nested(rest, innermost, unit, depth + 1);
    if unit.is_empty() {
        return format!("\"{first}\": {{{inner}}}");
    }
    let (inside, outside) = (unit.repeat(depth + 1), unit.repeat(depth));
    format!("\"{first}\": {{\n{inside}{inner}\n{outside}}}")
}

/// Adds a member behind the last one of an object.
fn added(
    text: &str,
    object: usize,
    all: &[Member<'_>],
    unit: &str,
    depth: usize,
    member: &str,
) -> (Span, String) {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let written = |text: String| text.replace('\n', line_end);
    let inside =
        if unit.is_empty() { String::from(" ") } else { format!("\n{}", unit.repeat(depth)) };
    if let Some(last) = all.last() {
        let span = Span { start: last.end, end: last.end };
        return (span, written(format!(",{inside}{member}")));
    }
    let start = object + 1;
    let blank = |rest: &str| rest.len() - rest.trim_start().len();
    let end = start + text.get(start..).map_or(0, blank);
    let closing =
        if unit.is_empty() { String::new() } else { format!("\n{}", unit.repeat(depth - 1)) };
    let opening = inside.trim_start_matches(' ');
    (Span { start, end }, written(format!("{opening}{member}{closing}")))
}

/// Adds an entry to `override-dependencies` of `[tool.uv]`.
fn in_toml(text: &str, entry: &str) -> Option<(Span, String)> {
    const HEADER: &str = "[tool.uv]";
    const KEY: &str = "override-dependencies";
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut at = 0;
    let mut inside = None;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if bare.starts_with('[') {
            if inside.is_some() {
                break;
            }
            if bare.split('#').next().is_some_and(|header| header.trim_end() == HEADER) {
                inside = Some(at + line.len());
            }
        } else if inside.is_some() && bare.starts_with(KEY) {
            let open = at + line.find('[')? + 1;
            let first = text.get(open..)?.trim_start();
            let comma = if first.starts_with(']') { "" } else { ", " };
            return Some((Span { start: open, end: open }, format!("\"{entry}\"{comma}")));
        }
        at += line.len();
    }
    let line = format!("{KEY} = [\"{entry}\"]{line_end}");
    if let Some(start) = inside {
        let missing = if text.get(..start)?.ends_with('\n') { "" } else { line_end };
        return Some((Span { start, end: start }, format!("{missing}{line}")));
    }
    // `tool.uv.x = …` and `uv = {…}` are other ways to write the table; they are left to people.
    if text.lines().any(|line| line.trim_start().starts_with("tool.uv")) {
        return None;
    }
    let end = text.len();
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { line_end };
    Some((Span { start: end, end }, format!("{gap}{line_end}{HEADER}{line_end}{line}")))
}

#[cfg(test)]
mod tests;
