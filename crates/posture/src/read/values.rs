//! Wanted values. What another tool would read as something else has to stand in quotes; what no
//! file could hold, and what nothing could ever fulfil, is refused.

use std::sync::Arc;

use holdfast_model::Wanted;
use holdfast_rulefile::{Decoder, Node, Value};

use super::files::is_nothing;
use super::near;
use crate::compare::mode;

/// A value, or a comparison with one.
pub(super) fn wanted(decoder: &mut Decoder<'_>, node: &Node) -> Option<Wanted> {
    if let Value::Text { .. } = &node.value {
        return value_text(decoder, node).map(Wanted::Is);
    }
    if !matches!(&node.value, Value::Map(_)) {
        let message = format!("a value is wanted here, not {}", node.what());
        let help = "write a value, or `{at_least: 1}`, `{at_most: 2}`, `{one_of: [\"a\", \"b\"]}`";
        decoder.refuse("control-value", node, message, help);
        return None;
    }
    let mut table = decoder.map(node)?;
    let least = table.optional("at_least");
    let most = table.optional("at_most");
    let several = table.optional("one_of");
    let list = table.optional("subset_of");
    let none = table.optional("none_of");
    let before = decoder.problems().len();
    table.finish(decoder);
    if decoder.problems().len() > before {
        return None;
    }
    let any = i64::MIN..=i64::MAX;
    match (least, most, several, list, none) {
        (Some(node), None, None, None, None) => decoder.integer(node, any).map(Wanted::AtLeast),
        (None, Some(node), None, None, None) => decoder.integer(node, any).map(Wanted::AtMost),
        (None, None, Some(node), None, None) => {
            one_of(decoder, node, value_text).map(Wanted::OneOf)
        }
        (None, None, None, Some(node), None) => subset_of(decoder, node).map(Wanted::SubsetOf),
        (None, None, None, None, Some(node)) => one_of(decoder, node, part).map(Wanted::NoneOf),
        _ => {
            let help = "write one of `at_least`, `at_most`, `one_of`, `subset_of` and `none_of`";
            decoder.refuse("control-value", node, "one comparison is wanted here", help);
            None
        }
    }
}

/// The same, where a value may also be there and be empty.
pub(super) fn wanted_or_nothing(decoder: &mut Decoder<'_>, node: &Node) -> Option<Wanted> {
    if is_nothing(node) { Some(Wanted::Is("".into())) } else { wanted(decoder, node) }
}

/// A part of a list that may be nothing, as between two colons; or a value that may be empty.
pub(crate) fn part(decoder: &mut Decoder<'_>, node: &Node) -> Option<Arc<str>> {
    if is_nothing(node) { Some("".into()) } else { value_text(decoder, node) }
}

fn one_of(
    decoder: &mut Decoder<'_>,
    node: &Node,
    of: fn(&mut Decoder<'_>, &Node) -> Option<Arc<str>>,
) -> Option<Vec<Arc<str>>> {
    let items = decoder.list(node)?;
    if items.is_empty() {
        let help = "write the values that are good, the one to set first";
        decoder.refuse("control-value", node, "nothing is ever one of no values", help);
        return None;
    }
    let mut values: Vec<Arc<str>> = Vec::new();
    for item in items {
        let value = of(decoder, item)?;
        if values.contains(&value) {
            let message = format!("`{value}` stands twice");
            decoder.refuse("control-value", item, message, "remove one of the two");
            return None;
        }
        values.push(value);
    }
    Some(values)
}

/// The names that a list may hold. A comma stands between them there, so none can hold one.
fn subset_of(decoder: &mut Decoder<'_>, node: &Node) -> Option<Vec<Arc<str>>> {
    let names = one_of(decoder, node, value_text)?;
    if let Some(name) = names.iter().find(|name| name.is_empty() || name.contains([',', ' '])) {
        let help = "write each name of the list by itself";
        decoder.refuse("control-value", node, format!("`{name}` is not one name"), help);
        return None;
    }
    Some(names)
}

/// Refuses `subset_of` where one value stands and no list.
pub(super) fn no_list(decoder: &mut Decoder<'_>, node: &Node, wanted: &Wanted) -> Option<()> {
    if !matches!(wanted, Wanted::SubsetOf(_)) {
        return Some(());
    }
    let help = "write the value, or `{one_of: […]}`";
    decoder.refuse("control-value", node, "this takes one value, and no list of names", help);
    None
}

/// Refuses `none_of` where a fix has to know what to set.
pub(super) fn no_choice(decoder: &mut Decoder<'_>, node: &Node, wanted: &Wanted) -> Option<()> {
    if !matches!(wanted, Wanted::NoneOf(_)) {
        return Some(());
    }
    let help = "write the value, or `{one_of: […]}`";
    decoder.refuse("control-value", node, "this is told by what it may be", help);
    None
}

/// A value that a file of the host can hold: one line, and not a word that YAML 1.1 takes for a
/// truth value.
pub(crate) fn value_text(decoder: &mut Decoder<'_>, node: &Node) -> Option<Arc<str>> {
    quoted_truth(decoder, node)?;
    plain_text(decoder, node)
}

/// A text of one line.
pub(crate) fn plain_text(decoder: &mut Decoder<'_>, node: &Node) -> Option<Arc<str>> {
    let text = decoder.text(node)?;
    if text.chars().any(char::is_control) || text.len() > 1024 {
        let help = "write one line of at most 1,024 bytes";
        decoder.refuse("control-value", node, "this is no value of one line", help);
        return None;
    }
    Some(text.trim().into())
}

/// One of some words, which have to stand in quotes where other tools take them for truth values.
pub(crate) fn word(
    decoder: &mut Decoder<'_>,
    node: &Node,
    known: &[&'static str],
) -> Option<&'static str> {
    quoted_truth(decoder, node)?;
    let text = decoder.text(node)?;
    let found = known.iter().find(|word| **word == text).copied();
    if found.is_none() {
        let all: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
        let shown: String = text.chars().take(60).collect();
        let message = match all.as_slice() {
            [only] => format!("`{shown}` is not {only}"),
            _ => format!("`{shown}` is not one of {}", all.join(", ")),
        };
        decoder.refuse("control-value", node, message, near(text, known.iter().copied()));
    }
    found
}

/// Refuses a bare `no`, `on` and their like. `None` where one stands.
fn quoted_truth(decoder: &mut Decoder<'_>, node: &Node) -> Option<()> {
    let Value::Text { text, quoted: false } = &node.value else { return Some(()) };
    let truth = ["yes", "no", "on", "off", "y", "n"];
    if !truth.contains(&text.to_ascii_lowercase().as_str()) {
        return Some(());
    }
    let message = format!("a bare `{text}` is a truth value to some tools and a text to others");
    decoder.refuse("rule-type", node, message, format!("write \"{text}\" in quotes"));
    None
}

/// Permission bits in quotes: `"0640"`.
pub(crate) fn file_mode(decoder: &mut Decoder<'_>, node: &Node) -> Option<u32> {
    let text = decoder.text(node)?;
    let help = "write three or four octal digits in quotes, such as \"0640\"";
    let bits = mode(text);
    if bits.is_none() {
        let shown: String = text.chars().take(60).collect();
        decoder.refuse("control-value", node, format!("`{shown}` is no file mode"), help);
        return None;
    }
    if matches!(&node.value, Value::Text { quoted: false, .. }) {
        let message = format!("a bare `{text}` is decimal to some tools");
        decoder.refuse("rule-type", node, message, help);
        return None;
    }
    bits
}

/// Whether this can be the name of a user or a group, useradd(8).
pub(super) fn is_account(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    let number = text.chars().all(|c| c.is_ascii_digit());
    !number && text.len() <= 32 && !text.starts_with(['-', '.']) && text.chars().all(good)
}

/// The name of a user or a group.
pub(super) fn account(decoder: &mut Decoder<'_>, node: &Node) -> Option<Arc<str>> {
    let text = decoder.text(node)?;
    if !is_account(text) {
        let shown: String = text.chars().take(60).collect();
        let help = "write the name, such as `root`; numbers differ between hosts";
        let message = format!("`{shown}` is no name of a user or a group");
        decoder.refuse("control-value", node, message, help);
        return None;
    }
    Some(text.into())
}

/// One group, or several of which one is enough.
pub(super) fn accounts(decoder: &mut Decoder<'_>, node: &Node) -> Option<Vec<Arc<str>>> {
    let Value::Seq(items) = &node.value else {
        return account(decoder, node).map(|name| vec![name]);
    };
    if items.is_empty() {
        let help = "write the groups that are good, the one to set first";
        decoder.refuse("control-value", node, "no group is one of no groups", help);
        return None;
    }
    items.iter().map(|item| account(decoder, item)).collect()
}
