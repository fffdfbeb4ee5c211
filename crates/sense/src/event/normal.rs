//! What a record says, in the words of `model`: who did what, where, when, and how it went.
//!
//! Knows what CloudTrail's members mean, and those that `event` gives to records of Linux.

mod aws;
mod aws_targets;
mod linux;

use std::sync::Arc;

use holdfast_model::{Digest, Event, Place, Problem, Record};

use super::cursor::Cursor;
use super::oddities::{self, Oddities};
use super::{source, told};
use crate::text::json::{Value, parse};

/// The most targets that an event names.
const TARGETS: usize = 256;

/// The longest target, in bytes.
const TARGET_LENGTH: usize = 1024;

/// Whether a record says of itself that it only read: CloudTrail's `readOnly`. Whatever does not say
/// so, or cannot be read, may have changed something.
pub fn only_reads(record: &Record<'_>) -> bool {
    #[derive(serde::Deserialize)]
    struct Said {
        #[serde(rename = "readOnly")]
        read_only: bool,
    }
    serde_json::from_slice::<Said>(record.json).is_ok_and(|said| said.read_only)
}

/// Makes an event of a record that was read at `path`. Times of the future stay as they are; `odd`
/// of its log notes them.
///
/// # Errors
///
/// Where the record is no JSON object in UTF-8, or lacks what every record of its kind has: its
/// place is that of the record.
pub fn normalise(
    record: &Record<'_>,
    path: &Arc<str>,
    odd: &mut Oddities,
) -> Result<Event, Problem> {
    let at = Cursor { line: record.line, column: record.column };
    let place = Place { path: Arc::clone(path), line: record.line, column: record.column };
    let event = read(record, at, &place, odd)
        .map_err(|problem| Problem { place: Some(place), ..problem })?;
    // CloudTrail promises no order of its records (user guide, "CloudTrail log files").
    odd.happened(&event, record.source != source::CLOUDTRAIL);
    Ok(event)
}

fn read(
    record: &Record<'_>,
    at: Cursor,
    place: &Place,
    odd: &mut Oddities,
) -> Result<Event, Problem> {
    let text = std::str::from_utf8(record.json).map_err(|_| told::not_utf_8(at))?;
    let (value, mistakes) = parse(text);
    // Of members with one name the last one counts, as for those who evaluate rules.
    if let Some(mistake) = mistakes.iter().find(|m| m.code != "json-duplicate-key") {
        return Err(told::not_json(at, &mistake.message));
    }
    if value.as_object().is_none() {
        return Err(told::no_record(at));
    }
    let missing = |name: &str| told::member_missing(at, name);
    if record.source == source::CLOUDTRAIL {
        // Records of other logs were made by their readers, which tell it themselves.
        if let Some(mistake) = mistakes.first() {
            let Place { line, column, .. } = at.behind(text, mistake.span.start).place();
            let key = Place { line, column, ..place.clone() };
            odd.repeated(oddities::repeated(key, &mistake.message));
        }
        aws::event(&value, record, place.clone()).map_err(missing)
    } else {
        linux::event(&value, record, place.clone()).map_err(missing)
    }
}

/// The text at a path of members; nothing where there is none.
fn text<'v>(value: &'v Value<'_>, path: &[&str]) -> &'v str {
    let found = path.iter().try_fold(value, |value, key| value.get(key));
    found.and_then(Value::as_str).unwrap_or_default()
}

/// The id of a record that has none.
fn digest(record: &Record<'_>) -> Arc<str> {
    Digest::of(record.json).to_string().into()
}

/// Targets as events hold them: sorted, without repeats, bounded.
fn targets(mut all: Vec<Arc<str>>) -> Vec<Arc<str>> {
    all.retain(|target| !target.trim().is_empty() && target.len() <= TARGET_LENGTH);
    all.sort_unstable();
    all.dedup();
    all.truncate(TARGETS);
    all
}
