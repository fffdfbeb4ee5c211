//! One decoder for every kind of rule and for the configuration: typed getters that collect
//! problems and never stop at the first one.

use std::ops::RangeInclusive;
use std::sync::Arc;

use holdfast_model::{Problem, Span};

use crate::suggest::{help, listed};
use crate::yaml::MAX_PROBLEMS;
use crate::{Node, Source, Value};

#[cfg(test)]
pub(crate) mod tests;

/// Collects the problems of one file while its nodes are read.
#[derive(Debug)]
pub struct Decoder<'a> {
    source: Source<'a>,
    problems: Vec<Problem>,
}

impl<'a> Decoder<'a> {
    /// A decoder for the nodes of this text.
    pub fn new(path: &Arc<str>, text: &'a str) -> Self {
        Self { source: Source::new(path, text), problems: Vec::new() }
    }

    /// The text and its places.
    pub fn source(&self) -> &Source<'a> {
        &self.source
    }

    /// The problems so far; whoever wants to know whether a part was clean compares the length.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Ends, with every problem in the order of the file's lines.
    pub fn finish(mut self) -> Vec<Problem> {
        self.problems.sort_by(|a, b| a.place.cmp(&b.place));
        self.problems
    }

    /// Adds a problem; after the hundredth of a file, further ones are dropped.
    pub fn report(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Adds a problem that shows a node.
    pub fn refuse(
        &mut self,
        code: &'static str,
        node: &Node,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let problem = self.source.problem(code, first_line(node), message).help(help);
        self.report(problem);
    }

    /// A table, as a cursor that remembers which keys were asked for.
    pub fn map<'n>(&mut self, node: &'n Node) -> Option<Table<'n>> {
        if let Value::Map(pairs) = &node.value {
            return Some(Table { node, pairs, asked: Vec::new() });
        }
        self.wrong(node, "a table is wanted here", "write `key: value` pairs");
        None
    }

    /// A list.
    pub fn list<'n>(&mut self, node: &'n Node) -> Option<&'n [Node]> {
        if let Value::Seq(items) = &node.value {
            return Some(items);
        }
        self.wrong(node, "a list is wanted here", "write `[one, two]`, also for a single value");
        None
    }

    /// A text that is not empty. Bare words that other tools read as something else are refused.
    pub fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        let Value::Text { text, quoted } = &node.value else {
            self.wrong(node, "a text is wanted here", "write words, in quotes where in doubt");
            return None;
        };
        if text.trim().is_empty() {
            self.refuse(
                "rule-value",
                node,
                "this text is empty",
                "write something, or remove the key",
            );
            return None;
        }
        if *quoted {
            return Some(text);
        }
        if looks_octal(text) {
            let message = format!("a bare `{text}` is a number to some tools and a text to others");
            self.refuse("rule-type", node, message, format!("write \"{text}\" in quotes"));
            return None;
        }
        if matches!(text.to_ascii_lowercase().as_str(), "true" | "false") {
            let message = format!("a text is wanted here, and a bare `{text}` is a truth value");
            self.refuse("rule-type", node, message, format!("write \"{text}\" in quotes"));
            return None;
        }
        Some(text)
    }

    /// A list of texts; entries that are none are reported and left out.
    pub fn texts(&mut self, node: &Node) -> Vec<String> {
        let items = self.list(node).unwrap_or_default();
        items.iter().filter_map(|item| self.text(item).map(str::to_owned)).collect()
    }

    /// `true` or `false`, bare.
    pub fn boolean(&mut self, node: &Node) -> Option<bool> {
        let text = node.as_text().unwrap_or_default();
        let bare = matches!(&node.value, Value::Text { quoted: false, .. });
        let meant = match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Some(true),
            "false" | "no" | "off" | "n" => Some(false),
            _ => None,
        };
        match (text, meant) {
            ("true", _) if bare => Some(true),
            ("false", _) if bare => Some(false),
            (_, Some(meant)) => {
                let form = if bare { "a bare" } else { "a quoted" };
                let message = format!("`true` or `false` is wanted here, not {form} `{text}`");
                self.refuse("rule-type", node, message, format!("write `{meant}`, without quotes"));
                None
            }
            _ => {
                self.wrong(node, "`true` or `false` is wanted here", "write one of the two");
                None
            }
        }
    }

    /// A whole number within a range.
    pub fn integer(&mut self, node: &Node, range: RangeInclusive<i64>) -> Option<i64> {
        let (low, high) = (range.start(), range.end());
        let wanted = format!("write a whole number from {low} to {high}, without quotes");
        let Value::Text { text, quoted: false } = &node.value else {
            self.wrong(node, "a whole number is wanted here", &wanted);
            return None;
        };
        if looks_octal(text) {
            let message = format!("a bare `{text}` is octal to some tools and decimal to others");
            let help = "write the number without leading zeros, or in quotes where a mode is meant";
            self.refuse("rule-type", node, message, help);
            return None;
        }
        match text.parse::<i64>() {
            Ok(number) if range.contains(&number) => Some(number),
            Ok(number) => {
                self.refuse("rule-value", node, format!("`{number}` is out of range"), wanted);
                None
            }
            Err(_) => {
                self.wrong(node, "a whole number is wanted here", &wanted);
                None
            }
        }
    }

    /// A finite number.
    pub fn number(&mut self, node: &Node) -> Option<f64> {
        let parsed = match &node.value {
            Value::Text { text, quoted: false } if !looks_octal(text) => text.parse::<f64>().ok(),
            _ => None,
        };
        let finite = parsed.filter(|number| number.is_finite());
        if finite.is_none() {
            self.wrong(node, "a number is wanted here", "write a number, without quotes");
        }
        finite
    }

    /// One of some words, which the caller reads; others are refused with the nearest.
    pub fn word<T>(
        &mut self,
        node: &Node,
        known: &[&'static str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(node)?;
        if let Some(value) = read(text) {
            return Some(value);
        }
        let message = format!("`{text}` is not one of {}", listed(known.iter().copied()));
        let nearest = crate::suggest(text, known.iter().copied());
        let help = nearest.map_or_else(
            || "use one of these words".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        self.refuse("rule-value", node, message, help);
        None
    }

    fn wrong(&mut self, node: &Node, message: &str, help: &str) {
        let message = match &node.value {
            Value::Text { text, quoted } => {
                let short: String = text.chars().take(60).collect();
                let quoted = if *quoted { " in quotes" } else { "" };
                format!("{message}, not `{short}`{quoted}")
            }
            _ => format!("{message}, not {}", node.what()),
        };
        self.refuse("rule-type", node, message, help);
    }
}

/// Tables and lists span many lines; their first character is enough to find them.
fn first_line(node: &Node) -> Span {
    match &node.value {
        Value::Seq(_) | Value::Map(_) => Span { start: node.span.start, end: node.span.start + 1 },
        Value::Null | Value::Text { .. } => node.span,
    }
}

/// `0640`, `0o640`, `-007`: what YAML 1.1, YAML 1.2 and people read differently.
fn looks_octal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let Some(rest) = digits.strip_prefix('0') else { return false };
    match rest.strip_prefix(['o', 'x', 'b']) {
        Some(rest) => !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// A table while it is read.
#[derive(Debug)]
pub struct Table<'n> {
    node: &'n Node,
    pairs: &'n [(Node, Node)],
    asked: Vec<&'static str>,
}

impl<'n> Table<'n> {
    /// The node of the table itself.
    pub fn node(&self) -> &'n Node {
        self.node
    }

    /// Every key and value, for tables whose keys are data; `finish` then reports nothing.
    pub fn pairs(&self) -> &'n [(Node, Node)] {
        self.pairs
    }

    /// The value of a key that may be absent; a key without a value counts as absent.
    pub fn optional(&mut self, key: &'static str) -> Option<&'n Node> {
        self.asked.push(key);
        let found = self.pairs.iter().find(|(name, _)| name.as_text() == Some(key));
        found.map(|(_, value)| value).filter(|value| value.value != Value::Null)
    }

    /// The value of a key that must be there.
    pub fn required(&mut self, decoder: &mut Decoder<'_>, key: &'static str) -> Option<&'n Node> {
        let found = self.optional(key);
        if found.is_none() {
            let message = format!("the key `{key}` is missing");
            decoder.refuse("rule-missing-key", self.node, message, format!("add `{key}`"));
        }
        found
    }

    /// A text that may be absent.
    pub fn text(&mut self, decoder: &mut Decoder<'_>, key: &'static str) -> Option<String> {
        let node = self.optional(key)?;
        decoder.text(node).map(str::to_owned)
    }

    /// A list of texts that may be absent.
    pub fn texts(&mut self, decoder: &mut Decoder<'_>, key: &'static str) -> Vec<String> {
        self.optional(key).map(|node| decoder.texts(node)).unwrap_or_default()
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self, decoder: &mut Decoder<'_>) {
        for (name, _) in self.pairs {
            let Some(key) = name.as_text() else {
                decoder.refuse(
                    "rule-type",
                    name,
                    "a key must be a text",
                    "write a word before the `:`",
                );
                continue;
            };
            if self.asked.contains(&key) {
                continue;
            }
            let shown: String = key.chars().take(60).collect();
            let near = help(key, self.asked.iter().copied());
            decoder.refuse(
                "rule-unknown-key",
                name,
                format!("the key `{shown}` is not known"),
                near,
            );
        }
    }
}
