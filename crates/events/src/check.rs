//! The tests inside a rule: records that it has to match, and records that it must not.

use holdfast_model::{Excerpt, Place, Problem, Timestamp};
use holdfast_rulefile::{Decoder, Node, Value};
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use crate::rule::Rule;
use crate::tree::Tree;

/// One record inside a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Whether the rule has to match it.
    pub matches: bool,
    /// The record, as JSON.
    pub json: String,
    /// When it happened; only rules about hours ask.
    pub at: Option<Timestamp>,
    /// Whether a person did it; only rules about people ask.
    pub person: bool,
    /// Where it stands.
    pub place: Place,
    excerpt: Option<Box<Excerpt>>,
}

/// Reads `tests`. A rule that no record tests could match everything, or nothing.
pub(crate) fn read(decoder: &mut Decoder<'_>, node: &Node, hours: bool) -> Vec<Example> {
    let mut out = Vec::new();
    let Some(mut table) = decoder.map(node) else { return out };
    for (key, matches) in [("match", true), ("no_match", false)] {
        let list = table.optional(key);
        let nodes = list.and_then(|list| decoder.list(list)).unwrap_or_default();
        if nodes.is_empty() {
            let message = if matches {
                "no record shows what this rule matches"
            } else {
                "no record shows what this rule must not match"
            };
            let help = format!("add `{key}:` with a list of `record:` under `tests`");
            decoder.refuse("event-untested", list.unwrap_or(node), message, help);
        }
        out.extend(nodes.iter().filter_map(|node| example(decoder, node, matches, hours)));
    }
    table.finish(decoder);
    out
}

fn example(decoder: &mut Decoder<'_>, node: &Node, matches: bool, hours: bool) -> Option<Example> {
    let mut table = decoder.map(node)?;
    let record = table.required(decoder, "record");
    let at = if hours { table.required(decoder, "at") } else { table.optional("at") };
    let at = at.and_then(|node| {
        let text = decoder.text(node)?;
        let at = Timestamp::parse(text);
        if at.is_none() {
            let help = "write it as `2026-11-21T03:12:00Z`";
            decoder.refuse("rule-value", node, format!("`{text}` is no time"), help);
        }
        at
    });
    let person = table.optional("person").and_then(|node| decoder.boolean(node));
    table.finish(decoder);
    let record = record?;
    if !matches!(record.value, Value::Map(_)) {
        let help = "write its members as `key: value`; JSON in one line is read too";
        decoder.refuse("rule-type", record, "a record is a table", help);
        return None;
    }
    let shown = decoder.source().problem("rule-test", node.span, "");
    Some(Example {
        matches,
        json: json(record).to_string(),
        at,
        person: person.unwrap_or(true),
        place: node.place.clone(),
        excerpt: shown.excerpt,
    })
}

/// YAML as JSON: bare numbers and truth values keep their types. Bounded by the depth of the file.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Text { text, quoted: true } => Json::String(text.clone()),
        Value::Text { text, quoted: false } => match serde_json::from_str(text) {
            Ok(typed @ (Json::Bool(_) | Json::Number(_))) => typed,
            _ => Json::String(text.clone()),
        },
        Value::Seq(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(pairs) => {
            let member = |(key, value): &(Node, Node)| {
                (key.as_text().unwrap_or_default().to_owned(), json(value))
            };
            Json::Object(pairs.iter().map(member).collect())
        }
    }
}

/// Runs the tests inside a rule; each that does not come out as it says is a problem.
pub fn run_tests(rule: &Rule) -> Vec<Problem> {
    rule.examples.iter().filter_map(|example| example.run(rule)).collect()
}

impl Example {
    fn run(&self, rule: &Rule) -> Option<Problem> {
        let mut nodes = Vec::new();
        let matched = match Tree::read(self.json.as_bytes(), &mut nodes) {
            Ok(tree) => {
                let at = self.at.unwrap_or_default();
                rule.asked.holds(&tree) && rule.fits(self.person, at, &TimeZone::UTC)
            }
            Err(fault) => return Some(self.problem(fault.message)),
        };
        match (matched, self.matches) {
            (true, false) => Some(self.problem("the rule matches this record, and must not")),
            (false, true) => Some(self.problem("the rule does not match this record")),
            _ => None,
        }
    }

    fn problem(&self, message: &str) -> Problem {
        let help = "change the record if the rule is right, or the rule if the record is";
        let mut problem = Problem::at("rule-test", self.place.clone(), message).help(help);
        problem.excerpt.clone_from(&self.excerpt);
        problem
    }
}
