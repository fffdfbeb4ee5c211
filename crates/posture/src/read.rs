//! From a file to a control. Everything that is wrong with it is reported at once.

mod accounts;
mod checked;
mod cron;
mod ensure;
mod entries;
mod files;
mod manual;
mod mounts;
mod names;
mod services;
mod ssh_options;
mod sshd_options;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Desired, Place, Problem, Severity};
use holdfast_rulefile::{Condition, Decoder, Node, Table, Value, suggest, yaml};

use crate::baseline::Settings;
use crate::built_in::BuiltIn;
use crate::control::{Control, Risk};
use crate::examples;

pub(crate) use accounts::OF_ACCOUNT;
pub(crate) use ensure::{is_no_link_with_sides, subject};
pub(crate) use files::text;
pub use manual::{Answered, Manual, is_manual, read_manual, read_manual_with};
pub(crate) use values::{file_mode, part, plain_text, value_text, word};

/// Reads a control. It comes back only where the file has no problem at all: half a rule would say
/// something that nobody wrote. `path` names the file for places, and its stem is the id.
pub fn read(path: &Arc<str>, text: &str) -> (Option<Control>, Vec<Problem>) {
    read_with(path, text, &Settings::default())
}

/// The same of a control that may ask for settings of a team's own, too.
pub fn read_with(
    path: &Arc<str>,
    text: &str,
    settings: &Settings,
) -> (Option<Control>, Vec<Problem>) {
    read_tree(path, text, yaml::parse(path, text), true, settings)
}

/// Reads a control that came along, without its examples.
pub fn read_built_in(control: &BuiltIn) -> (Option<Control>, Vec<Problem>) {
    let path: Arc<str> = control.path.into();
    let head = control.head();
    let whole = head.len() == control.text.len();
    read_tree(&path, head, control.tree(&path), whole, &Settings::default())
}

fn read_tree(
    path: &Arc<str>,
    text: &str,
    (node, mut problems): (Option<Node>, Vec<Problem>),
    with_examples: bool,
    settings: &Settings,
) -> (Option<Control>, Vec<Problem>) {
    let Some(node) = node else {
        if problems.is_empty() {
            let place = Place::start_of(Arc::clone(path));
            problems.push(
                Problem::at("rule-empty", place, "the file holds no control")
                    .help("begin with `id:`"),
            );
        }
        return (None, problems);
    };
    let mut decoder = Decoder::new(path, text);
    let control = whole(&mut decoder, &node, path, with_examples, settings);
    problems.extend(decoder.finish());
    problems.sort_by(|a, b| a.place.cmp(&b.place));
    (control.filter(|_| problems.is_empty()), problems)
}

fn whole(
    decoder: &mut Decoder<'_>,
    node: &Node,
    path: &str,
    with_examples: bool,
    settings: &Settings,
) -> Option<Control> {
    let mut table = decoder.map(node)?;
    let id = table.required(decoder, "id").and_then(|node| id(decoder, node, path));
    let title = sentence(decoder, &mut table, "title");
    let wrong = sentence(decoder, &mut table, "wrong");
    let why = sentence(decoder, &mut table, "why");
    let severity = table
        .required(decoder, "severity")
        .and_then(|node| decoder.word(node, &["now", "soon", "when you can"], Severity::parse));
    let refs = table.optional("refs").map(|node| refs(decoder, node)).unwrap_or_default();
    let when = condition(decoder, &mut table, settings);
    let wanted = table.required(decoder, "ensure");
    let ensure = wanted.map(|node| ensure::lines(decoder, node));
    let fix = table.optional("fix");
    let manual = fix.and_then(|node| manual(decoder, node));
    if fix.is_none() {
        owed(decoder, table.pairs(), ensure.as_deref().unwrap_or_default());
    }
    let risk = table.required(decoder, "risk").and_then(|node| risk(decoder, node));
    let conditional = table.pairs().iter().any(|(name, _)| name.as_text() == Some("when"));
    let lines = ensure.as_deref().unwrap_or_default();
    let examples = if with_examples {
        let node = table.required(decoder, "tests");
        node.map(|node| examples::read_all(decoder, node, lines, conditional, settings))
    } else {
        Some(Vec::new())
    };
    table.finish(decoder);
    Some(Control {
        id: id?,
        title: title?,
        wrong: wrong?,
        why: why?,
        severity: severity?,
        refs,
        when,
        ensure: ensure?.into(),
        manual,
        risk: risk?,
        examples: examples?,
        place: node.place.clone(),
        lines: wanted.map(places).unwrap_or_default(),
    })
}

/// Where each line of a list stands. A control with a line that cannot be read is none, so that
/// these are as many as its wanted states.
fn places(list: &Node) -> Vec<Place> {
    let Value::Seq(lines) = &list.value else { return Vec::new() };
    let first = |line: &Node| match &line.value {
        Value::Map(pairs) => pairs.first().map(|(name, _)| name.place.clone()),
        _ => None,
    };
    lines.iter().map(|line| first(line).unwrap_or_else(|| line.place.clone())).collect()
}

/// One state, of which the noun and the name stand in one node and what is wanted in another.
pub(crate) fn state(decoder: &mut Decoder<'_>, name: &Node, value: &Node) -> Option<Desired> {
    let line = Value::Map(vec![(name.clone(), value.clone())]);
    let line = Node { value: line, place: name.place.clone(), span: name.span };
    let list = Node { value: Value::Seq(vec![line]), place: name.place.clone(), span: name.span };
    ensure::lines(decoder, &list).pop()
}

/// Words for people: their line breaks are only those of the file.
pub(crate) fn sentence(
    decoder: &mut Decoder<'_>,
    table: &mut Table<'_>,
    key: &'static str,
) -> Option<String> {
    let node = table.required(decoder, key)?;
    decoder.text(node).map(words)
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn id(decoder: &mut Decoder<'_>, node: &Node, path: &str) -> Option<Arc<str>> {
    let id = decoder.text(node)?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let kebab = id.split('-').all(|part| !part.is_empty() && part.chars().all(plain));
    if !kebab {
        let message = format!("`{id}` is no id");
        let help = "write lower-case words with hyphens between them, such as `root-login`";
        decoder.refuse("control-id", node, message, help);
        return None;
    }
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")).unwrap_or(file);
    if id != stem {
        let message = format!("the control `{id}` stands in a file called `{file}`");
        let help = format!("write `id: {stem}`, or call the file `{id}.yaml`");
        decoder.refuse("control-id", node, message, help);
        return None;
    }
    Some(id.into())
}

fn refs(decoder: &mut Decoder<'_>, node: &Node) -> BTreeMap<String, Vec<String>> {
    let mut out = BTreeMap::new();
    let Some(table) = decoder.map(node) else { return out };
    for (name, value) in table.pairs() {
        let Some(list) = decoder.text(name).map(str::to_owned) else { continue };
        let numbers = match &value.value {
            Value::Seq(_) => decoder.texts(value),
            _ => decoder.text(value).map(str::to_owned).into_iter().collect(),
        };
        out.insert(list, numbers);
    }
    out
}

fn condition(
    decoder: &mut Decoder<'_>,
    table: &mut Table<'_>,
    settings: &Settings,
) -> Option<Condition> {
    let Some(node) = table.optional("when") else {
        // `when:` with nothing behind it must not become "always".
        let empty = table.pairs().iter().find(|(name, _)| name.as_text() == Some("when"));
        if let Some((name, _)) = empty {
            let help = "write a condition such as `not host.container`, or remove `when`";
            decoder.refuse("rule-value", name, "`when` has no condition", help);
        }
        return None;
    };
    match Condition::read(&settings.schema(), decoder.source(), node) {
        Ok(condition) => Some(condition),
        Err(problems) => {
            for problem in problems {
                decoder.report(problem);
            }
            None
        }
    }
}

/// `fix: {manual: why}`: what can only be checked, people mend, and the rule says why.
fn manual(decoder: &mut Decoder<'_>, node: &Node) -> Option<String> {
    let mut table = decoder.map(node)?;
    let why = sentence(decoder, &mut table, "manual");
    table.finish(decoder);
    why
}

/// Reports a line that can only be checked where the control does not say why.
fn owed(decoder: &mut Decoder<'_>, pairs: &[(Node, Node)], lines: &[Desired]) {
    let Some(line) = lines.iter().find(|line| line.is_checked_only()) else { return };
    let Some((_, node)) = pairs.iter().find(|(name, _)| name.as_text() == Some("ensure")) else {
        return;
    };
    let message = format!("`{}` can only be checked", line.subject());
    let help = "write `fix: {manual: \"why people mend it themselves\"}`";
    decoder.refuse("control-fix", node, message, help);
}

fn risk(decoder: &mut Decoder<'_>, node: &Node) -> Option<Risk> {
    let mut table = decoder.map(node)?;
    let breaks = table.required(decoder, "breaks").map(|node| decoder.texts(node));
    let lockout = table.required(decoder, "lockout").and_then(|node| decoder.boolean(node));
    let reboot = table.required(decoder, "reboot").and_then(|node| decoder.boolean(node));
    let interruption = sentence(decoder, &mut table, "interruption");
    let slowdown = match table.optional("slowdown") {
        Some(node) => decoder.text(node).map(words),
        // What nobody stated is not known, and never "none".
        None => Some("unknown".to_owned()),
    };
    table.finish(decoder);
    Some(Risk {
        breaks: breaks?,
        lockout: lockout?,
        reboot: reboot?,
        interruption: interruption?,
        slowdown: slowdown?,
    })
}

/// The help for an unknown word: the nearest one, else all of them.
pub(crate) fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    suggest(word, known.clone()).map_or_else(
        || {
            let all: Vec<String> = known.into_iter().map(|word| format!("`{word}`")).collect();
            match all.as_slice() {
                [only] => format!("write {only}"),
                _ => format!("known here: {}", all.join(", ")),
            }
        },
        |near| format!("did you mean `{near}`?"),
    )
}
