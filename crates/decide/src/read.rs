//! From a file to an appetite. Everything that is wrong with it is reported at once.

use std::sync::Arc;

use holdfast_model::{Digest, Do, Problem};
use holdfast_rulefile::{Condition, Decoder, Node, Table, Value, yaml};

use crate::appetite::{Appetite, Approvals, CouldNotCheck, Line};
use crate::due::Due;
use crate::examples::Example;
use crate::fields::SCHEMA;

#[cfg(test)]
mod tests;

const DEEDS: &[&str] = &["inform", "ticket", "page", "block", "fix"];

impl Appetite {
    /// Reads an appetite. It comes back only where the file has no problem at all.
    pub fn read(path: &Arc<str>, text: &str) -> (Option<Self>, Vec<Problem>) {
        Self::read_tree(path, text, yaml::parse(path, text))
    }

    /// The same of a text whose YAML was scanned when the program was built.
    pub(crate) fn read_recorded(path: &Arc<str>, text: &str, kept: &[u8]) -> Option<Self> {
        Self::read_tree(path, text, yaml::parse_recorded(path, text, kept)).0
    }

    fn read_tree(
        path: &Arc<str>,
        text: &str,
        (node, mut problems): (Option<Node>, Vec<Problem>),
    ) -> (Option<Self>, Vec<Problem>) {
        let Some(node) = node else {
            if problems.is_empty() {
                let place = holdfast_model::Place::start_of(Arc::clone(path));
                problems.push(
                    Problem::at("rule-empty", place, "the file holds no rules for acting")
                        .help("begin with `lines:`"),
                );
            }
            return (None, problems);
        };
        let mut decoder = Decoder::new(path, text);
        let appetite = whole(&mut decoder, &node, path, text);
        problems.extend(decoder.finish());
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        (appetite.filter(|_| problems.is_empty()), problems)
    }
}

fn whole(decoder: &mut Decoder<'_>, node: &Node, path: &str, text: &str) -> Option<Appetite> {
    let mut table = decoder.map(node)?;
    let lines = table.required(decoder, "lines").map(|node| lines(decoder, node));
    let approvals_node = table.optional("approvals");
    let approvals = approvals_node.map(|node| approvals(decoder, node)).unwrap_or_default();
    let could_not_check = table
        .optional("could_not_check")
        .and_then(|node| decoder.word(node, &["pass", "warn", "block"], CouldNotCheck::parse))
        .unwrap_or_default();
    let one_person =
        table.optional("one_person").and_then(|node| decoder.boolean(node)).unwrap_or_default();
    let most = approvals.change.max(approvals.production).max(approvals.appetite);
    if one_person && most > 1 {
        let at = approvals_node.unwrap_or(node);
        let message = format!("one person may approve, and {most} people have to");
        let help = "write 1 everywhere under `approvals`, or remove `one_person`";
        decoder.refuse("appetite-approvals", at, message, help);
    }
    let lines = lines?;
    let examples = table.optional("tests").map(|node| Example::read_all(decoder, node, &lines));
    table.finish(decoder);
    Some(Appetite {
        name: stem(path).to_owned(),
        lines,
        approvals,
        could_not_check,
        one_person,
        digest: Digest::of(text.as_bytes()),
        examples: examples.unwrap_or_default(),
    })
}

fn stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.split_once('.').map_or(file, |(stem, _)| stem)
}

fn lines(decoder: &mut Decoder<'_>, node: &Node) -> Vec<Line> {
    let nodes = decoder.list(node).unwrap_or_default();
    let mut lines: Vec<Line> = Vec::new();
    let mut catch_all: Option<String> = None;
    for node in nodes {
        let Some(line) = line(decoder, node) else { continue };
        if lines.iter().any(|other| other.name == line.name) {
            let message = format!("two lines are called `{}`", line.name);
            decoder.refuse("appetite-line", node, message, "give each line a name of its own");
        }
        if let Some(before) = &catch_all {
            let message = format!("the line `{}` can never decide", line.name);
            let help = format!("`{before}` before it has no `when` and takes everything; move it");
            decoder.refuse("appetite-line", node, message, help);
        }
        // A condition with mistakes is reported already, and is no catch-all.
        if line.when.is_none() && node.get("when").is_none() {
            catch_all = catch_all.or_else(|| Some(line.name.clone()));
        }
        lines.push(line);
    }
    if catch_all.is_none() {
        let message = "nothing decides about what no line matches";
        let help = "end with a line without `when`, such as `- {name: the rest, do: [inform]}`";
        decoder.refuse("appetite-open", nodes.last().unwrap_or(node), message, help);
    }
    lines
}

fn line(decoder: &mut Decoder<'_>, node: &Node) -> Option<Line> {
    let mut table = decoder.map(node)?;
    let name = table.required(decoder, "name").and_then(|node| decoder.text(node));
    let when = condition(decoder, &mut table);
    let deeds = table.required(decoder, "do").map(|node| deeds(decoder, node));
    let due = table.optional("due").and_then(|node| Due::read(decoder, node));
    table.finish(decoder);
    Some(Line { name: name?.to_owned(), when, deeds: deeds?, due })
}

fn condition(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Option<Condition> {
    let node = table.optional("when");
    let Some(node) = node else {
        // `when:` with nothing behind it must not become "always".
        let empty = table.pairs().iter().find(|(name, _)| name.as_text() == Some("when"));
        if let Some((name, _)) = empty {
            let help = "write a condition, or remove `when` for the last line";
            decoder.refuse("rule-value", name, "`when` has no condition", help);
        }
        return None;
    };
    match Condition::read(&SCHEMA, decoder.source(), node) {
        Ok(condition) => Some(condition),
        Err(problems) => {
            for problem in problems {
                decoder.report(problem);
            }
            None
        }
    }
}

fn deeds(decoder: &mut Decoder<'_>, node: &Node) -> Vec<Do> {
    let mut deeds = Vec::new();
    if matches!(&node.value, Value::Seq(items) if items.is_empty()) {
        let help = "write `[inform]` where something is only to be shown";
        decoder.refuse("rule-value", node, "a line has to do something", help);
    }
    for item in decoder.list(node).unwrap_or_default() {
        let Some(deed) = decoder.word(item, DEEDS, Do::parse) else { continue };
        if deeds.contains(&deed) {
            let message = format!("`{}` stands twice", deed.word());
            decoder.refuse("rule-value", item, message, "remove one of the two");
        } else {
            deeds.push(deed);
        }
    }
    deeds
}

/// The names that deeds are called by; for examples too.
pub(crate) fn wanted_deeds(decoder: &mut Decoder<'_>, node: &Node) -> Vec<Do> {
    deeds(decoder, node)
}

fn approvals(decoder: &mut Decoder<'_>, node: &Node) -> Approvals {
    let usual = Approvals::default();
    let Some(mut table) = decoder.map(node) else { return usual };
    let mut count = |decoder: &mut Decoder<'_>, key: &'static str, usual: u8| {
        let node = table.optional(key)?;
        let count = decoder.integer(node, 1..=9).and_then(|count| u8::try_from(count).ok());
        Some(count.unwrap_or(usual))
    };
    let approvals = Approvals {
        change: count(decoder, "change", usual.change).unwrap_or(usual.change),
        production: count(decoder, "production", usual.production).unwrap_or(usual.production),
        appetite: count(decoder, "appetite", usual.appetite).unwrap_or(usual.appetite),
    };
    table.finish(decoder);
    approvals
}
