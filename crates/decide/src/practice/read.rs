//! From a file to a practice. Everything that is wrong with it is reported at once.

use std::sync::Arc;

use holdfast_model::{Place, Problem};
use holdfast_rulefile::config::time_zone;
use holdfast_rulefile::{Decoder, Node, Table, Value, yaml};
use jiff::civil::Weekday;

use super::examples::PracticeExample;
use super::window::{DAYS, times};
use super::{Approval, Practice, Ring, Window};
use crate::due::Due;

impl Practice {
    /// Reads a practice. It comes back only where the file has no problem at all: half of it could
    /// change hosts that its author meant to wait. `path` names the file, and its stem is the id.
    pub fn read(path: &Arc<str>, text: &str) -> (Option<Self>, Vec<Problem>) {
        let (node, mut problems) = yaml::parse(path, text);
        let Some(node) = node else {
            if problems.is_empty() {
                let place = Place::start_of(Arc::clone(path));
                let problem = Problem::at("rule-empty", place, "the file holds no practice");
                problems.push(problem.help("begin with `id:`"));
            }
            return (None, problems);
        };
        let mut decoder = Decoder::new(path, text);
        let practice = whole(&mut decoder, &node, path);
        problems.extend(decoder.finish());
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        (practice.filter(|_| problems.is_empty()), problems)
    }
}

fn whole(decoder: &mut Decoder<'_>, node: &Node, path: &str) -> Option<Practice> {
    let mut table = decoder.map(node)?;
    let id = table.required(decoder, "id").and_then(|node| id(decoder, node, path));
    let title = sentence(decoder, &mut table, "title");
    let why = sentence(decoder, &mut table, "why");
    let zone = table.optional("zone").and_then(|node| time_zone(decoder, node));
    let rings = table.required(decoder, "rings").map(|node| rings(decoder, node));
    let lines = rings.as_deref().unwrap_or_default();
    let examples = table.optional("tests");
    let examples = examples.map(|node| PracticeExample::read_all(decoder, node, lines));
    table.finish(decoder);
    Some(Practice {
        id: id?,
        title: title?,
        why: why?,
        zone,
        rings: rings?,
        examples: examples.unwrap_or_default(),
        place: node.place.clone(),
    })
}

/// Words for people: their line breaks are only those of the file.
fn sentence(decoder: &mut Decoder<'_>, table: &mut Table<'_>, key: &'static str) -> Option<String> {
    let node = table.required(decoder, key)?;
    let text = decoder.text(node)?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn id(decoder: &mut Decoder<'_>, node: &Node, path: &str) -> Option<Arc<str>> {
    let id = decoder.text(node)?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !id.split('-').all(|part| !part.is_empty() && part.chars().all(plain)) {
        let help = "write lower-case words with hyphens between them, such as `nightly`";
        decoder.refuse("practice-id", node, format!("`{}` is no id", short(id)), help);
        return None;
    }
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")).unwrap_or(file);
    if id != stem {
        let message = format!("the practice `{id}` stands in a file called `{file}`");
        let help = format!("write `id: {stem}`, or call the file `{id}.yaml`");
        decoder.refuse("practice-id", node, message, help);
        return None;
    }
    Some(id.into())
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

fn rings(decoder: &mut Decoder<'_>, node: &Node) -> Vec<Ring> {
    let nodes = decoder.list(node).unwrap_or_default();
    if matches!(&node.value, Value::Seq(items) if items.is_empty()) {
        let help = "write `- {name: all, window: \"02:00 to 04:00\", approval: people}`";
        decoder.refuse("practice-ring", node, "a practice has at least one ring", help);
    }
    let mut rings: Vec<Ring> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        let Some(ring) = ring(decoder, node, at + 1 == nodes.len()) else { continue };
        if rings.iter().any(|other| other.name == ring.name) {
            let message = format!("two rings are called `{}`", ring.name);
            decoder.refuse("practice-ring", node, message, "give each a name of its own");
        }
        rings.push(ring);
    }
    rings
}

fn ring(decoder: &mut Decoder<'_>, node: &Node, is_last: bool) -> Option<Ring> {
    let mut table = decoder.map(node)?;
    let name = table.required(decoder, "name").and_then(|node| name(decoder, node));
    let days = table.optional("days").map(|node| days(decoder, node)).unwrap_or_default();
    let window = table.required(decoder, "window").and_then(|node| window(decoder, node, days));
    let soak = if is_last {
        if let Some(node) = table.optional("soak") {
            let message = "no ring comes after the last one";
            decoder.refuse("practice-soak", node, message, "remove `soak`");
        }
        Some(None)
    } else {
        // What the next ring does not wait for would be no ring.
        table.required(decoder, "soak").and_then(|node| soak(decoder, node)).map(Some)
    };
    let words = [Approval::Automatic.word(), Approval::People.word()];
    let approval = table
        .required(decoder, "approval")
        .and_then(|node| decoder.word(node, &words, Approval::parse));
    table.finish(decoder);
    Some(Ring { name: name?, window: window?, soak: soak?, approval: approval? })
}

/// One word, as `ring NAME` of baselines has it.
fn name(decoder: &mut Decoder<'_>, node: &Node) -> Option<String> {
    let text = decoder.text(node)?;
    if text.contains(char::is_whitespace) {
        let message = format!("`{}` is more than one word", short(text));
        decoder.refuse("practice-ring", node, message, "write one word, such as `canary`");
        return None;
    }
    Some(text.to_owned())
}

fn days(decoder: &mut Decoder<'_>, node: &Node) -> Vec<Weekday> {
    let mut days = Vec::new();
    if matches!(&node.value, Value::Seq(items) if items.is_empty()) {
        let message = "this window would never open";
        decoder.refuse("practice-window", node, message, "name its days, or remove `days`");
    }
    let names = DAYS.map(|(name, _)| name);
    for item in decoder.list(node).unwrap_or_default() {
        let known = |word: &str| DAYS.iter().find(|(name, _)| *name == word).map(|(_, day)| *day);
        let Some(day) = decoder.word(item, &names, known) else { continue };
        if days.contains(&day) {
            let message = "this day stands twice";
            decoder.refuse("practice-window", item, message, "remove one of the two");
        } else {
            days.push(day);
        }
    }
    days
}

fn window(decoder: &mut Decoder<'_>, node: &Node, days: Vec<Weekday>) -> Option<Window> {
    let text = decoder.text(node)?;
    let help = "write two times of day, such as \"02:00 to 04:00\"";
    let Some((from, to)) = times(text) else {
        decoder.refuse("practice-window", node, format!("`{}` is no window", short(text)), help);
        return None;
    };
    let window = Window::new(from, to, days);
    if window.is_none() {
        decoder.refuse("practice-window", node, "this window ends as it begins", help);
    }
    window
}

fn soak(decoder: &mut Decoder<'_>, node: &Node) -> Option<Due> {
    let text = decoder.text(node)?;
    let soak = Due::parse(text);
    if soak.is_none() {
        let message = format!("`{}` does not say how long", short(text));
        let help = "write a number of hours or days, such as `1 day`";
        decoder.refuse("practice-soak", node, message, help);
    }
    soak
}
