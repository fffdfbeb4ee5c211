//! Lines of pip's files that a tool wrote: they are its own, and no edit stays there.
//!
//! Knows what is said of them. Must not know how files are read.

use std::sync::Arc;

use holdfast_act::{compiled, with_hashes};
use holdfast_model::{Component, Requirement};

/// What people run instead of an edit, where a line has hashes, which nobody here knows of another
/// version, or stands in what a compiler wrote from another file.
pub(super) fn left_to_a_tool(
    text: impl FnOnce() -> Option<String>,
    component: &Component,
    to: &str,
    (path, requirement): (&Arc<str>, &Requirement),
) -> Option<String> {
    if path.rsplit_once('.').is_none_or(|(_, end)| end != "txt") {
        return None;
    }
    let text = text()?;
    let (name, place) = (&component.name, &requirement.place);
    if !requirement.liftable {
        let does = with_hashes((path, &text), name, to)?;
        return Some(format!(
            "`{name}` has hashes ({place}), and those of {to} are not known: {does}"
        ));
    }
    let does = compiled((path, &text), name, to)?;
    Some(format!(
        "`{name}` stands in what a compiler wrote ({place}), and an edit there is lost: let the file \
         that it is made of admit {to}, then {does}"
    ))
}
