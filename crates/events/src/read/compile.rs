//! `detection`: named parts of fields, modifiers and values.

use core::net::IpAddr;

use holdfast_model::Span;
use holdfast_rulefile::{Decoder, Node, Value, suggest};
use regex::RegexBuilder;
use rsigma_parser::{Modifier, SigmaString};

use crate::detection::{Asked, Detection};
use crate::modifiers::{How, KNOWN, Modifiers};
use crate::pattern::{Pattern, Stands};
use crate::test::{Asks, Item, Part, Test};

use super::condition;

/// A compiled regular expression takes at most so many bytes.
const REGEX_BYTES: usize = 1 << 20;

/// Reads `detection`; `None` where anything of it is wrong.
pub(super) fn read(decoder: &mut Decoder<'_>, node: &Node) -> Option<Asked> {
    let before = decoder.problems().len();
    let mut table = decoder.map(node)?;
    if let Some(old) = table.optional("timeframe") {
        let help = "rules about several records are not supported";
        decoder.refuse("event-unsupported", old, "`timeframe` belongs to the old Sigma", help);
    }
    let condition = table.required(decoder, "condition");
    let (mut names, mut detections) = (Vec::new(), Vec::new());
    for (name, value) in table.pairs() {
        let Some(text) = name.as_text() else {
            decoder.refuse("event-detection", name, "a detection needs a name", "write a word");
            continue;
        };
        if matches!(text, "condition" | "timeframe") {
            continue;
        }
        let part = detection(decoder, value);
        names.push(text);
        detections.push(part.unwrap_or(Detection::Any(Box::default())));
    }
    let condition = condition::read(decoder, condition?, &names);
    if decoder.problems().len() > before {
        return None;
    }
    Some(Asked { detections, condition: condition? })
}

fn detection(decoder: &mut Decoder<'_>, node: &Node) -> Option<Detection> {
    match &node.value {
        Value::Map(pairs) if !pairs.is_empty() => {
            let items = pairs.iter().filter_map(|(key, value)| item(decoder, key, value));
            Some(Detection::All(items.collect()))
        }
        Value::Seq(nodes) if !nodes.is_empty() => {
            let parts = nodes.iter().filter_map(|node| detection(decoder, node));
            Some(Detection::Any(parts.collect()))
        }
        Value::Text { .. } => {
            let plain = Modifiers::new(&[]).ok()?;
            let tests = values(decoder, node, &plain, Stands::Anywhere)?;
            let asks = Asks::Values { tests: tests.into(), all: false, negated: false };
            Some(Detection::All(Box::new([Item { path: None, asks }])))
        }
        Value::Map(_) | Value::Seq(_) | Value::Null => {
            let help = "write fields with their values, or a list of keywords";
            decoder.refuse("event-detection", node, "this detection asks nothing", help);
            None
        }
    }
}

fn item(decoder: &mut Decoder<'_>, key: &Node, value: &Node) -> Option<Item> {
    let (path, modifiers) = field(decoder, key)?;
    if modifiers.how == How::Exists {
        let wanted = decoder.boolean(value)?;
        if path.is_none() {
            let help = "name a field before the first `|`";
            decoder.refuse("event-modifier", key, "`exists` needs a field", help);
        }
        return Some(Item { path, asks: Asks::There(wanted) });
    }
    let nodes = match &value.value {
        Value::Seq(nodes) => nodes.as_slice(),
        _ => std::slice::from_ref(value),
    };
    if nodes.is_empty() {
        decoder.refuse("event-value", value, "this list is empty", "write values, or remove it");
        return None;
    }
    if modifiers.has(Modifier::All) && nodes.len() < 2 {
        let help = "remove `all`, or write several values";
        decoder.refuse("event-modifier", key, "`all` of a single value means nothing", help);
    }
    // Keywords stand anywhere in the record.
    let stands = match modifiers.how {
        How::Text(Stands::Whole) if path.is_none() => Stands::Anywhere,
        How::Text(stands) | How::Field(stands) => stands,
        _ => Stands::Whole,
    };
    let mut tests = Vec::new();
    for node in nodes {
        let mut one = values(decoder, node, &modifiers, stands)?;
        if modifiers.has(Modifier::All) && one.len() > 1 {
            // Each value is wanted, and of each any form.
            let help = "write each value as a detection of its own, and combine them";
            let message = "`all` and values with several encoded forms cannot be combined";
            decoder.refuse("event-modifier", key, message, help);
        }
        tests.append(&mut one);
    }
    let asks = Asks::Values {
        tests: tests.into(),
        all: modifiers.has(Modifier::All),
        negated: modifiers.has(Modifier::Neq),
    };
    Some(Item { path, asks })
}

/// The name of a field, with its modifiers.
fn field(decoder: &mut Decoder<'_>, key: &Node) -> Option<(Option<Box<str>>, Modifiers)> {
    let Some(text) = key.as_text() else {
        decoder.refuse("event-detection", key, "a field needs a name", "write a word");
        return None;
    };
    let mut parts = text.split('|');
    let name = parts.next().unwrap_or_default();
    let mut at = name.len() + 1;
    let mut found = Vec::new();
    let mut clean = true;
    for part in parts {
        let span = decoder.source().span_in(key, at..at + part.len());
        at += part.len() + 1;
        if let Ok(modifier) = part.parse::<Modifier>() {
            found.push(modifier);
            continue;
        }
        clean = false;
        let help = match (part, suggest(part, KNOWN.iter().copied())) {
            ("not", _) => "write `not` in the condition".to_owned(),
            (_, Some(near)) => format!("did you mean `{near}`?"),
            (_, None) => "see the modifiers of Sigma 2.1".to_owned(),
        };
        let message = format!("the modifier `{part}` is not known");
        report(decoder, "event-modifier", span, message, help);
    }
    if !clean {
        return None;
    }
    match Modifiers::new(&found) {
        Ok(modifiers) => Some(((!name.is_empty()).then(|| name.into()), modifiers)),
        Err(message) => {
            decoder.refuse("event-modifier", key, message, "remove one of them");
            None
        }
    }
}

fn report(
    decoder: &mut Decoder<'_>,
    code: &'static str,
    span: Span,
    message: String,
    help: impl Into<String>,
) {
    let problem = decoder.source().problem(code, span, message).help(help);
    decoder.report(problem);
}

/// The tests that one value stands for: any of them may hold.
fn values(
    decoder: &mut Decoder<'_>,
    node: &Node,
    modifiers: &Modifiers,
    stands: Stands,
) -> Option<Vec<Test>> {
    let (text, quoted) = match &node.value {
        Value::Null => return Some(vec![Test::Null]),
        Value::Text { text, quoted } => (text.as_str(), *quoted),
        Value::Seq(_) | Value::Map(_) => {
            let message = format!("a value is wanted here, not {}", node.what());
            let help = "write the field with its full name: `outer.inner: value`";
            decoder.refuse("event-value", node, message, help);
            return None;
        }
    };
    if modifiers.has(Modifier::Expand) && placeholder(text) {
        let help = "write the values themselves, in a list";
        decoder.refuse("event-placeholder", node, "this placeholder has no values here", help);
        return None;
    }
    if text.is_empty() && stands == Stands::Anywhere {
        let help = "write what to look for, or use `exists`";
        decoder.refuse("event-value", node, "every text holds the empty text", help);
        return None;
    }
    let number = if quoted { None } else { text.parse::<f64>().ok().filter(|n| n.is_finite()) };
    let test = match modifiers.how {
        How::Regex { i, m, s } => Test::Regex(regex(decoder, node, text, (i, m, s))?),
        How::Cidr => network(decoder, node, text)?,
        How::Exists => return None,
        How::Field(_) => {
            Test::Field { path: text.into(), stands, cased: modifiers.has(Modifier::Cased) }
        }
        How::Order(order) => {
            let Some(bound) = text.parse().ok().filter(|bound: &f64| bound.is_finite()) else {
                decoder.refuse("event-value", node, "a number is wanted here", "write a number");
                return None;
            };
            of_time(modifiers.part, Test::Order(order, bound))
        }
        How::Text(_) if modifiers.part.is_some() => {
            let Some(number) = number else {
                let message = "a part of a time is a number";
                decoder.refuse("event-value", node, message, "write a number, without quotes");
                return None;
            };
            let written = Pattern::literal(text, Stands::Whole, false);
            of_time(modifiers.part, Test::Number(number, written))
        }
        How::Text(_) => return texts(decoder, node, modifiers, stands, number),
    };
    Some(vec![test])
}

fn texts(
    decoder: &mut Decoder<'_>,
    node: &Node,
    modifiers: &Modifiers,
    stands: Stands,
    number: Option<f64>,
) -> Option<Vec<Test>> {
    let text = node.as_text()?;
    // A bare number among keywords is a word: every record holds its digits somewhere.
    if number.is_some() && stands == Stands::Anywhere && modifiers.how == How::Text(Stands::Whole) {
        let word = format!(r"\b{}\b", regex::escape(text));
        return Some(vec![Test::Regex(regex(decoder, node, &word, (true, false, false))?)]);
    }
    match modifiers.patterns(&SigmaString::new(text), stands) {
        Ok(patterns) => {
            let test = |pattern| match number {
                Some(number) if stands == Stands::Whole => Test::Number(number, pattern),
                _ => Test::Text(pattern),
            };
            Some(patterns.into_iter().map(test).collect())
        }
        Err(message) => {
            let help = "write the value without it";
            decoder.refuse("event-value", node, message, help);
            None
        }
    }
}

fn of_time(part: Option<Part>, test: Test) -> Test {
    match part {
        Some(part) => Test::Part(part, Box::new(test)),
        None => test,
    }
}

/// `%name%`, anywhere.
fn placeholder(text: &str) -> bool {
    text.split_once('%')
        .and_then(|(_, rest)| rest.split_once('%'))
        .is_some_and(|(name, _)| !name.is_empty() && !name.contains(' '))
}

fn regex(
    decoder: &mut Decoder<'_>,
    node: &Node,
    text: &str,
    (i, m, s): (bool, bool, bool),
) -> Option<regex::Regex> {
    let built = RegexBuilder::new(text)
        .case_insensitive(i)
        .multi_line(m)
        .dot_matches_new_line(s)
        .size_limit(REGEX_BYTES)
        .build();
    match built {
        Ok(regex) => Some(regex),
        Err(error) => {
            let (message, help) = match error {
                regex::Error::CompiledTooBig(_) => (
                    "this regular expression grows too large",
                    "repeat less in it, or split it into several",
                ),
                _ => (
                    "this regular expression cannot be read",
                    "look for open brackets; look-around and back-references are not read",
                ),
            };
            decoder.refuse("event-regex", node, message, help);
            None
        }
    }
}

fn network(decoder: &mut Decoder<'_>, node: &Node, text: &str) -> Option<Test> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
    let read = address.parse::<IpAddr>().ok().and_then(|base| {
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse::<u8>().ok())?;
        (bits <= most).then_some(Test::Network { base, bits })
    });
    if read.is_none() {
        let message = format!("`{text}` is no network");
        decoder.refuse("event-value", node, message, "write it as `10.0.0.0/8`");
    }
    read
}
