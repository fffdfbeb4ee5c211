//! From a file to a rule. Everything that is wrong with it is reported at once, and half a rule is
//! none: it would say something that nobody wrote.

mod compile;
mod condition;
mod extension;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use holdfast_model::{Place, Problem};
use holdfast_rulefile::{Decoder, Node, Table, Value, yaml};

use crate::rule::{Level, Rule};
use crate::source;

use extension::Extension;

/// Reads one rule: Sigma 2.1 with our `holdfast:`. `path` names the file for places; its stem is
/// the id of a rule that has none.
pub fn read(path: &Arc<str>, text: &str) -> (Option<Rule>, Vec<Problem>) {
    let (node, mut problems) = yaml::parse(path, text);
    let Some(node) = node else {
        if problems.is_empty() {
            let place = Place::start_of(Arc::clone(path));
            let problem = Problem::at("rule-empty", place, "the file holds no rule");
            problems.push(problem.help("begin with `title:`"));
        }
        return (None, problems);
    };
    let mut decoder = Decoder::new(path, text);
    let rule = if supported(&mut decoder, &node) { whole(&mut decoder, &node, path) } else { None };
    problems.extend(decoder.finish());
    problems.sort_by(|a, b| a.place.cmp(&b.place));
    (rule.filter(|_| problems.is_empty()), problems)
}

/// Documents of the standard that are no rules about single records.
const OTHERS: &[(&str, &str, &str)] = &[
    (
        "correlation",
        "rules about several records (`correlation`) are not supported",
        "the rules that it names run by themselves; their alerts are joined to cases",
    ),
    (
        "filter",
        "filters of other rules (`filter`) are not supported",
        "write the exception into the condition of the rule, as `and not filter`",
    ),
    (
        "action",
        "collections of rules (`action`) are not supported",
        "write each rule in a file of its own",
    ),
];

fn supported(decoder: &mut Decoder<'_>, node: &Node) -> bool {
    let Value::Map(pairs) = &node.value else { return true };
    for (name, _) in pairs {
        let other = OTHERS.iter().find(|(key, ..)| name.as_text() == Some(key));
        if let Some((_, message, help)) = other {
            decoder.refuse("event-unsupported", name, *message, *help);
            return false;
        }
    }
    true
}

fn whole(decoder: &mut Decoder<'_>, node: &Node, path: &str) -> Option<Rule> {
    let mut table = decoder.map(node)?;
    let title = sentence(decoder, &mut table, "title");
    if title.is_none() {
        table.required(decoder, "title");
    }
    let id = identity(decoder, &mut table, path);
    let description = sentence(decoder, &mut table, "description").unwrap_or_default();
    let level =
        table.optional("level").and_then(|node| decoder.word(node, &Level::WORDS, Level::parse));
    let source = table.required(decoder, "logsource").and_then(|node| source::read(decoder, node));
    let asked = table.required(decoder, "detection").and_then(|node| compile::read(decoder, node));
    let falsepositives = sentences(decoder, &mut table, "falsepositives");
    let references = sentences(decoder, &mut table, "references");
    let version = table.optional("sigma-version");
    if let Some(node) = version.filter(|node| !matches!(node.as_text(), Some("1" | "2" | "2.1"))) {
        let help = "Sigma 2.1 is read here";
        decoder.refuse("event-unsupported", node, "this version of Sigma is not supported", help);
    }
    let ours = table.optional("holdfast");
    let ours = ours.map(|node| extension::read(decoder, node, level)).unwrap_or_default();
    // Keys that the standard does not know are the author's own ("custom attributes").
    let marks = asked.as_ref().map(crate::detection::Asked::marks).unwrap_or_default();
    let Extension { family, severity, runbook, person, hours, examples } = ours;
    Some(Rule {
        family: family.unwrap_or_else(|| Arc::clone(&id)),
        id,
        title: title?,
        description,
        severity: severity
            .unwrap_or_else(|| level.unwrap_or(Level::Medium).severity(!runbook.is_empty())),
        level,
        falsepositives,
        runbook,
        references,
        source: source?,
        person,
        hours,
        examples,
        place: node.place.clone(),
        asked: asked?,
        marks,
    })
}

fn identity(decoder: &mut Decoder<'_>, table: &mut Table<'_>, path: &str) -> Arc<str> {
    let written = table.optional("id").and_then(|node| decoder.text(node));
    let name = path.rsplit('/').next().unwrap_or(path);
    written.unwrap_or_else(|| name.rsplit_once('.').map_or(name, |(stem, _)| stem)).into()
}

/// Words for people: their line breaks are only those of the file.
fn sentence(decoder: &mut Decoder<'_>, table: &mut Table<'_>, key: &'static str) -> Option<String> {
    let node = table.optional(key)?;
    let text = decoder.text(node)?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// One or several of them.
fn sentences(decoder: &mut Decoder<'_>, table: &mut Table<'_>, key: &'static str) -> Vec<String> {
    let Some(node) = table.optional(key) else { return Vec::new() };
    match &node.value {
        Value::Seq(_) => decoder.texts(node),
        _ => decoder.text(node).map(str::to_owned).into_iter().collect(),
    }
}
