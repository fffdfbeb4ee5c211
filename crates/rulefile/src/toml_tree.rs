//! TOML into the same nodes as YAML, so that one decoder serves both.

use std::sync::Arc;

use holdfast_model::{Problem, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::yaml::{MAX_DEPTH, MAX_PROBLEMS, refuse_text};
use crate::{Node, Source, Value};

/// Reads a TOML document. What could be read comes back together with the problems, so that one
/// bad line loses only itself.
pub fn parse(path: &Arc<str>, text: &str) -> (Option<Node>, Vec<Problem>) {
    let source = Source::new(path, text);
    if let Some(problem) = refuse_text(&source) {
        return (None, vec![problem]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<Problem> =
        errors.iter().take(MAX_PROBLEMS).map(|error| explain(&source, error)).collect();
    let span = Span { start: 0, end: text.len() };
    let value = map(&source, table.get_ref(), 0, &mut problems);
    (Some(Node { value, place: source.place(0), span }), problems)
}

fn explain(source: &Source<'_>, error: &toml::de::Error) -> Problem {
    let message = error.message();
    let span = error
        .span()
        .map_or(Span { start: 0, end: 0 }, |span| Span { start: span.start, end: span.end });
    let slice = source.slice(span).lines().next().unwrap_or_default().trim();
    if message.contains("duplicate key") {
        return source
            .problem("rule-duplicate-key", span, format!("the key `{slice}` stands twice"))
            .help("keep one of the two");
    }
    let help = if message.contains("string values must be quoted") {
        "put the value in double quotes"
    } else if message.contains("recursion") {
        "write it flatter"
    } else {
        "write `key = value`, with text in double quotes"
    };
    let first = message.lines().next().unwrap_or_default();
    source.problem("rule-syntax", span, format!("this is not valid TOML: {first}")).help(help)
}

fn map(
    source: &Source<'_>,
    table: &DeTable<'_>,
    depth: usize,
    problems: &mut Vec<Problem>,
) -> Value {
    let pairs = table.iter().map(|(key, value)| {
        let span = bytes(key);
        let name = Node {
            value: Value::Text { text: key.get_ref().clone().into_owned(), quoted: true },
            place: source.place(span.start),
            span,
        };
        (name, node(source, value, depth + 1, problems))
    });
    Value::Map(pairs.collect())
}

fn node(
    source: &Source<'_>,
    value: &Spanned<DeValue<'_>>,
    depth: usize,
    problems: &mut Vec<Problem>,
) -> Node {
    let span = bytes(value);
    let plain = |text: &str| Value::Text { text: text.to_owned(), quoted: false };
    let value = if depth > MAX_DEPTH {
        if problems.len() < MAX_PROBLEMS {
            let message = format!("lists and tables nest deeper than {MAX_DEPTH} levels here");
            problems.push(source.problem("rule-depth", span, message).help("write it flatter"));
        }
        Value::Null
    } else {
        match value.get_ref() {
            DeValue::String(text) => Value::Text { text: text.clone().into_owned(), quoted: true },
            DeValue::Integer(number) if number.radix() == 10 => plain(number.as_str()),
            DeValue::Float(number) => plain(number.as_str()),
            DeValue::Integer(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
                plain(source.slice(span))
            }
            DeValue::Array(items) => Value::Seq(
                items.iter().map(|item| node(source, item, depth + 1, problems)).collect(),
            ),
            DeValue::Table(table) => map(source, table, depth, problems),
        }
    };
    Node { value, place: source.place(span.start), span }
}

fn bytes<T>(spanned: &Spanned<T>) -> Span {
    let span = spanned.span();
    Span { start: span.start, end: span.end }
}
