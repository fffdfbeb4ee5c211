//! Replacing a span of a file: checked before, undone after, shown as a diff.
//!
//! Knows text, spans and digests. Must not know ecosystems, nor read or write anything: `world`
//! hands over the text and writes what comes back. Nothing outside of the spans changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Digest, Edit, Lines, Problem, Requirement, Span};

/// The edit that gives a requirement a new text.
///
/// # Errors
///
/// `edit-not-liftable` where the line is no version range; `edit-stale` where the file does not
/// hold the requirement at its place (any more); `edit-empty` where nothing would change.
pub fn edit_requirement(
    path: &Arc<str>,
    file_text: &str,
    requirement: &Requirement,
    new_text: &str,
) -> Result<Edit, Box<Problem>> {
    let at = |code, message: String, help| {
        Box::new(Problem::at(code, requirement.place.clone(), message).help(help))
    };
    if !requirement.liftable {
        let message = format!("the line that asks for `{}` is no version range", requirement.name);
        return Err(at("edit-not-liftable", message, "change it by hand"));
    }
    let there = requirement.span.of(file_text);
    if there != Some(&*requirement.range) {
        return Err(Box::new(stale(path, requirement.span, &requirement.range, file_text)));
    }
    if *requirement.range == *new_text {
        let message = format!("`{}` already asks for `{new_text}`", requirement.name);
        return Err(at("edit-empty", message, "refresh the lockfile"));
    }
    if new_text.contains(['\n', '\r', '\0']) {
        let message = format!("the new text for `{}` does not fit on its line", requirement.name);
        return Err(at("edit-empty", message, "change it by hand"));
    }
    Ok(Edit {
        path: Arc::clone(path),
        span: requirement.span,
        before_digest: Digest::of(file_text.as_bytes()),
        before: requirement.range.to_string(),
        after: new_text.to_owned(),
    })
}

/// The text of a file after some edits of it, all made against the same text.
///
/// The same edit twice is one edit: two findings may ask for the same lift.
///
/// # Errors
///
/// `edit-stale` where the file is not the one that the edits were made for, `edit-overlap` where
/// two of them mean the same bytes or they are edits of several files. Nothing is applied then.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, Box<Problem>> {
    let mut out = text.to_owned();
    let digest = Digest::of(text.as_bytes());
    // From right to left, so that the spans that are left stay where they are.
    for edit in in_order(edits)?.into_iter().rev() {
        if edit.before_digest != digest || edit.span.of(text) != Some(&edit.before) {
            return Err(Box::new(stale(&edit.path, edit.span, &edit.before, text)));
        }
        out.replace_range(edit.span.start..edit.span.end, &edit.after);
    }
    Ok(out)
}

/// The text of a file before some edits of it, from the text after them.
///
/// # Errors
///
/// `edit-stale` where the file was changed since: nothing but exactly what was there before is
/// ever brought back. `edit-overlap` as for [`apply`].
pub fn undo(edits: &[Edit], text_after: &str) -> Result<String, Box<Problem>> {
    let mut out = text_after.to_owned();
    let edits = in_order(edits)?;
    // From left to right: what lies left of an edit is restored already, so it begins where it
    // began before.
    for edit in &edits {
        let end = edit.span.start.saturating_add(edit.after.len());
        let span = Span { start: edit.span.start, end };
        if span.of(&out) != Some(&edit.after) {
            return Err(Box::new(stale(&edit.path, span, &edit.after, &out)));
        }
        out.replace_range(span.start..span.end, &edit.before);
    }
    let digest = Digest::of(out.as_bytes());
    match edits.iter().find(|edit| edit.before_digest != digest) {
        Some(edit) => Err(Box::new(stale(&edit.path, edit.span, &edit.after, text_after))),
        None => Ok(out),
    }
}

/// Edits of one file by where they begin, each once.
fn in_order(edits: &[Edit]) -> Result<Vec<&Edit>, Box<Problem>> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by(|a, b| (a.span, &a.after, &a.before).cmp(&(b.span, &b.after, &b.before)));
    sorted.dedup();
    for pair in sorted.windows(2) {
        let [left, right] = pair else { continue };
        let apart = left.span.end <= right.span.start && left.span != right.span;
        if left.path != right.path || !apart || left.before_digest != right.before_digest {
            let message = format!(
                "two edits of `{}` contradict each other: `{}` and `{}`",
                right.path, left.after, right.after
            );
            let problem = Problem::new("edit-overlap", message);
            return Err(Box::new(problem.help("apply one of them, then look again")));
        }
    }
    Ok(sorted)
}

fn stale(path: &Arc<str>, span: Span, wanted: &str, text: &str) -> Problem {
    let lines = Lines::new(text.as_bytes());
    let place = lines.place(path, span.start);
    let line = lines.text(place.line);
    let message = format!("`{path}` has changed since it was read: `{wanted}` was here");
    Problem::at("edit-stale", place, message)
        .help("look again, and apply what is proposed then")
        .excerpt(&line, wanted.chars().count())
}

/// Edits by file, in the order of paths.
pub fn by_file<'a>(edits: impl Iterator<Item = &'a Edit>) -> BTreeMap<Arc<str>, Vec<Edit>> {
    let mut files: BTreeMap<Arc<str>, Vec<Edit>> = BTreeMap::new();
    for edit in edits {
        files.entry(Arc::clone(&edit.path)).or_default().push(edit.clone());
    }
    files
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
