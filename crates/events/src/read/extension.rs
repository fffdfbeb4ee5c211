//! `holdfast:`, what a rule says beyond the standard.

use std::sync::Arc;

use holdfast_model::Severity;
use holdfast_rulefile::{Decoder, Node, suggest};
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::check::{self, Example};
use crate::rule::{Hours, Level};

/// See [`crate::Rule`].
#[derive(Default)]
pub(super) struct Extension {
    pub(super) family: Option<Arc<str>>,
    pub(super) severity: Option<Severity>,
    pub(super) runbook: String,
    pub(super) person: bool,
    pub(super) hours: Option<Hours>,
    pub(super) examples: Vec<Example>,
}

pub(super) fn read(decoder: &mut Decoder<'_>, node: &Node, level: Option<Level>) -> Extension {
    let Some(mut table) = decoder.map(node) else { return Extension::default() };
    let family = table.optional("family").and_then(|node| kebab(decoder, node));
    let severity = table
        .optional("severity")
        .and_then(|node| decoder.word(node, &["now", "soon", "when you can"], Severity::parse));
    let runbook = super::sentence(decoder, &mut table, "runbook").unwrap_or_default();
    let person = table.optional("person").and_then(|node| decoder.boolean(node)).unwrap_or(false);
    let hours = table.optional("hours").and_then(|node| hours(decoder, node));
    let examples = table
        .required(decoder, "tests")
        .map(|node| check::read(decoder, node, hours.is_some()))
        .unwrap_or_default();
    let wakes =
        severity == Some(Severity::Now) || (severity.is_none() && level == Some(Level::Critical));
    if wakes && runbook.is_empty() {
        let help = "add `runbook:` with the first steps, or choose `soon`";
        let message = "this rule wakes somebody, and does not say what to do then";
        decoder.refuse("event-runbook", node, message, help);
    }
    table.finish(decoder);
    Extension { family, severity, runbook, person, hours, examples }
}

fn kebab(decoder: &mut Decoder<'_>, node: &Node) -> Option<Arc<str>> {
    let text = decoder.text(node)?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if text.split('-').all(|part| !part.is_empty() && part.chars().all(plain)) {
        return Some(text.into());
    }
    let message = format!("`{text}` is no name of a family");
    decoder.refuse("event-family", node, message, "write words in lower case with hyphens");
    None
}

fn hours(decoder: &mut Decoder<'_>, node: &Node) -> Option<Hours> {
    let mut table = decoder.map(node)?;
    let from = table.required(decoder, "from").and_then(|node| clock(decoder, node));
    let until = table.required(decoder, "until").and_then(|node| clock(decoder, node));
    let weekend = table.optional("weekend").and_then(|node| decoder.boolean(node));
    let zone = table.optional("zone").map(|node| zone(decoder, node));
    table.finish(decoder);
    let (from, until) = (from?, until?);
    if from == until {
        let help = "write two different times";
        decoder.refuse("event-hours", node, "these hours begin when they end", help);
        return None;
    }
    Some(Hours { from, until, weekend: weekend.unwrap_or(false), zone: zone.flatten() })
}

fn clock(decoder: &mut Decoder<'_>, node: &Node) -> Option<Time> {
    let text = decoder.text(node)?;
    let time = Time::strptime("%H:%M", text).ok();
    if time.is_none() {
        let message = format!("`{text}` is no time of day");
        decoder.refuse("event-hours", node, message, "write it as `22:00`");
    }
    time
}

fn zone(decoder: &mut Decoder<'_>, node: &Node) -> Option<TimeZone> {
    let text = decoder.text(node)?;
    let zones = jiff::tz::TimeZoneDatabase::bundled();
    let found = zones.get(text).ok();
    if found.is_none() {
        let names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
        let help = suggest(text, names.iter().map(String::as_str)).map_or_else(
            || "write it as `Europe/Berlin`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        decoder.refuse("event-hours", node, format!("the time zone `{text}` is not known"), help);
    }
    found
}
